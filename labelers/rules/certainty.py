"""How sure a sentence is of what it mentions, by cues before and after.

After NegEx (Chapman et al. 2001, J Biomed Inform 34:301-310) and ConText (Harkema et al. 2009, J Biomed
Inform 42:839-851): a cue reaches forward or backward to the end of its clause or a number of words; pseudo-cues
("no change in") keep their words from being read as cues. Unlike theirs, cues have strengths, and lists count:
`or` and `versus` are the weakest cues, of doubt, so that in "no A or B" the denial holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labelers.rules.clauses import Clauses
from labelers.rules.patterns import Found, PlainText, Scanner, Wording
from labelers.rules.tables import CueKind, CueRule, RuleFile, Side
from schemas.certainty import Certainty

Cue = Found[CueRule]
_SIDES = {Side.BEFORE: (True, False), Side.AFTER: (False, True), Side.BOTH: (True, True)}


@dataclass(frozen=True, slots=True)
class Scope:
    """A cue that reaches a mention, and over how many words."""

    cue: Cue
    distance: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """The strongest first, then the nearest, then the one of the weaker class."""
        rule = self.cue.rule
        return (-rule.strength, self.distance, int(rule.kind.certainty))


class CertaintyReader:
    """Finds cues, and says which of them reaches a span."""

    def __init__(self, rules: RuleFile, wording: Wording) -> None:
        by_pattern: dict[str, list[CueRule]] = {}
        for rule in rules.cues:
            for pattern in rule.find:
                by_pattern.setdefault(pattern, []).append(rule)
        self._scanner = Scanner([(tuple(same), pattern) for pattern, same in by_pattern.items()], wording)

    def cues(self, text: PlainText) -> list[Cue]:
        """All cues of a plain text, left to right; words that two rules (before and after) name come twice."""
        return [
            Found(rule, found.pattern, found.start, found.end)
            for found in self._scanner.find(text)
            for rule in found.rule
        ]

    def read(
        self, parts: Sequence[tuple[int, int]], cues: Sequence[Cue], clauses: Clauses
    ) -> tuple[Certainty, Cue | None]:
        """The class of a mention, and the cue that makes it so; positive where none reaches it.

        `parts` are the places of its words; a cue counts between them, but not within one.
        """
        span = min(start for start, _ in parts), max(end for _, end in parts)
        outside = [cue for cue in cues if not any(s <= cue.start and cue.end <= e for s, e in parts)]
        scopes = [scope for cue in outside if (scope := _scope(cue, span, clauses)) is not None]
        if not scopes:
            return Certainty.POSITIVE, None
        cue = min(scopes, key=lambda scope: scope.rank).cue
        return cue.rule.kind.certainty, cue


def _scope(cue: Cue, span: tuple[int, int], clauses: Clauses) -> Scope | None:
    """How the cue reaches the span, None where it does not."""
    rule = cue.rule
    if rule.kind in {CueKind.STOP, CueKind.NEUTRAL}:
        return None
    start, end = span
    before, after = _SIDES[rule.side]
    if before and cue.start < start and end < cue.end:  # named within the cue: "no bleed to suggest ..."
        return Scope(cue, 0)
    if before and cue.start < start and cue.end <= end:
        gap = (min(cue.end, start), start)
    elif after and cue.end > end and cue.start >= start:
        gap = (end, max(cue.start, end))
        if clauses.has_comma(*gap) and not clauses.is_list(*gap):
            return None
    elif start < cue.start and cue.end < end:
        return Scope(cue, 0)
    else:
        return None
    distance = clauses.distance(*gap)
    return Scope(cue, distance) if distance <= rule.distance and clauses.joined(*gap) else None
