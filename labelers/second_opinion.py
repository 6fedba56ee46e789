"""A second labeler's answers weighed in where a trained one is not sure: a logarithmic opinion pool of the two.

    p(c) ~ p_1(c) p_2(c)^w

Heskes 1998, "Selecting Weighting Factors in Logarithmic Opinion Pools", with the first weight left at 1. Rules that
go by wording and a network that goes by likeness are wrong about different sentences. Where the network is sure its
answer stands, probability and all, and the rules need not read the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import softmax

from labelers.base import Labeler, Probabilities, predicted_classes
from labelers.data import Targets
from labelers.metrics import micro_f1
from labelers.recipe import Unit
from labelers.registry import list_rule_labelers, shipped_rules
from labelers.rules.labeler import RuleLabeler
from labelers.temperatures import bounded_log
from schemas.conf import Frozen
from schemas.errors import UsageError
from schemas.hashing import hash_json, hash_sources
from schemas.label_set import Identifier, LabelSet

SURE = 0.8
"""From this probability on an answer stands: the shipped rules, of confidence 0.91, turn none above 0.77 anyway
with a weight of 0.35."""
WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))


class SecondOpinion(Frozen):
    """Whose answers a bundle's labeler weighs in: a shipped labeler that reads by rules; `weight` is w."""

    labeler: Identifier
    weight: float = Field(gt=0, le=1)


@dataclass(frozen=True, slots=True, eq=False)
class Adviser:
    """The labeler of a second opinion, loaded."""

    opinion: SecondOpinion
    labeler: Labeler

    @classmethod
    def load(cls, opinion: SecondOpinion, label_set: LabelSet, *, unit: Unit) -> Adviser:
        """The adviser of a labeler with this label set that reads texts of this kind.

        Raises:
            UsageError: as of `load_adviser`.
        """
        return cls(opinion, load_adviser(opinion.labeler, label_set, unit=unit))

    def fingerprint(self, first: str) -> str:
        """That of both and of how they are weighed, where `first` is the first labeler's."""
        return hash_json([first, self.labeler.fingerprint, hash_sources([Path(__file__)])])

    def weigh_in(self, texts: Sequence[str], probabilities: Probabilities) -> Probabilities:
        """(n, n_L, n_C) of the first labeler -> those of both; reads no text that the first is sure about."""
        rows = np.flatnonzero(_unsure(probabilities).any(axis=-1)).tolist()
        found = probabilities.copy()
        if rows:
            second = self.labeler.probabilities([texts[row] for row in rows])
            found[rows] = weighed(probabilities[rows], second, weight=self.opinion.weight)
        return found


def load_adviser(name: str, label_set: LabelSet, *, unit: Unit) -> RuleLabeler:
    """A shipped labeler that can give second opinions to one with this label set that reads texts of this kind.

    Raises:
        UsageError: no shipped labeler of this name reads by rules, or it has other labels, or reads other texts.
    """
    place = shipped_rules(name)
    if place is None:
        raise UsageError(
            f"'{name}' cannot give a second opinion, which comes from a shipped labeler that reads by rules: "
            f"{', '.join(list_rule_labelers())}"
        )
    found = RuleLabeler.load(place)
    if found.unit is not unit:
        raise UsageError(
            f"labeler '{name}' reads a {found.unit.value} at a time, not a {unit.value}: leave --second-opinion out"
        )
    if (found.label_set.ids, found.label_set.classes) != (label_set.ids, label_set.classes):
        raise UsageError(
            f"labeler '{name}' has the labels of {found.label_set.id}, not those of {label_set.id}: "
            "leave --second-opinion out"
        )
    return found


def weighed(first: Probabilities, second: Probabilities, *, weight: float) -> Probabilities:
    """The first answers where they are sure, else the pool of both: (n, n_L, n_C)."""
    found: Probabilities = np.where(_unsure(first)[..., None], pool(first, second, weight=weight), first)
    return found


def pool(first: Probabilities, second: Probabilities, *, weight: float) -> Probabilities:
    """The pool of two labelers' answers to the same texts: (n, n_L, n_C)."""
    together = bounded_log(first) + weight * bounded_log(second)
    found: Probabilities = softmax(together, axis=-1).astype(np.float32)
    return found


def fit_weight(first: Probabilities, second: Probabilities, truth: Targets) -> float:
    """The one of WEIGHTS with the highest micro F1 on texts that neither has learnt from; of equals the least."""
    n_classes = first.shape[-1]

    def found(weight: float) -> float:
        answers = predicted_classes(weighed(first, second, weight=weight))
        return micro_f1(truth, answers, n_classes=n_classes)

    return max(WEIGHTS, key=lambda weight: (round(found(weight), 4), -weight))


def _unsure(probabilities: Probabilities) -> NDArray[np.bool_]:
    """Of each label of each text, whether a second opinion is wanted: (n, n_L)."""
    unsure: NDArray[np.bool_] = probabilities.max(axis=-1) < SURE
    return unsure
