"""Changes of a text that leave its meaning, to measure what they do to a labeler.

A change depends on the text alone (and on the labels that it mentions), so that it is the same in every run.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

from labelers.spelling import Country, load_spelling
from labelers.synonyms import SynonymSwap
from schemas.hashing import hash_text
from schemas.label_set import LabelSet

Change = Callable[[str, Collection[str]], str]
"""A text, and the ids of the labels that it mentions, to the changed text."""

WRAPS = (60, 40)
"""The narrowest lines that exports usually have, and those of a narrow column."""
ONE_WORD_IN = 20
_PUNCTUATION = re.compile(r"[.,;:](?!\d)|(?<!\d)[.,;:]")
_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class Perturbation:
    """A change by its name."""

    name: str
    change: Change


def perturbations(label_set: LabelSet) -> tuple[Perturbation, ...]:
    """All that are measured; synonyms are the label set's."""
    spelling = load_spelling()
    plain: dict[str, Callable[[str], str]] = {
        "american_spelling": lambda text: spelling.rewrite(text, Country.AMERICAN),
        "british_spelling": lambda text: spelling.rewrite(text, Country.BRITISH),
        "upper_case": str.upper,
        "lower_case": str.lower,
        "no_punctuation": drop_punctuation,
        **{f"hard_wraps_at_{width}": partial(wrap_hard, width=width) for width in WRAPS},
        "typos": mistype,
    }
    found = [Perturbation(name, _of_text(change)) for name, change in plain.items()]
    return (*found, Perturbation("synonyms", SynonymSwap(label_set, spelling).change))


def drop_punctuation(text: str) -> str:
    """Without full stops, commas, colons, semicolons; those within numbers stay, and "?", which is a doubt."""
    return _PUNCTUATION.sub("", text)


def wrap_hard(text: str, *, width: int) -> str:
    """Lines broken at the last space before `width` characters, wherever in a sentence that is."""
    return "\n".join(_wrap_line(line, width) for line in text.split("\n"))


def mistype(text: str, *, one_in: int = ONE_WORD_IN) -> str:
    """About one word of four or more letters in twenty with two inner letters swapped, or one of them lost."""
    dice = random.Random(hash_text(text))

    def typed(match: re.Match[str]) -> str:
        return _mistype_word(match.group(), dice) if dice.random() < 1 / one_in else match.group()

    return _WORD.sub(typed, text)


def _mistype_word(word: str, dice: random.Random) -> str:
    at = dice.randrange(1, len(word) - 2)  # the first and the last letter stay
    if word[at] != word[at + 1] and dice.random() < 0.5:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :]


def _wrap_line(line: str, width: int) -> str:
    done = []
    while len(line) > width and " " in line[:width].strip():
        at = line.rindex(" ", 0, width)
        done.append(line[:at])
        line = line[at + 1 :]
    return "\n".join([*done, line])


def _of_text(change: Callable[[str], str]) -> Change:
    return lambda text, _: change(text)
