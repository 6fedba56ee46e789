"""Remembering what was found in a text: reports repeat their lines and sentences, word for word."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar, TypeVarTuple

REMEMBERED = 20_000
LONGEST = 300
"""Longer texts seldom come again, and would fill the memory."""

Ts = TypeVarTuple("Ts")
R = TypeVar("R")


def remembering(function: Callable[[str, *Ts], R]) -> Callable[[str, *Ts], R]:
    """The same function of a text, which keeps its last answers: these must be immutable."""
    remembered = lru_cache(REMEMBERED)(function)

    def answer(text: str, *rest: *Ts) -> R:
        return (remembered if len(text) <= LONGEST else function)(text, *rest)

    return answer
