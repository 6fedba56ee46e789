"""British and American spelling, by the pairs in `conf/perturbations/spelling.yaml`."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from schemas.conf import Frozen, conf_path, load_conf


class Country(StrEnum):
    """Whose spelling."""

    BRITISH = "british"
    AMERICAN = "american"


class Spelling(Frozen):
    """Pairs of words, or parts of words, that are spelled differently: British, American."""

    description: str
    pairs: tuple[tuple[str, str], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_spelling_has_one_other(self) -> Self:
        for names in zip(*self.pairs, strict=True):
            if len(set(names)) < len(names):
                raise ValueError("a spelling stands in two pairs")
        if any(british == american or not british.islower() for british, american in self.pairs):
            raise ValueError("a pair is two spellings in lower case")
        return self

    def rewrite(self, text: str, country: Country) -> str:
        """The text as that country spells it, upper and lower case kept."""
        wanted = self._by_country[country]
        return self._any.sub(lambda match: _like(match.group(), wanted[match.group().lower()]), text)

    @cached_property
    def _by_country(self) -> dict[Country, dict[str, str]]:
        """From either spelling to a country's."""
        return {
            Country.BRITISH: {spelling: pair[0] for pair in self.pairs for spelling in pair},
            Country.AMERICAN: {spelling: pair[1] for pair in self.pairs for spelling in pair},
        }

    @cached_property
    def _any(self) -> re.Pattern[str]:
        """Either spelling, the longest first: what is right already is found, too, and stays."""
        spellings = sorted({spelling for pair in self.pairs for spelling in pair}, key=len, reverse=True)
        return re.compile("|".join(map(re.escape, spellings)), re.IGNORECASE)


def load_spelling() -> Spelling:
    """The shipped pairs."""
    return load_conf(conf_path("perturbations", "spelling", kind="spelling table"), Spelling)


def _like(model: str, word: str) -> str:
    """`word` in upper case, with a capital, or as it is: like `model`."""
    if model.isupper():
        return word.upper()
    return word[0].upper() + word[1:] if model[0].isupper() else word
