"""Sentences within running text, by NLTK's Punkt with parameters of our own (`train_punkt.py`).

Punkt decides at full stops only. What a report adds is decided here: "?infarct" is a doubt and no end, list
numbers are no ends, and a stop without a space behind it ("seen.The") is one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise

from labelers.text.memory import remembering
from labelers.text.tokenizers import PunktParameters, PunktSentenceTokenizer
from schemas.conf import CONF_DIR, Frozen, load_conf, parse_conf


class PunktParameterFile(Frozen):
    """Punkt's trained parameters as they stand in `conf/text/punkt.json`."""

    abbreviations: tuple[str, ...]
    sentence_starters: tuple[str, ...]
    orthography: dict[str, int]


class SentenceRules(Frozen):
    """`conf/text/sentences.yaml`: what is known besides the trained parameters."""

    abbreviations: frozenset[str]
    never_abbreviations: frozenset[str]
    before_number: frozenset[str]
    before_name: frozenset[str]
    connectives: frozenset[str]
    names: frozenset[str]


_CANDIDATE = re.compile(
    r"(?<![.?!])[.?!]++[\"')\]*_]*+(?=\s)|(?<=[a-z]{2})\.(?=[A-Z][a-z])|(?<=[a-z]\))\.(?=[A-Z][a-z])"
)
_PLAIN_WORD = re.compile(r"[^\W\d_]{2,}\.")
_NEXT_TOKEN = re.compile(r"\s*(\S+)")
_HAS_WORD = re.compile(r"[^\W_]")
_LIST_NUMBER = re.compile(r"\(?\d{1,2}[.)]$")
_LIST_MARKER = re.compile(r"\s*(?:\(?\d{1,2}[.)]\s+(?=[^\W\d_])|[-*•]\s+(?=[A-Z]))")
_INLINE_ITEM = re.compile(r"(?<=[.;:!])\s+(?=\(?\d{1,2}\)\s+[A-Z])|(?<=;)\s+(?=[-*•]\s)")
_NEXT_ITEM = re.compile(
    r"(?<=\s)(?<!\b[A-Z]\s)(?<!grade\s)(?<!score\s)(?<!type\s)(?P<open>\(?)(?P<number>\d{1,2})(?P<close>[.)])\s+"
    r"(?=[^\W\d_])"
)
_FIRST_ITEM = re.compile(r"(?<!\S)(?P<open>\(?)1(?P<close>[.)])(?:\s|$)")
_PUNCTUATION = re.compile(r"[.,;:!?](?=\s|\Z)")
_WORD = re.compile(r"\S+")
_CAPITALISED = re.compile(r"A|[A-Z][a-z]+(?:[-/'][A-Za-z]+)*")
_ANSWERS = frozenset({"yes", "no", "nil", "none", "absent", "present", "negative", "positive"})
RUN_ON_WORDS = 8
"""From so many words on a passage without any punctuation is taken for several sentences."""
MOST_CAPITALISED = 1 / 3
"""A passage with a larger share of capitalised words is a title, in which a capital letter means nothing."""
MAX_REMEMBERED = 50_000
LOOK_BEHIND = 4
"""How many characters before a passage decide where its sentences end: as far as the patterns above look back."""


class SentenceSplitter:
    """Splits running text; remembers Punkt's decision for each pair of words around a stop."""

    def __init__(self, parameters: PunktParameterFile, rules: SentenceRules) -> None:
        self.parameters = parameters
        self.rules = rules
        punkt_parameters = _punkt_parameters(parameters, rules)
        self._abbreviations = frozenset(punkt_parameters.abbrev_types)
        self._punkt = PunktSentenceTokenizer(punkt_parameters)
        self.unfinished = rules.connectives | {f"{word}." for word in rules.abbreviations}
        self._decisions: dict[tuple[str, str], bool] = {}
        self._spans_in = remembering(self._find_spans)

    @classmethod
    def load(cls) -> SentenceSplitter:
        """The splitter of the shipped parameters."""
        path = CONF_DIR / "text" / "punkt.json"
        parameters = parse_conf(json.loads(path.read_text("utf-8")), PunktParameterFile, where=str(path))
        return cls(parameters, load_conf(CONF_DIR / "text" / "sentences.yaml", SentenceRules))

    def __reduce__(self) -> tuple[type[SentenceSplitter], tuple[PunktParameterFile, SentenceRules]]:
        return type(self), (self.parameters, self.rules)

    def spans(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Spans of the sentences of `text[start:end]`, without edges and list numbers."""
        offset = max(0, start - LOOK_BEHIND)
        for begin, stop in self._spans_in(text[offset:end], start - offset):
            yield offset + begin, offset + stop

    def _find_spans(self, text: str, start: int) -> tuple[tuple[int, int], ...]:
        """Spans from `start` to the end."""
        stops = self._stops(text, start, len(text)) or self._run_on_starts(text, start)
        edges = [start, *stops, len(text)]
        return tuple(span for begin, end in pairwise(edges) for span in _trimmed(text, begin, end))

    def _stops(self, text: str, start: int, end: int) -> list[int]:
        stops = [
            match.end()
            for match in _CANDIDATE.finditer(text, start, end)
            if match.end() < end and self._is_end(text, start, match.start(), match.end(), end)
        ]
        numbers = _counted_items(text, start, end)
        items = [match.start() for match in (*_INLINE_ITEM.finditer(text, start, end), *numbers)]
        within = {match.start() + len(match[0].rstrip()) for match in numbers}
        return sorted({*stops, *items} - within) if items else stops

    def _run_on_starts(self, text: str, start: int) -> list[int]:
        """Where sentences begin that nothing but a capital letter parts from the one before."""
        if _PUNCTUATION.search(text, start):
            return []
        words = list(_WORD.finditer(text, start))
        capitalised = sum(_is_capitalised(word[0]) for word in words)
        if len(words) < RUN_ON_WORDS or capitalised > MOST_CAPITALISED * len(words):
            return []
        return [word.start() for before, word in pairwise(words) if self._begins_run_on(before[0], word[0])]

    def _begins_run_on(self, before: str, word: str) -> bool:
        if not _is_capitalised(word) or _is_capitalised(before) or not before[-1].isalpha():
            return False
        return word.lower() not in self.rules.names and before.lower() not in self.rules.connectives

    def _is_end(self, text: str, start: int, mark: int, after: int, end: int) -> bool:
        following = _NEXT_TOKEN.match(text, after, end)
        if following is None:
            return False
        token = following[1]
        if text[mark] == "?":
            return not _is_answer(token, ends=following.end() == end) and _question_ends(
                text, start, mark, token
            )
        if text[mark] == "!" or following.start(1) == after:
            return True
        return self._stop_ends(text, start, after, token)

    def _stop_ends(self, text: str, start: int, after: int, token: str) -> bool:
        previous = _last_token(text, start, after)
        if _LIST_NUMBER.match(previous) and _begins_item(text, start, after - len(previous)):
            return False
        word = previous.lower().rstrip(".").lstrip("([\"'")
        if word in self.rules.before_name or (token[0].isdigit() and word in self.rules.before_number):
            return False
        if _PLAIN_WORD.fullmatch(previous) and word not in self._abbreviations:
            return True  # as Punkt decides: only abbreviations, initials and numbers leave it a doubt
        if not previous.strip(".") or (previous == "I." and token[0].isupper()):
            return previous == "I."  # " ... " is a gap to fill in; "Chiari I." is not a person's initial
        key = (previous, token)
        if key not in self._decisions:
            if len(self._decisions) >= MAX_REMEMBERED:
                self._decisions.clear()
            self._decisions[key] = bool(self._punkt.text_contains_sentbreak(f"{previous} {token}"))
        return self._decisions[key]


def _punkt_parameters(file: PunktParameterFile, rules: SentenceRules) -> PunktParameters:
    parameters = PunktParameters()
    parameters.abbrev_types = (set(file.abbreviations) | rules.abbreviations) - rules.never_abbreviations
    parameters.sent_starters = set(file.sentence_starters)
    parameters.ortho_context.update(file.orthography)
    return parameters


def _counted_items(text: str, start: int, end: int) -> list[re.Match[str]]:
    """The numbers of a list that counts from 1 within its line, from 2 on: "1) old infarct 2) no bleed"."""
    first = _FIRST_ITEM.match(text, start, end) or _FIRST_ITEM.search(
        text[max(0, start - LOOK_BEHIND) : start]
    )
    if first is None:
        return []
    found: list[re.Match[str]] = []
    for match in _NEXT_ITEM.finditer(text, start, end):
        alike = (match["open"], match["close"]) == (first["open"], first["close"])
        if alike and int(match["number"]) == len(found) + 2:
            found.append(match)
    return found


def _is_answer(token: str, *, ends: bool) -> bool:
    """Whether a question is answered at once, by a word of its own: "Haemorrhage? No." is one sentence."""
    bare = token.rstrip(".,;")
    return bare.lower() in _ANSWERS and (ends or bare != token)


def _question_ends(text: str, start: int, mark: int, token: str) -> bool:
    """Not before a lower-case word ("cyst? maybe"), nor alone as a doubt ("shows ? filling defect")."""
    if mark == start or text[mark - 1].isspace() or text[mark - 1] in "([":
        return False
    return token[0].isupper() or token[0].isdigit() or token[0] == "?"


def _is_capitalised(word: str) -> bool:
    return _CAPITALISED.fullmatch(word) is not None


def _last_token(text: str, start: int, after: int) -> str:
    space = max(text.rfind(" ", start, after), text.rfind("\n", start, after))
    return text[max(space + 1, start) : after]


def _begins_item(text: str, start: int, at: int) -> bool:
    before = text[start:at].rstrip()
    return not before or before[-1] in ".;:!?,"


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    marker = _LIST_MARKER.match(text, start, end)
    if marker:
        start = marker.end()
    piece = text[start:end]
    stripped = piece.strip()
    if _HAS_WORD.search(stripped):
        begin = start + len(piece) - len(piece.lstrip())
        yield begin, begin + len(stripped)
