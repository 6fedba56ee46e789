"""F1 without `not_mentioned`, as in Schrempf 2020, section 4.

Class 0 is the weakest class ("nothing said"): it is never counted as found. A right answer in a class c > 0 is a
true positive of c; an answer c where the truth is another class is a false positive of c, and a miss of that other
class if that is not 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ClassIndices = NDArray[np.integer[Any]]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Score:
    """F1 with what it is made of; `support` is how often it stands in the truth."""

    f1: float
    precision: float
    recall: float
    support: int

    def to_json(self) -> dict[str, float | int]:
        """Rounded to four decimals."""
        return {
            "f1": round(self.f1, 4),
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "support": self.support,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one comparison.

    `macro_by_class` is the mean over the labels that have the class in the truth; `macro` the mean of those over
    the classes; `macro_labels` the mean over labels in the truth of F1 pooled over the classes.
    """

    texts: int
    micro: Score
    macro: float
    macro_labels: float
    by_class: dict[str, Score]
    macro_by_class: dict[str, float]
    by_label: dict[str, Score]

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "texts": self.texts,
            "micro": self.micro.to_json(),
            "macro": round(self.macro, 4),
            "macro_labels": round(self.macro_labels, 4),
            "by_class": {
                name: {**score.to_json(), "macro_f1": round(self.macro_by_class[name], 4)}
                for name, score in self.by_class.items()
            },
            "by_label": {name: score.to_json() for name, score in self.by_label.items()},
        }


def score_predictions(
    truth: ClassIndices, predicted: ClassIndices, *, labels: Sequence[str], classes: Sequence[str]
) -> Report:
    """Figures for class indices (n, n_L); `classes` holds all names, the weakest first."""
    counts = confusion_counts(truth, predicted, n_classes=len(classes))  # (3, n_L, n_C - 1)
    pooled = counts.sum(axis=2)  # (3, n_L)
    by_class = macro_f1_by_class(counts).tolist()
    return Report(
        texts=len(truth),
        micro=_score(counts.sum(axis=(1, 2))),
        macro=float(macro_f1(counts)),
        macro_labels=float(macro_labels_f1(counts)),
        by_class={name: _score(counts[:, :, c].sum(axis=1)) for c, name in enumerate(classes[1:])},
        macro_by_class=dict(zip(classes[1:], by_class, strict=True)),
        by_label={name: _score(pooled[:, i]) for i, name in enumerate(labels)},
    )


def micro_f1(truth: ClassIndices, predicted: ClassIndices, *, n_classes: int) -> float:
    """F1 over all labels and classes but class 0: what early stopping looks at."""
    return float(pooled_f1(confusion_counts(truth, predicted, n_classes=n_classes)))


def confusion_counts(truth: ClassIndices, predicted: ClassIndices, *, n_classes: int) -> Counts:
    """True positives, false positives, false negatives: (3, n_L, n_C - 1)."""
    wanted = np.arange(1, n_classes)
    is_true = truth[:, :, None] == wanted  # (n, n_L, n_C - 1)
    is_predicted = predicted[:, :, None] == wanted
    hits = (is_true & is_predicted).sum(axis=0)
    return np.stack([hits, is_predicted.sum(axis=0) - hits, is_true.sum(axis=0) - hits]).astype(np.int64)


def f1_score(counts: NDArray[Any]) -> NDArray[np.float64]:
    """F1 of counts (3, ...): (...)."""
    hits, wrong, missed = counts.astype(np.float64)
    zeros: NDArray[np.float64] = np.zeros_like(hits)
    np.divide(2 * hits, 2 * hits + wrong + missed, out=zeros, where=hits > 0)
    return zeros


def pooled_f1(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Micro F1, over labels and classes, of counts (3, ..., n_L, n_C - 1): (...)."""
    return f1_score(counts.sum(axis=(-2, -1)))


def macro_f1_by_class(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Mean over the labels that have the class in the truth, of counts (3, ..., n_L, n_C - 1): (..., n_C - 1)."""
    return _mean(f1_score(counts).swapaxes(-1, -2), _in_truth(counts).swapaxes(-1, -2))


def macro_f1(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Mean of those over the classes in the truth: (...)."""
    return _mean(macro_f1_by_class(counts), np.asarray(_in_truth(counts).any(axis=-2)))


def macro_labels_f1(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Mean over the labels in the truth of F1 pooled over the classes, of counts (3, ..., n_L, n_C - 1): (...)."""
    pooled = counts.sum(axis=-1)
    return _mean(f1_score(pooled), _in_truth(pooled))


def _in_truth(counts: NDArray[Any]) -> NDArray[np.bool_]:
    present: NDArray[np.bool_] = counts[0] + counts[2] > 0
    return present


def _score(counts: Counts) -> Score:
    hits, wrong, missed = (int(count) for count in counts)
    return Score(
        f1=float(f1_score(np.array([hits, wrong, missed]))),
        precision=hits / (hits + wrong) if hits else 0.0,
        recall=hits / (hits + missed) if hits else 0.0,
        support=hits + missed,
    )


def _mean(values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Over the last axis, of the chosen ones; 0 where none is."""
    mean: NDArray[np.float64] = (values * chosen).sum(axis=-1) / np.maximum(1, chosen.sum(axis=-1))
    return mean
