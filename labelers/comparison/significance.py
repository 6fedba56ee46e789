"""Is one labeler better than another, or were these documents kind to it? A paired bootstrap over documents.

Sentences of one document resemble each other, so whole documents are drawn (Efron and Tibshirani 1993). All are
measured on the same draws, each labeler by its mean F1 over its seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelers.comparison.papers import Measure
from labelers.metrics import ClassIndices, confusion_counts, macro_f1, pooled_f1
from labelers.statistics.intervals import RESAMPLES, resampled_totals

DocumentCounts = NDArray[np.int64]
"""True positives, false positives, false negatives by document: (documents, 3, n_L, n_C - 1)."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnF1:
    """Mean F1 over a labeler's seeds: on the documents as they are, and in each draw of them (draws,)."""

    observed: float
    drawn: NDArray[np.float64]


def document_counts(
    truth: ClassIndices, predicted: ClassIndices, documents: Sequence[str], *, n_classes: int
) -> DocumentCounts:
    """Counts of each document, in the order of their names."""
    names, place = np.unique(np.asarray(documents), return_inverse=True)
    rows = [np.flatnonzero(place == index) for index in range(len(names))]
    return np.stack([confusion_counts(truth[at], predicted[at], n_classes=n_classes) for at in rows])


def draw_f1(
    seeds: Sequence[DocumentCounts], *, draws: int = RESAMPLES, seed: int = 0
) -> dict[Measure, DrawnF1]:
    """Micro and macro F1 of one labeler; the same seed and number of documents draw the same documents."""
    scored = [_score_seed(counts, draws=draws, seed=seed) for counts in seeds]
    return {
        measure: DrawnF1(
            observed=float(np.mean([found[measure].observed for found in scored])),
            drawn=np.mean([found[measure].drawn for found in scored], axis=0),
        )
        for measure in (Measure.MICRO, Measure.MACRO)
    }


def paired_p(first: DrawnF1, second: DrawnF1) -> float:
    """Two-sided p: the share of draws whose difference lies as far from the observed one as that from 0.

    The same as `labelers.statistics.paired.paired_bootstrap`, for means over seeds; never 0.
    """
    observed = first.observed - second.observed
    beyond = np.abs(first.drawn - second.drawn - observed) >= abs(observed) - 1e-12
    return (int(beyond.sum()) + 1) / (len(beyond) + 1)


def _score_seed(counts: DocumentCounts, *, draws: int, seed: int) -> dict[Measure, DrawnF1]:
    flat = counts.reshape(len(counts), -1).astype(np.float64)  # (documents, 3 x n_L x (n_C - 1))
    totals = resampled_totals(flat, resamples=draws, seed=seed)
    totals = np.concatenate([flat.sum(axis=0, keepdims=True), totals])
    drawn = np.moveaxis(totals.reshape(draws + 1, *counts.shape[1:]), 1, 0)  # (3, draws + 1, n_L, n_C - 1)
    found = {Measure.MICRO: pooled_f1(drawn), Measure.MACRO: macro_f1(drawn)}
    return {
        measure: DrawnF1(observed=float(values[0]), drawn=values[1:]) for measure, values in found.items()
    }
