"""Several labelers that answer together: the mean of their probabilities.

Labelers that learnt in different ways are wrong about different texts (Dietterich 2000, "Ensemble Methods in
Machine Learning"). A committee is not trained; it is a file that names its members, and takes the time of them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from labelers.base import AttendingLabeler, Labeler, Probabilities, TokenAttention
from labelers.recipe import Unit
from labelers.text.sections import SectionKind
from labelers.writing import write_yaml
from schemas.conf import Frozen, load_conf
from schemas.errors import UsageError
from schemas.hashing import hash_json, hash_sources
from schemas.label_set import Identifier, LabelSet


class CommitteeRecipe(Frozen):
    """`members` are shipped labelers by name, or folders of bundles as seen from where the file lies.

    `evaluation` tells of it, as a bundle's does, and is no part of the fingerprint.
    """

    kind: Literal["committee"]
    name: Identifier
    summary: str = ""
    members: tuple[str, ...] = Field(min_length=2)
    evaluation: dict[str, Any] = Field(default_factory=dict)


def write_committee_evaluation(path: Path, *, name: str, figures: Mapping[str, Any]) -> None:
    """Stores figures in the committee's file under `name`.

    Raises:
        UsageError: the file does not fit.
        OutputError: it cannot be written.
    """
    recipe = load_conf(path, CommitteeRecipe)
    record = recipe.model_copy(update={"evaluation": {**recipe.evaluation, name: dict(figures)}})
    write_yaml(record.model_dump(mode="json"), path)


def committee_hash(path: Path) -> str:
    """Hash of what the file asks for, without the figures that it may hold.

    Raises:
        UsageError: the file does not fit.
    """
    return hash_json(load_conf(path, CommitteeRecipe).model_dump(mode="json", exclude={"evaluation"}))


def load_committee(path: Path) -> CommitteeRecipe:
    """The recipe, its members' folders found from where it lies.

    Raises:
        UsageError: the file does not fit.
    """
    recipe = load_conf(path, CommitteeRecipe)
    places = [path.parent / member for member in recipe.members]
    members = (
        str(place) if place.is_dir() else name for place, name in zip(places, recipe.members, strict=True)
    )
    return recipe.model_copy(update={"members": tuple(members)})


@dataclass(frozen=True, slots=True, eq=False)
class Committee:
    """Labelers of the same labels and the same kind of text; the first one shows where it looked."""

    name: str
    members: tuple[Labeler, ...]

    @classmethod
    def of(cls, name: str, members: Sequence[Labeler]) -> Committee:
        """The committee of these members.

        Raises:
            UsageError: they have different labels, or are given different texts.
        """
        first, *others = members
        for other in others:
            if _answers(other) != _answers(first):
                raise UsageError(
                    f"committee '{name}': {other.name} has other labels than {first.name}, or is given other texts"
                )
        return cls(name, tuple(members))

    @property
    def label_set(self) -> LabelSet:
        """That of all members."""
        return self.members[0].label_set

    @property
    def unit(self) -> Unit:
        """What a text is."""
        return self.members[0].unit

    @property
    def sections(self) -> tuple[SectionKind, ...]:
        """What it is given of a report."""
        return self.members[0].sections

    @property
    def fingerprint(self) -> str:
        """Hash of the members' fingerprints; their order decides who attends, and the last digits."""
        return hash_json([hash_sources([Path(__file__)]), *(member.fingerprint for member in self.members)])

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """(n_texts, n_L, n_C): the mean of all members'."""
        total = sum(member.probabilities(texts).astype(np.float64) for member in self.members)
        mean: Probabilities = np.asarray(total / len(self.members), np.float32)
        return mean

    def truncated(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which texts are longer than some member reads: (n_texts,)."""
        found: NDArray[np.bool_] = np.any([member.truncated(texts) for member in self.members], axis=0)
        return found

    @property
    def attends(self) -> bool:
        """Whether the first member attends."""
        first = self.members[0]
        return isinstance(first, AttendingLabeler) and first.attends

    def attention(self, texts: Sequence[str]) -> list[TokenAttention]:
        """The first member's.

        Raises:
            UsageError: it does not attend.
        """
        first = self.members[0]
        if not isinstance(first, AttendingLabeler):
            raise UsageError(f"labeler '{first.name}' does not attend to tokens: name another member first")
        return first.attention(texts)


def _answers(labeler: Labeler) -> tuple[object, ...]:
    """What two members must have in common."""
    return labeler.label_set.ids, labeler.label_set.classes, labeler.unit, labeler.sections
