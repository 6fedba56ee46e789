"""Train on one part, choose thresholds on the second, test on the third; once for each split."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelers.base import Labeler
from labelers.data import LabelledTexts
from labelers.given import given_texts
from labelers.splits import Rows, ThreeWaySplit
from schemas.errors import InputError

Fit = Callable[
    [LabelledTexts, LabelledTexts, int], Labeler
]  # training part, validation part, number of the split
Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A part of the texts with its truth and the probability of `present`, (n, n_L) each."""

    rows: Rows
    truth: Flags
    scores: Scores


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one split gave on its validation and its test part."""

    validation: Measured
    test: Measured


def run_splits(texts: LabelledTexts, splits: Iterable[ThreeWaySplit], fit: Fit) -> list[Outcome]:
    """Fits one labeler for each split and keeps what it says of the other two parts.

    Raises:
        InputError: a label has other than two classes.
    """
    outcomes = []
    for number, split in enumerate(splits):
        train, validation = take(texts, split.train), take(texts, split.validation)
        labeler = fit(train, validation, number)
        if len(labeler.label_set.classes) != 2:
            raise InputError(f"label set {labeler.label_set.id} has other than two classes")
        outcomes.append(
            Outcome(
                validation=_measured(labeler, texts, split.validation),
                test=_measured(labeler, texts, split.test),
            )
        )
    return outcomes


def pooled(parts: Iterable[Measured]) -> Measured:
    """The parts of all folds as one, in the order of the texts."""
    found = list(parts)
    rows = np.concatenate([part.rows for part in found])
    order = np.argsort(rows, kind="stable")
    return Measured(
        rows=rows[order],
        truth=np.concatenate([part.truth for part in found])[order],
        scores=np.concatenate([part.scores for part in found])[order],
    )


def take(texts: LabelledTexts, rows: Rows) -> LabelledTexts:
    """The texts of these rows."""
    chosen = np.zeros(len(texts), dtype=np.bool_)
    chosen[rows] = True
    return texts.select(chosen)


def _measured(labeler: Labeler, texts: LabelledTexts, rows: Rows) -> Measured:
    part = take(texts, rows)
    given = given_texts(part.texts, unit=labeler.unit, sections=labeler.sections)
    scores = labeler.probabilities(given)[:, :, 1].astype(np.float64)
    return Measured(rows=np.sort(rows), truth=part.targets > 0, scores=scores)
