"""Whether two systems differ: over units of one test set, and over seeds or splits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from labelers.statistics.intervals import RESAMPLES, Interval, Statistic, mean_interval, resampled_totals


@dataclass(frozen=True, slots=True)
class PairedTest:
    """First minus second, its interval, and the two-sided p-value; `test` names what was done."""

    test: str
    difference: Interval
    p_value: float

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"test": self.test, **self.difference.to_json(), "p_value": round(self.p_value, 6)}


def paired_bootstrap(  # noqa: PLR0913 (what a resampling test has)
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    statistic: Statistic,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> PairedTest:
    """Resamples units for both systems at once (Efron and Tibshirani 1993; Berg-Kirkpatrick et al. 2012, EMNLP).

    `first` and `second` (units, k) hold what each unit adds to each system's totals, `statistic` makes figures of
    totals. p is the share of resamples whose difference lies at least as far from the observed one as that from 0,
    with one added to both sides of the ratio so that it is never 0. A unit should be what was drawn
    independently: a report or patient, not a sentence of it.

    Raises:
        ValueError: the shapes differ, or there are no units.
    """
    if first.shape != second.shape:
        raise ValueError("two systems are compared on the same units")
    width = first.shape[1]
    totals = resampled_totals(np.concatenate([first, second], axis=1), resamples=resamples, seed=seed)
    drawn = statistic(totals[:, :width]) - statistic(totals[:, width:])
    observed = float(statistic(first.sum(axis=0)) - statistic(second.sum(axis=0)))
    beyond = int((np.abs(drawn - observed) >= abs(observed) - 1e-12).sum())
    low, high = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return PairedTest(
        test=f"paired bootstrap over {len(first)} units, {resamples} resamples",
        difference=Interval(observed, float(low), float(high)),
        p_value=(beyond + 1) / (resamples + 1),
    )


def paired_t(first: Sequence[float], second: Sequence[float], *, confidence: float = 0.95) -> PairedTest:
    """Student's paired test over runs with the same seeds or splits, in the same order.

    Where all differences are equal, p is 1 if they are 0, else 0.

    Raises:
        ValueError: the lengths differ, or there are fewer than two pairs.
    """
    if len(first) != len(second) or len(first) < 2:
        raise ValueError("a paired test needs two or more pairs")
    gaps = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    error = float(gaps.std(ddof=1)) / float(np.sqrt(len(gaps)))
    mean = float(gaps.mean())
    if error < 1e-15:
        p_value = 1.0 if abs(mean) < 1e-15 else 0.0
    else:
        p_value = float(2 * student.sf(abs(mean / error), len(gaps) - 1))
    return PairedTest(
        test=f"paired t over {len(gaps)} pairs",
        difference=mean_interval(gaps, confidence=confidence),
        p_value=p_value,
    )


def group_sums(counts: NDArray[np.float64], groups: Sequence[str | None]) -> NDArray[np.float64]:
    """Counts of sentences (n, k) summed by report (groups, k), in order of first appearance.

    A None is a group of its own.
    """
    rows: dict[object, int] = {}
    for index, group in enumerate(groups):
        rows.setdefault(index if group is None else ("group", group), len(rows))
    row_of = [rows[index if group is None else ("group", group)] for index, group in enumerate(groups)]
    sums = np.zeros((len(rows), counts.shape[1]))
    np.add.at(sums, row_of, counts)
    return sums
