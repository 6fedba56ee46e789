"""F1 of a labeler's answers, and how far it would move on other documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelers.comparison.significance import document_counts
from labelers.data import Targets
from labelers.evaluation.answers import Answers
from labelers.metrics import Report, f1_score, macro_f1, macro_labels_f1, pooled_f1, score_predictions
from labelers.statistics.intervals import RESAMPLES, Interval, Statistic, bootstrap_interval
from schemas.label_set import LabelSet

Figure = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""F1 (...) of counts (3, ..., n_L, n_C - 1)."""


@dataclass(frozen=True, slots=True)
class Intervals:
    """95 % intervals over `documents` drawn with replacement; `by_class` holds those of micro F1."""

    documents: int
    micro: Interval
    macro: Interval
    macro_labels: Interval
    by_class: dict[str, Interval]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "documents": self.documents,
            "micro": self.micro.to_json(),
            "macro": self.macro.to_json(),
            "macro_labels": self.macro_labels.to_json(),
            "by_class": {name: interval.to_json() for name, interval in self.by_class.items()},
        }


def figures(answers: Answers) -> dict[str, Report]:
    """For all texts and for each way of sampling."""
    label_set = answers.asked.label_set
    return {
        name: score_predictions(
            answers.truth[rows], answers.predicted[rows], labels=label_set.ids, classes=label_set.classes
        )
        for name, rows in answers.asked.subsets().items()
    }


def intervals(answers: Answers, *, resamples: int = RESAMPLES) -> Intervals:
    """What the same labeler may get on other documents of the kind (percentile bootstrap)."""
    asked = answers.asked
    return document_intervals(
        answers.truth, answers.predicted, asked.documents, asked.label_set, resamples=resamples
    )


def document_intervals(
    truth: Targets,
    predicted: Targets,
    documents: tuple[str, ...],
    label_set: LabelSet,
    *,
    resamples: int = RESAMPLES,
) -> Intervals:
    """The same of class indices (n, n_L), row by row of these documents."""
    counts = document_counts(truth, predicted, documents, n_classes=len(label_set.classes))
    flat = counts.reshape(len(counts), -1).astype(np.float64)

    def interval(figure: Figure) -> Interval:
        return bootstrap_interval(flat, over_totals(figure, counts.shape[1:]), resamples=resamples)

    return Intervals(
        documents=len(counts),
        micro=interval(pooled_f1),
        macro=interval(macro_f1),
        macro_labels=interval(macro_labels_f1),
        by_class={name: interval(_of_class(c)) for c, name in enumerate(label_set.classes[1:])},
    )


def over_totals(figure: Figure, shape: tuple[int, ...]) -> Statistic:
    """`figure` of totals (..., k) that are counts of `shape` (3, n_L, n_C - 1) laid flat."""

    def statistic(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        return figure(np.moveaxis(totals.reshape(*totals.shape[:-1], *shape), -3, 0))

    return statistic


def _of_class(c: int) -> Figure:
    return lambda counts: f1_score(counts[..., c].sum(axis=-1))
