"""Agreement between annotators: Fleiss 1971, Psychological Bulletin 76:378-382 (Wood 2021, Table 2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelers.statistics.binary import f1, unit_counts
from labelers.statistics.intervals import Interval, bootstrap_interval

Votes = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CodeAgreement:
    """How far annotators agree on which codes a document has.

    `kappa` takes each code of each document as one decision, present or absent, with a 95 % interval over resampled
    documents; `by_code` is the kappa of each code, `against_majority` each annotator's micro F1 against the codes
    that more than half of all annotators, the annotator included, gave.
    """

    documents: int
    annotators: int
    kappa: Interval
    by_code: dict[str, float]
    against_majority: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain data, rounded to four decimals."""
        return {
            "documents": self.documents,
            "annotators": self.annotators,
            "codes": len(self.by_code),
            "kappa": self.kappa.to_json(),
            "mean_kappa_of_codes": round(float(np.mean(list(self.by_code.values()))), 4),
            "kappa_by_code": {code: round(kappa, 4) for code, kappa in self.by_code.items()},
            "micro_f1_against_majority": [round(found, 4) for found in self.against_majority],
        }


def code_agreement(
    annotations: Sequence[Sequence[Collection[str]]], *, codes: Collection[str] | None = None
) -> CodeAgreement:
    """Agreement of annotators, each of whom gave every document a set of codes, in the documents' order.

    Where `codes` are given, others do not count.

    Raises:
        ValueError: there are fewer than two annotators, no documents or no codes.
    """
    given = {code for documents in annotations for found in documents for code in found}
    names = sorted(given if codes is None else set(codes))
    votes = np.array(
        [[[code in found for code in names] for found in documents] for documents in annotations]
    )
    if votes.ndim != 3 or not votes.size:
        raise ValueError("agreement on codes needs annotators, documents and codes")
    present = votes.sum(axis=0)  # (documents, codes)
    counts = np.stack([len(votes) - present, present], axis=-1)  # (documents, codes, 2)
    return CodeAgreement(
        documents=votes.shape[1],
        annotators=votes.shape[0],
        kappa=kappa_interval(counts),
        by_code={code: fleiss_kappa(counts[:, column]) for column, code in enumerate(names)},
        against_majority=tuple(_against(one, 2 * present > len(votes)) for one in votes),
    )


def fleiss_kappa(counts: NDArray[np.integer[Any]]) -> float:
    """Kappa of `counts` (units, categories): how many raters put each unit into each category.

    1 where all ratings fall into one category, since nobody disagrees.

    Raises:
        ValueError: there is no unit, or units have different numbers of raters, or fewer than two.
    """
    if np.ndim(counts) != 2 or not len(counts):
        raise ValueError("kappa needs a matrix of units by categories")
    return float(_kappa(_unit_sums(counts).sum(axis=0), raters=_raters(counts)))


def kappa_interval(counts: NDArray[np.integer[Any]]) -> Interval:
    """Kappa of the decisions (documents, decisions, categories), 95 % interval over resampled documents.

    Raises:
        ValueError: see `fleiss_kappa`.
    """
    raters = _raters(counts)
    return bootstrap_interval(_unit_sums(counts), lambda totals: _kappa(totals, raters=raters))


def rating_counts(ratings: NDArray[np.integer[Any]], *, n_categories: int) -> NDArray[np.int64]:
    """Category indices (units, raters) as counts (units, categories)."""
    found = np.asarray(ratings)[:, :, None] == np.arange(n_categories)
    counts: NDArray[np.int64] = found.sum(axis=1)
    return counts


def _raters(counts: NDArray[Any]) -> int:
    raters = np.asarray(counts).sum(axis=-1)
    if raters.min() != raters.max() or raters.flat[0] < 2:
        raise ValueError("every unit needs the same number of raters, two or more")
    return int(raters.flat[0])


def _unit_sums(counts: NDArray[Any]) -> NDArray[np.float64]:
    """What each unit adds to kappa's sums: its squared counts, and its count of each category (units, 1 + k)."""
    table = np.asarray(counts, dtype=np.float64).reshape(len(counts), -1, np.shape(counts)[-1])
    return np.column_stack([(table**2).sum(axis=(1, 2)), table.sum(axis=1)])


def _kappa(sums: NDArray[np.float64], *, raters: int) -> NDArray[np.float64]:
    """Sums (..., 1 + k) -> (...)."""
    totals = sums[..., 1:]
    ratings = totals.sum(axis=-1)
    agreement = (sums[..., 0] * raters / ratings - raters) / (raters * (raters - 1))  # P bar
    by_chance = ((totals / ratings[..., None]) ** 2).sum(axis=-1)  # P bar e
    kappa: NDArray[np.float64] = np.ones_like(agreement)
    np.divide(agreement - by_chance, 1 - by_chance, out=kappa, where=by_chance < 1)
    return kappa


def _against(own: Votes, majority: Votes) -> float:
    return float(f1(unit_counts(majority.ravel(), own.ravel()).sum(axis=0)))


def cohen_kappa(confusion: NDArray[np.integer[Any]]) -> float:
    """Kappa of two raters (Cohen 1960, Educ Psychol Meas 20:37-46) from counts (categories, categories).

    1 where both put everything into one and the same category, since they never disagree.

    Raises:
        ValueError: nothing was rated, or the matrix is not square.
    """
    table = np.asarray(confusion, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not table.sum():
        raise ValueError("kappa needs a square matrix of at least one rating by each")
    shares = table / table.sum()
    agreement = float(np.trace(shares))
    by_chance = float(shares.sum(axis=0) @ shares.sum(axis=1))
    return 1.0 if by_chance == 1 else (agreement - by_chance) / (1 - by_chance)
