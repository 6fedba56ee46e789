"""What lies between two places of a sentence: how many words, and whether a scope may reach across."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from labelers.rules.patterns import Found
from labelers.rules.tables import CueKind, CueRule

_WORD = re.compile(r"[^\W_]+(?:['.,][^\W_]+)*")
_COMMA = re.compile(r",(?=\s|$)")
_AND = re.compile(r"\b(?:and|or|nor)\b|&")
_BREAK = re.compile(r";|[.!](?=\s|$)|\?(?=\s+\S)")


@dataclass(frozen=True, slots=True)
class Clauses:
    """A sentence's words and the places that end a scope: punctuation, and stops such as `but`."""

    words: tuple[int, ...]
    breaks: tuple[int, ...]
    stops: tuple[int, ...]
    hard_stops: tuple[int, ...]
    commas: tuple[int, ...]
    colons: tuple[int, ...]
    conjunctions: tuple[int, ...]

    @classmethod
    def of(cls, text: str, cues: Sequence[Found[CueRule]]) -> Clauses:
        """The clauses of a plain text; punctuation inside a cue (`fracture: none`) ends nothing."""
        inside = [(cue.start, cue.end) for cue in cues if cue.rule.kind is not CueKind.STOP]
        marks = (match.start() for match in _BREAK.finditer(text))
        return cls(
            words=tuple(match.start() for match in _WORD.finditer(text)),
            breaks=tuple(at for at in marks if not _within(at, inside)),
            stops=tuple(cue.start for cue in cues if cue.rule.kind is CueKind.STOP),
            hard_stops=tuple(
                cue.start for cue in cues if cue.rule.kind is CueKind.STOP and cue.rule.in_lists
            ),
            commas=tuple(match.start() for match in _COMMA.finditer(text)),
            conjunctions=tuple(match.start() for match in _AND.finditer(text)),
            colons=tuple(at for at, c in enumerate(text) if c == ":" and not _within(at, inside)),
        )

    def distance(self, start: int, end: int) -> int:
        """How many words begin between two places."""
        return max(0, bisect_left(self.words, end) - bisect_left(self.words, start))

    def joined(self, start: int, end: int) -> bool:
        """Whether nothing between two places ends a scope."""
        return not any(_any_between(places, start, end) for places in (self.breaks, self.stops, self.colons))

    def linked(self, start: int, end: int) -> bool:
        """The same, but a colon or a comma may stand between, as in `Ventricles: normal`."""
        return not _any_between(self.breaks, start, end) and not _any_between(self.hard_stops, start, end)

    def has_comma(self, start: int, end: int) -> bool:
        """Whether a comma stands between two places."""
        return _any_between(self.commas, start, end)

    def is_list(self, start: int, end: int) -> bool:
        """Whether `and`, `or` or `nor` stands between two places."""
        return _any_between(self.conjunctions, start, end)


def _within(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def _any_between(places: tuple[int, ...], start: int, end: int) -> bool:
    at = bisect_left(places, start)
    return at < len(places) and places[at] < end
