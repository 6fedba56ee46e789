"""The four certainty classes, weakest first, so that the strongest of several is their maximum."""

from __future__ import annotations

from enum import IntEnum


class Certainty(IntEnum):
    """What a text says of one label (Schrempf 2020, section 2); the value is the class index everywhere."""

    NOT_MENTIONED = 0
    NEGATIVE = 1
    UNCERTAIN = 2
    POSITIVE = 3

    @property
    def label(self) -> str:
        """The name used in files: `not_mentioned`, `negative`, `uncertain`, `positive`."""
        return self.name.lower()


CERTAINTY_CLASSES: tuple[str, ...] = tuple(certainty.label for certainty in Certainty)
