"""From the wording of rule files to compiled alternations, one for all rules of a kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import methodcaller
from typing import Generic, TypeVar

from schemas.errors import UsageError

RuleT = TypeVar("RuleT")

_PART = re.compile(r"<([a-z_]+)>")
_CLASS = re.compile(r"(\[[^\]]*\])")
_HYPHEN = re.compile(r"(?<=\w)-(?=[\w(<])")
_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|.", re.DOTALL)
_WORD_START = re.compile(r"(?<!\w)\w")
_QUANTIFIER = re.compile(r"^(?:[?*+]|\{\d*,?\d*\})\??")
_START = methodcaller("start")
_ENDS_LOOKING_AHEAD = re.compile(r"\(\?[=!](?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)$")
_NO_WIDTH = frozenset({r"\b", r"\B", "^"})
_ANY_HEADS = frozenset({r"\w", r"\d", r"\S", "."})
SYMBOL, ANY_LETTER = "symbol", "any"
_ODD_CHARACTERS = str.maketrans(
    {"\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-"}
    | {"\u2018": "'", "\u2019": "'", "\u00a0": " ", "\n": " ", "\t": " ", "\r": " "}
)


@dataclass(frozen=True, slots=True, eq=False)
class PlainText:
    """A text as rules read it, and where its words are by the letter or digit that they begin with."""

    text: str
    words: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, text: str) -> PlainText:
        """Lower case with plain hyphens, quotes and spaces, character for character: spans stay valid."""
        plain = _plain(text)
        words: dict[str, list[int]] = {}
        for word in _WORD_START.finditer(plain):
            words.setdefault(word[0], []).append(word.start())
        return cls(plain, words)


def _plain(text: str) -> str:
    even = text.translate(_ODD_CHARACTERS)
    lowered = even.lower()
    if len(lowered) == len(even):
        return lowered
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in even)


@dataclass(frozen=True, slots=True)
class Wording:
    """How patterns are written: a space is any blank or hyphen, a hyphen may be missing, spellings are widened.

    `tested` ones have compiled before: a scanner need not try all of them, which takes longer than all else.
    """

    spellings: Mapping[str, str]
    parts: Mapping[str, tuple[str, ...]]
    tested: bool = False

    def expand(self, pattern: str) -> str:
        """The regular expression of one pattern; a plural is found with its singular.

        Raises:
            UsageError: it names a part that does not exist.
        """
        named = self._with_parts(pattern)
        pieces = [piece if piece.startswith("[") else self._widened(piece) for piece in _CLASS.split(named)]
        plural = "(?:e?s)?" if pattern[-1:].isalpha() else ""
        is_word = pattern[-1:].isalnum() or (pattern[-1:] in ")]>?*+}" and pattern[-2:-1] != "\\")
        closed = r"(?!\w)" if is_word and not _ENDS_LOOKING_AHEAD.search(pattern) else ""
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
        return re.sub(r" +", r"[\\s-]+", piece.replace(" ?", r"[\s-]*"))


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
        self._by_letter: dict[str, list[tuple[int, str]]] = {}
        for i, (_, pattern) in enumerate(self._entries):
            expression = wording.expand(pattern)
            if not wording.tested:
                _check(expression, pattern)
            for letter in first_letters(expression):
                self._by_letter.setdefault(letter, []).append((i, expression))
        self._compiled: dict[str, re.Pattern[str] | None] = {}

    def find(self, text: PlainText) -> list[Found[RuleT]]:
        """From left to right, without overlaps."""
        found: list[Found[RuleT]] = []
        end = 0
        for match in sorted(self._matches(text), key=_START):
            if match.start() >= end and match.end() > match.start():
                end = match.end()
                rule, pattern = self._entries[int((match.lastgroup or "p0")[1:])]
                found.append(Found(rule, pattern, match.start(), end))
        return found

    def _matches(self, text: PlainText) -> Iterator[re.Match[str]]:
        """What begins at a place that is no word, and what begins at a word."""
        symbols = self._alternation(SYMBOL)
        if symbols is not None:
            yield from symbols.finditer(text.text)
        for letter, starts in text.words.items():
            alternation = self._alternation(letter)
            if alternation is not None:
                yield from filter(None, (alternation.match(text.text, start) for start in starts))

    def _alternation(self, letter: str) -> re.Pattern[str] | None:
        """None where no pattern begins with the letter."""
        try:
            return self._compiled[letter]
        except KeyError:
            return self._compiled.setdefault(letter, self._compile(letter))

    def _compile(self, letter: str) -> re.Pattern[str] | None:
        anywhere = [] if letter == SYMBOL else self._by_letter.get(ANY_LETTER, [])
        chosen = sorted({*self._by_letter.get(letter, []), *anywhere})
        # An empty group at the end names the alternative, and leaves its first letter where re looks for it.
        start = r"(?!\w)" if letter == SYMBOL else ""
        parts = [f"{start}(?:{_beginning_with(expression, letter)})(?P<p{i}>)" for i, expression in chosen]
        try:
            return re.compile("|".join(parts)) if parts else None
        except re.error:
            for i, expression in chosen:
                _check(expression, self._entries[i][1])
            raise


def first_letters(expression: str, rest: str = "") -> frozenset[str]:
    """The letters that a match of the expression followed by `rest` may begin with.

    `ANY_LETTER` stands for all of them, `SYMBOL` for a beginning that is no letter.
    """
    if not expression:
        return first_letters(rest) if rest else frozenset({SYMBOL})
    if expression.startswith("("):
        return _letters_of_group(expression, rest)
    head, tail = _head(expression)
    if head in _NO_WIDTH:
        return first_letters(tail, rest)
    own = _letters_of_head(head)
    if tail[:1] in {"?", "*"} or tail[:2] == "{0":
        return own | first_letters(_behind_quantifier(tail), rest)
    return own


def _letters_of_head(head: str) -> frozenset[str]:
    if head.startswith("["):
        return frozenset({ANY_LETTER, SYMBOL})  # a class may hold letters and signs
    return frozenset({head if head.isalnum() else ANY_LETTER if head in _ANY_HEADS else SYMBOL})


def _letters_of_group(expression: str, rest: str) -> frozenset[str]:
    end = _closing(expression)
    tail = expression[end + 1 :]
    behind = _behind_quantifier(tail)
    if expression.startswith("(?") and not expression.startswith("(?:"):
        return first_letters(behind, rest)
    inner = expression[1:end].removeprefix("?:")
    found = [first_letters(part, behind + rest) for part in _split(inner)]
    if tail[:1] in {"?", "*"} or tail[:2] == "{0":
        found.append(first_letters(behind, rest))
    return frozenset().union(*found)


def _beginning_with(expression: str, letter: str) -> str:
    """The expression without those alternatives at its head that begin with another letter."""
    if not expression.startswith("(?:"):
        return expression
    end = _closing(expression)
    tail = expression[end + 1 :]
    parts = [part for part in _split(expression[3:end]) if first_letters(part, tail) & {letter, ANY_LETTER}]
    return f"(?:{'|'.join(parts)}){tail}" if parts else expression


def _head(expression: str) -> tuple[str, str]:
    match = _TOKEN.match(expression)
    head = match[0] if match else expression[:1]
    return head, expression[len(head) :]


def _behind_quantifier(tail: str) -> str:
    return _QUANTIFIER.sub("", tail, count=1)


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


def _check(expression: str, pattern: str) -> None:
    try:
        re.compile(expression)
    except re.error as error:
        raise UsageError(f"rule pattern '{pattern}' is no regular expression: {error.msg}") from error
