"""The ROC curve, its area with DeLong's interval and paired test, and the thresholds read off it.

DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44:837-845 (Wood 2021, reference 33), by mid-ranks as in Sun and
Xu 2014, IEEE Signal Processing Letters 21:1389-1393, which makes it quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from labelers.statistics.binary import BinaryFigures, Floats, Truth, binary_figures
from labelers.statistics.intervals import Interval


@dataclass(frozen=True, slots=True, eq=False)
class RocCurve:
    """One point for each distinct score, the strictest first, after (0, 0) at threshold infinity."""

    false_positive_rate: Floats
    true_positive_rate: Floats
    thresholds: Floats

    def thinned(self, points: int = 200) -> RocCurve:
        """At most so many of the points, both ends among them, evenly spread along the curve."""
        if len(self.thresholds) <= points:
            return self
        way = self.false_positive_rate + self.true_positive_rate  # from 0 to 2, never back
        kept = np.unique(np.searchsorted(way, np.linspace(0, 2, points) - 1e-9))
        return RocCurve(self.false_positive_rate[kept], self.true_positive_rate[kept], self.thresholds[kept])

    def to_json(self) -> dict[str, Any]:
        """As plain data, rounded to four decimals; the threshold infinity is null."""
        return {
            "false_positive_rate": self.false_positive_rate.round(4).tolist(),
            "true_positive_rate": self.true_positive_rate.round(4).tolist(),
            "thresholds": [None, *self.thresholds[1:].round(4).tolist()],
        }


@dataclass(frozen=True, slots=True)
class AucDifference:
    """The areas of two systems on the same units; `p_value` is two-sided."""

    first: float
    second: float
    difference: Interval
    z: float
    p_value: float


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What calling every score of at least `threshold` positive gives; `rule` says how it was chosen."""

    rule: str
    threshold: float
    figures: BinaryFigures

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"rule": self.rule, "threshold": round(self.threshold, 4), **self.figures.to_json()}


def roc_curve(truth: Truth, scores: NDArray[Any]) -> RocCurve:
    """The curve of (n,) scores, the higher the more positive.

    Raises:
        ValueError: the lengths differ, a score is not a number, or there are not both kinds of truth.
    """
    positive, values = _checked(truth, scores)
    order = np.argsort(-values, kind="stable")
    last_of_equal = np.flatnonzero(np.diff(values[order], append=-np.inf))
    hits = np.cumsum(positive[order])[last_of_equal]
    false_alarms = last_of_equal + 1 - hits
    return RocCurve(
        false_positive_rate=np.concatenate([[0.0], false_alarms / false_alarms[-1]]),
        true_positive_rate=np.concatenate([[0.0], hits / hits[-1]]),
        thresholds=np.concatenate([[np.inf], values[order][last_of_equal]]),
    )


def auc(truth: Truth, scores: NDArray[Any]) -> float:
    """Area under the curve: how often a positive outscores a negative, ties counting one half (DeLong, eq. 1)."""
    positive, values = _checked(truth, scores)
    return float(_components(positive, values)[0].mean())


def auc_interval(truth: Truth, scores: NDArray[Any], *, confidence: float = 0.95) -> Interval:
    """The area with its interval by DeLong's variance and the normal distribution, cut to [0, 1].

    An area of exactly 1 or 0 has variance 0, hence an interval of no width.
    """
    positive, values = _checked(truth, scores)
    components = _components(positive, values)
    area = float(components[0].mean())
    margin = float(norm.ppf((1 + confidence) / 2)) * float(np.sqrt(_covariance([components])[0, 0]))
    return Interval(area, max(0.0, area - margin), min(1.0, area + margin))


def delong_test(
    truth: Truth, first: NDArray[Any], second: NDArray[Any], *, confidence: float = 0.95
) -> AucDifference:
    """Whether two systems' areas differ on the same units (first minus second).

    Where the difference has no variance, p is 1 if it is 0, else 0.
    """
    sides = [_components(*_checked(truth, scores)) for scores in (first, second)]
    areas = [float(side[0].mean()) for side in sides]
    covariance = _covariance(sides)
    variance = max(0.0, float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]))
    error = float(np.sqrt(variance))
    gap = areas[0] - areas[1]
    z = gap / error if error else float(np.copysign(np.inf, gap)) if gap else 0.0
    margin = float(norm.ppf((1 + confidence) / 2)) * error
    return AucDifference(
        first=areas[0],
        second=areas[1],
        difference=Interval(gap, gap - margin, gap + margin),
        z=z,
        p_value=float(2 * norm.sf(abs(z))),
    )


def youden_threshold(truth: Truth, scores: NDArray[Any]) -> float:
    """Where sensitivity + specificity - 1 is greatest (Youden 1950, Cancer 3:32-35); of equals the strictest."""
    curve = roc_curve(truth, scores)
    best = int(np.argmax(curve.true_positive_rate[1:] - curve.false_positive_rate[1:])) + 1
    return float(curve.thresholds[best])


def sensitivity_threshold(truth: Truth, scores: NDArray[Any], *, sensitivity: float) -> float:
    """The strictest threshold that finds at least this share of the positives."""
    if not 0 < sensitivity <= 1:
        raise ValueError(f"a sensitivity lies above 0 and at most at 1, not at {sensitivity}")
    curve = roc_curve(truth, scores)
    enough = np.flatnonzero(curve.true_positive_rate >= sensitivity - 1e-12)
    return float(curve.thresholds[enough[0]])


def threshold_report(
    truth: Truth,
    scores: NDArray[Any],
    *,
    chosen_on: tuple[Truth, NDArray[Any]],
    sensitivities: Sequence[float] = (0.9, 0.95, 0.99),
) -> list[OperatingPoint]:
    """Figures at one half, at Youden's threshold, and where each of the sensitivities is reached.

    Thresholds are chosen on the truth and scores of other units, such as a validation part.
    """
    chosen = {"one half": 0.5, "Youden": youden_threshold(*chosen_on)}
    for wanted in sensitivities:
        name = f"sensitivity >= {wanted:g}"
        chosen[name] = sensitivity_threshold(*chosen_on, sensitivity=wanted)
    return [
        OperatingPoint(rule, threshold, binary_figures(truth, np.asarray(scores) >= threshold))
        for rule, threshold in chosen.items()
    ]


def _checked(truth: Truth, scores: NDArray[Any]) -> tuple[NDArray[np.bool_], Floats]:
    positive, values = np.asarray(truth, dtype=np.bool_), np.asarray(scores, dtype=np.float64)
    if positive.shape != values.shape or positive.ndim != 1:
        raise ValueError("truth and scores are two vectors of one length")
    if not np.isfinite(values).all():
        raise ValueError("a score is not a finite number")
    if positive.all() or not positive.any():
        raise ValueError("a ROC curve needs positive and negative units")
    return positive, values


def _components(positive: NDArray[np.bool_], values: Floats) -> tuple[Floats, Floats]:
    """V10: the share of negatives below each positive; V01: the share of positives above each negative."""
    ups, downs = values[positive], values[~positive]
    among_all = rankdata(np.concatenate([ups, downs]))
    v10 = (among_all[: len(ups)] - rankdata(ups)) / len(downs)
    v01 = 1 - (among_all[len(ups) :] - rankdata(downs)) / len(ups)
    return v10, v01


def _covariance(sides: Sequence[tuple[Floats, Floats]]) -> Floats:
    """S10 / m + S01 / n of the systems' areas (DeLong, eq. 5)."""
    total = np.zeros((len(sides), len(sides)))
    for part in (0, 1):
        components = np.stack([side[part] for side in sides])  # (systems, units)
        if components.shape[1] > 1:
            total += np.atleast_2d(np.cov(components)) / components.shape[1]
    return total
