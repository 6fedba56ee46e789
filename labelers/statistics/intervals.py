"""95 % intervals: over repeats, and by resampling units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate between two bounds."""

    estimate: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Rounded to four decimals."""
        return {
            "estimate": round(self.estimate, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
        }


def mean_interval(values: Sequence[float] | NDArray[np.float64], *, confidence: float = 0.95) -> Interval:
    """The mean over repeats (splits, seeds) with Student's interval, t x s / sqrt(n) (Wood 2021: 10 splits).

    Repeats that share test units are not independent, so the interval is narrower than the truth; the papers have
    it so. One value has no interval: its bounds are not a number.

    Raises:
        ValueError: there is no value.
    """
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or not found.size:
        raise ValueError("a mean needs values")
    mean = float(found.mean())
    if found.size == 1:
        return Interval(mean, float("nan"), float("nan"))
    quantile = float(student.ppf((1 + confidence) / 2, found.size - 1))
    margin = quantile * float(found.std(ddof=1)) / float(np.sqrt(found.size))
    return Interval(mean, mean - margin, mean + margin)


def bootstrap_interval(
    counts: NDArray[np.float64],
    statistic: Statistic,
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Percentile interval over resampled units (Efron and Tibshirani 1993, chapter 13).

    `counts` (units, k) holds what each unit (a report, a patient) adds to the totals; `statistic` makes figures
    (...) of totals (..., k).
    """
    totals = resampled_totals(counts, resamples=resamples, seed=seed)
    low, high = np.quantile(statistic(totals), [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(statistic(counts.sum(axis=0))), float(low), float(high))


def resampled_totals(counts: NDArray[np.float64], *, resamples: int, seed: int) -> NDArray[np.float64]:
    """Totals (resamples, k) of `counts` (units, k) over as many units, drawn with replacement.

    Raises:
        ValueError: there are no units.
    """
    if counts.ndim != 2 or not len(counts):
        raise ValueError("resampling needs a matrix of units by counts")
    units = len(counts)
    random = np.random.default_rng(seed)
    share = np.full(units, 1 / units)
    block = max(1, 4_000_000 // units)  # at most 32 MB at once
    sizes = [min(block, resamples - start) for start in range(0, resamples, block)]
    return np.concatenate([random.multinomial(units, share, size=size) @ counts for size in sizes])
