"""Whether an answer given with 80 % probability is right four times out of five (Guo et al. 2017, section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 10


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers of a probability above `low` and up to `high`: how many, how sure on average, what share is right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float

    def to_json(self) -> dict[str, Any]:
        """Rounded to four decimals."""
        return {
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "count": self.count,
            "confidence": round(self.confidence, 4),
            "accuracy": round(self.accuracy, 4),
        }


def reliability_curve(
    confidence: NDArray[np.floating[Any]], right: NDArray[np.bool_], *, bins: int = BINS
) -> list[ReliabilityBin]:
    """The curve's points, in bins of equal width between 0 and 1; empty ones are left out."""
    place = np.clip(np.ceil(confidence.astype(np.float64) * bins).astype(int) - 1, 0, bins - 1)
    filled = [int(index) for index in np.unique(place)]
    return [
        ReliabilityBin(
            low=index / bins,
            high=(index + 1) / bins,
            count=int((place == index).sum()),
            confidence=float(confidence[place == index].mean(dtype=np.float64)),
            accuracy=float(right[place == index].mean()),
        )
        for index in filled
    ]


def mention_curve(
    probabilities: NDArray[np.floating[Any]], truth: NDArray[np.integer[Any]], *, bins: int = BINS
) -> list[ReliabilityBin]:
    """The curve of all answers that are a mention, a class above 0: (n, n_L, n_C), (n, n_L).

    What is missed is left out: were answers chosen by the truth, not even a labeler that knows how sure it may be
    would come out as calibrated.
    """
    predicted = probabilities.argmax(axis=-1)
    found = predicted > 0
    return reliability_curve(probabilities.max(axis=-1)[found], (predicted == truth)[found], bins=bins)


def calibration_error(curve: Sequence[ReliabilityBin]) -> float:
    """Expected calibration error: how far accuracy is from confidence, each bin by its count; 0 of no answers."""
    total = sum(point.count for point in curve)
    gaps = sum(point.count * abs(point.accuracy - point.confidence) for point in curve)
    return gaps / total if total else 0.0
