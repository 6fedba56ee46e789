"""From the wording of rule files to compiled alternations, one for all rules of a kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import pairwise
from typing import Generic, TypeVar

from schemas.errors import UsageError

RuleT = TypeVar("RuleT")

_PART = re.compile(r"<([a-z_]+)>")
_CLASS = re.compile(r"(\[[^\]]*\])")
_HYPHEN = re.compile(r"(?<=\w)-(?=[\w(<])")
_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|.", re.DOTALL)
_WORD_START = re.compile(r"(?<!\w)\w")
_SYMBOL, _ANY_LETTER = "symbol", "any"
MAX_ALTERNATIVES = 400
_ODD_CHARACTERS = str.maketrans(
    {"\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-"}
    | {"\u2018": "'", "\u2019": "'", "\u00a0": " ", "\n": " ", "\t": " ", "\r": " "}
)


def plain_text(text: str) -> str:
    """Lower case with plain hyphens, quotes and spaces, character for character: spans stay valid."""
    lowered = text.translate(_ODD_CHARACTERS).lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text.translate(_ODD_CHARACTERS))


@dataclass(frozen=True, slots=True)
class Wording:
    """How patterns are written: a space is any blank or hyphen, a hyphen may be missing, spellings are widened."""

    spellings: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]

    def expand(self, pattern: str) -> str:
        """The regular expression of one pattern; a plural is found with its singular.

        Raises:
            UsageError: it names a part that does not exist.
        """
        named = self._with_parts(pattern)
        pieces = [piece if piece.startswith("[") else self._widened(piece) for piece in _CLASS.split(named)]
        plural = "(?:e?s)?" if pattern[-1:].isalpha() else ""
        is_word = pattern[-1:].isalnum() or (pattern[-1:] in ")]>?*+}" and pattern[-2:-1] != "\\")
        closed = r"(?!\w)" if is_word else ""
        return f"{''.join(pieces)}{plural}{closed}"

    def _with_parts(self, pattern: str) -> str:
        for _ in range(3):
            for name in _PART.findall(pattern):
                if name not in self.parts:
                    raise UsageError(f"rule pattern '{pattern}' names <{name}>, which is no part")
            pattern = _PART.sub(lambda match: f"(?:{'|'.join(self.parts[match[1]])})", pattern)
        return pattern

    def _widened(self, piece: str) -> str:
        piece = _HYPHEN.sub(r"[\\s-]*", piece)
        for written, meant in self.spellings.items():
            piece = piece.replace(written, meant)
        return re.sub(r" +", r"[\\s-]+", piece)


@dataclass(frozen=True, slots=True)
class Found(Generic[RuleT]):
    """Where one of a rule's patterns stands in a text."""

    rule: RuleT
    pattern: str
    start: int
    end: int


class Scanner(Generic[RuleT]):
    """All patterns of all rules of a kind; of those that begin at a place, the longest-worded is found.

    Patterns are compiled into one alternation for each letter that they may begin with, when a word begins with it
    for the first time, and one for those that begin with no letter.
    """

    def __init__(self, rules: Iterable[tuple[RuleT, str]], wording: Wording) -> None:
        self._entries = sorted(rules, key=lambda entry: -len(entry[1]))
        openings: dict[str, list[tuple[int, str]]] = {}
        for i, (_, pattern) in enumerate(self._entries):
            expression = wording.expand(pattern)
            _check(expression, pattern)
            for opening in leading_alternatives(expression):
                openings.setdefault(_first_letter(opening), []).append((i, opening))
        self._openings = openings
        self._compiled: dict[str, re.Pattern[str]] = {}

    def find(self, text: str) -> list[Found[RuleT]]:
        """From left to right, without overlaps."""
        found: list[Found[RuleT]] = []
        end = 0
        for match in self._matches(text):
            if match.start() >= end and match.end() > match.start():
                end = match.end()
                rule, pattern = self._entries[int((match.lastgroup or "p0")[1:].partition("_")[0])]
                found.append(Found(rule, pattern, match.start(), end))
        return found

    def _matches(self, text: str) -> Iterable[re.Match[str]]:
        """What begins at each word and at each place that is none, by where it begins."""
        symbols = self._alternation(_SYMBOL).finditer(text)
        words = (self._alternation(word[0]).match(text, word.start()) for word in _WORD_START.finditer(text))
        return merge(symbols, filter(None, words), key=lambda match: match.start())

    def _alternation(self, letter: str) -> re.Pattern[str]:
        if letter not in self._compiled:
            own = [] if letter == _SYMBOL else self._openings.get(_ANY_LETTER, [])
            chosen = sorted([*self._openings.get(letter, []), *own])
            # An empty group at the end names the alternative, and leaves its first letter where re looks for it.
            parts = [f"(?:{opening})(?P<p{i}_{n}>)" for n, (i, opening) in enumerate(chosen)]
            self._compiled[letter] = re.compile("|".join(parts) or r"(?!)")
        return self._compiled[letter]


def leading_alternatives(expression: str) -> list[str]:
    """The expression as several that begin with one letter each, where that can be told: `(?:a|b)c` is ac, bc."""
    done: list[str] = []
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        parts = _opened(current)
        if parts is None or len(done) + len(waiting) + len(parts) > MAX_ALTERNATIVES:
            done.append(current)
        else:
            waiting += parts
    return done[::-1]


def _opened(expression: str) -> list[str] | None:
    """One step of taking the head apart; None where it needs none or cannot be taken apart."""
    if expression.startswith("(?:"):
        end = _closing(expression)
        inner, rest = expression[3:end], expression[end + 1 :]
        if rest[:1] == "?":
            return [*(f"{part}{rest[1:]}" for part in _split(inner)), rest[1:].removeprefix("?")]
        if rest[:1] == "*":
            return [*(f"{part}(?:{inner})*{rest[1:]}" for part in _split(inner)), rest[1:].removeprefix("?")]
        return None if rest[:1] in {"{", "+"} else [f"{part}{rest}" for part in _split(inner)]
    if expression[:1].isalnum() and expression[1:2] == "?":
        return [expression[0] + expression[2:], expression[2:]]
    return None


def _closing(expression: str) -> int:
    depth = 0
    for at, character in _plain_characters(expression):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character == ")":
            return at
    return len(expression)


def _split(inner: str) -> list[str]:
    """At the bars that stand in no bracket."""
    depth, cuts = 0, [-1]
    for at, character in _plain_characters(inner):
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            cuts.append(at)
    return [inner[start + 1 : end] for start, end in pairwise([*cuts, len(inner)])]


def _plain_characters(expression: str) -> Iterator[tuple[int, str]]:
    """Characters that are neither escaped nor in a class."""
    return ((match.start(), match[0]) for match in _TOKEN.finditer(expression) if len(match[0]) == 1)


def _first_letter(opening: str) -> str:
    if opening[:1].isalnum() and opening[1:2] not in {"*", "?", "{"}:
        return opening[0]
    return _ANY_LETTER if opening.startswith((r"\w", r"\d", "(?:", "[a-z")) else _SYMBOL


def _check(expression: str, pattern: str) -> None:
    try:
        re.compile(expression)
    except re.error as error:
        raise UsageError(f"rule pattern '{pattern}' is no regular expression: {error.msg}") from error
