"""Sensitivity, specificity, balanced accuracy and F1 of one present/absent label (Wood 2021, Table 3).

Counts are arrays whose last axis is (true positives, false positives, false negatives, true negatives), so that one
function serves a single test set and ten thousand resamples of it. A ratio of nothing to nothing is 0.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Truth = NDArray[np.bool_] | NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class BinaryFigures:
    """All figures of one label at one threshold."""

    sensitivity: float
    specificity: float
    balanced_accuracy: float
    accuracy: float
    precision: float
    f1: float

    def to_json(self) -> dict[str, float]:
        """Rounded to four decimals."""
        return {name: round(value, 4) for name, value in asdict(self).items()}


def unit_counts(truth: Truth, predicted: Truth) -> Floats:
    """For each unit one 1 among (tp, fp, fn, tn): (n, 4); their sum over units is the table of counts."""
    true, found = np.asarray(truth, dtype=np.bool_), np.asarray(predicted, dtype=np.bool_)
    if true.shape != found.shape or true.ndim != 1:
        raise ValueError("truth and predictions are two vectors of one length")
    return np.stack([true & found, ~true & found, true & ~found, ~true & ~found], axis=1).astype(np.float64)


def binary_figures(truth: Truth, predicted: Truth) -> BinaryFigures:
    """All figures of (n,) predictions."""
    counts = unit_counts(truth, predicted).sum(axis=0)
    return BinaryFigures(
        sensitivity=float(sensitivity(counts)),
        specificity=float(specificity(counts)),
        balanced_accuracy=float(balanced_accuracy(counts)),
        accuracy=float(accuracy(counts)),
        precision=float(precision(counts)),
        f1=float(f1(counts)),
    )


def sensitivity(counts: Floats) -> Floats:
    """True positives of all positives; also called recall. (..., 4) -> (...)."""
    return ratio(counts[..., 0], counts[..., 0] + counts[..., 2])


def specificity(counts: Floats) -> Floats:
    """True negatives of all negatives."""
    return ratio(counts[..., 3], counts[..., 3] + counts[..., 1])


def balanced_accuracy(counts: Floats) -> Floats:
    """Mean of sensitivity and specificity."""
    return (sensitivity(counts) + specificity(counts)) / 2


def accuracy(counts: Floats) -> Floats:
    """Right answers of all."""
    return ratio(counts[..., 0] + counts[..., 3], counts.sum(axis=-1))


def precision(counts: Floats) -> Floats:
    """True positives of all that was called positive."""
    return ratio(counts[..., 0], counts[..., 0] + counts[..., 1])


def f1(counts: Floats) -> Floats:
    """2 tp / (2 tp + fp + fn); needs the first three counts only."""
    return ratio(2 * counts[..., 0], 2 * counts[..., 0] + counts[..., 1] + counts[..., 2])


def ratio(part: Floats, whole: Floats) -> Floats:
    """`part / whole`, 0 where the whole is 0."""
    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    result: Floats = np.divide(part, whole, out=np.zeros_like(part), where=whole != 0)
    return result
