"""Codes of documents, ranked and as sets (Chapman and Neumann 2020, section 4 and Table 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelers.statistics.binary import Floats, ratio

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CodeFigures:
    """Micro-averaged figures of predicted sets of codes, and how varied they are."""

    documents: int
    precision: float
    recall: float
    f1: float
    unique_codes: int
    codes_per_document: float

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "documents": self.documents,
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "f1": round(self.f1, 4),
            "unique_codes": self.unique_codes,
            "codes_per_document": round(self.codes_per_document, 2),
        }


def document_counts(truth: Mask, predicted: Mask, *, in_truth: NDArray[np.int64] | None = None) -> Floats:
    """(true positives, false positives, false negatives) of each document: (documents, 3).

    `truth` and `predicted` are (documents, codes). `in_truth` (documents,) is how many codes a document really has
    where some of them have no column, because no training document had them: they count as missed.
    """
    _check(truth, predicted, in_truth)
    hits = (truth & predicted).sum(axis=1)
    wanted = truth.sum(axis=1) if in_truth is None else in_truth
    return np.stack([hits, predicted.sum(axis=1) - hits, wanted - hits], axis=1).astype(np.float64)


def code_figures(truth: Mask, predicted: Mask, *, in_truth: NDArray[np.int64] | None = None) -> CodeFigures:
    """Precision, recall and F1 over all pairs of document and code; codes predicted anywhere, and by document."""
    hits, wrong, missed = document_counts(truth, predicted, in_truth=in_truth).sum(axis=0)
    return CodeFigures(
        documents=len(truth),
        precision=float(ratio(hits, hits + wrong)),
        recall=float(ratio(hits, hits + missed)),
        f1=float(ratio(2 * hits, 2 * hits + wrong + missed)),
        unique_codes=int(predicted.any(axis=0).sum()),
        codes_per_document=float(predicted.sum(axis=1).mean()),
    )


def average_precisions(
    truth: Mask,
    scores: NDArray[Any],
    *,
    listed: Mask | None = None,
    in_truth: NDArray[np.int64] | None = None,
) -> Floats:
    """Average precision of each document that has codes: the mean over its codes of the precision at their rank.

    A code that is not `listed` (documents, codes) is not in the document's ranking and adds 0, as does one without
    a column (`in_truth`, see `document_counts`). Of equal scores the earlier column comes first. Manning, Raghavan
    and Schuetze 2008, section 8.4; documents without codes are left out, as trec_eval does.
    """
    _check(truth, scores, in_truth)
    wanted = truth.sum(axis=1) if in_truth is None else in_truth
    ranked = np.argsort(-np.asarray(scores, dtype=np.float64), axis=1, kind="stable")
    if listed is not None:
        behind = np.take_along_axis(~listed, ranked, axis=1)
        ranked = np.take_along_axis(ranked, np.argsort(behind, axis=1, kind="stable"), axis=1)
        truth = truth & listed
    hit = np.take_along_axis(truth, ranked, axis=1)
    precisions = np.cumsum(hit, axis=1) / np.arange(1, truth.shape[1] + 1)
    has_codes = wanted > 0
    sums: Floats = (precisions * hit).sum(axis=1)
    return sums[has_codes] / wanted[has_codes]


def mean_average_precision(
    truth: Mask,
    scores: NDArray[Any],
    *,
    listed: Mask | None = None,
    in_truth: NDArray[np.int64] | None = None,
) -> float:
    """Mean of `average_precisions`; 0 where no document has codes."""
    found = average_precisions(truth, scores, listed=listed, in_truth=in_truth)
    return float(found.mean()) if found.size else 0.0


def _check(truth: Mask, other: NDArray[Any], in_truth: NDArray[np.int64] | None) -> None:
    if truth.shape != other.shape or truth.ndim != 2 or not len(truth):
        raise ValueError("truth and predictions are two matrices of documents by codes, of one shape")
    if in_truth is not None and (in_truth.shape != truth.shape[:1] or (in_truth < truth.sum(axis=1)).any()):
        raise ValueError("in_truth gives each document at least the codes that truth has")
