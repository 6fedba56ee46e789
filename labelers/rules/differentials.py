"""Two readings of one finding: `A or B`, `A versus B`, `A / B` leave both open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from labelers.base import Mention
from schemas.certainty import Certainty

OR = "A or B"
_BETWEEN = re.compile(
    r"[\s,]*(?:[\w'/-]+\s+){0,4}?(?:or|versus|vs\.?|v\.?|as against)(?:\s+[\w'/-]+){0,4}?\s*"
)


def open_alternatives(mentions: Sequence[Mention], text: str) -> list[Mention]:
    """The mentions of a plain text, those that are alternatives to each other at most uncertain.

    Two readings that fall under one label are no doubt about it, and neither are alternatives that are denied.
    """
    found = list(mentions)
    for i, first in enumerate(mentions):
        for j in range(i + 1, len(mentions)):
            second = mentions[j]
            if first.end > second.start or second.label == first.label:
                continue
            cue = _alternative(text, first.end, second.start)
            if cue is not None:
                found[i], found[j] = _doubted(found[i], cue), _doubted(found[j], cue)
    return found


def _alternative(text: str, start: int, end: int) -> tuple[int, int] | None:
    if not _BETWEEN.fullmatch(text, start, end):
        return None
    word = re.compile(r"(?<!\w)(?:or|versus|vs\.?|v\.?|as against)(?!\w)").search(text, start, end)
    return None if word is None else word.span()


def _doubted(mention: Mention, cue: tuple[int, int]) -> Mention:
    if mention.certainty is not Certainty.POSITIVE:
        return mention
    return replace(mention, certainty=Certainty.UNCERTAIN, cue=OR, cue_span=cue)
