"""A temperature for each label: probabilities that say how often an answer is right (Guo et al. 2017, section 4).

p_c^(1/T), made to sum to 1: above 1 a labeler becomes less sure, below 1 surer; which class is the most probable
never changes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from labelers.base import Probabilities
from labelers.data import Targets

Temperatures = tuple[float, ...]
LOWEST, HIGHEST = 0.25, 8.0
SPREAD = 0.1
"""Of a label's log temperature round that of all labels; chosen by log loss over halves of the held-out texts."""
SMALLEST = 1e-12


def apply_temperatures(probabilities: Probabilities, temperatures: Temperatures) -> Probabilities:
    """(n, n_L, n_C) with one temperature for each label; a probability of 0 stays 0."""
    scaled = _scaled(_log(probabilities), np.array(temperatures)[:, None])
    found = np.exp(scaled).astype(np.float32)
    return _keep_best(found, best=probabilities.argmax(axis=-1))


def fit_temperatures(probabilities: Probabilities, truth: Targets) -> Temperatures:
    """Those of the lowest log loss on texts that nothing was learnt from: (n, n_L, n_C), (n, n_L).

    Most labels have too few mentions to go by alone, so each is drawn towards the temperature that suits all of
    them best: its logarithm is taken to lie `SPREAD` from that one's, as a rule (a normal prior).
    """
    log_p = bounded_log(probabilities)
    for_all = _fit(log_p, truth)
    return tuple(
        round(_fit(log_p[:, [label]], truth[:, [label]], around=for_all), 4)
        for label in range(truth.shape[1])
    )


def bounded_log(probabilities: Probabilities) -> NDArray[np.float64]:
    """Logarithms that stay finite: of SMALLEST where a probability is less."""
    found: NDArray[np.float64] = np.log(np.maximum(probabilities.astype(np.float64), SMALLEST))
    return found


def log_loss(probabilities: Probabilities, truth: Targets) -> float:
    """Mean over texts and labels of minus the logarithm of the true class's probability."""
    p_true = np.take_along_axis(probabilities.astype(np.float64), truth[..., None], axis=-1)
    return -float(np.log(np.maximum(p_true, SMALLEST)).mean())


def _fit(log_p: NDArray[np.float64], truth: Targets, *, around: float | None = None) -> float:
    """One temperature for all of (n, k, n_C)."""
    from scipy.optimize import minimize_scalar  # noqa: PLC0415 (labelling needs none of it, and it is slow to import)

    def loss(log_temperature: float) -> float:
        scaled = _scaled(log_p, np.exp(log_temperature))
        prior = 0.0 if around is None else (log_temperature - np.log(around)) ** 2 / (2 * SPREAD**2)
        return prior - float(np.take_along_axis(scaled, truth[..., None], axis=-1).sum())

    found = minimize_scalar(loss, bounds=(np.log(LOWEST), np.log(HIGHEST)), method="bounded")
    return float(np.exp(found.x))


def _scaled(
    log_p: NDArray[np.float64], temperatures: NDArray[np.float64] | np.float64
) -> NDArray[np.float64]:
    """log p / T less the logarithm of its sum: log probabilities again."""
    scaled = log_p / temperatures
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    normed: NDArray[np.float64] = scaled - np.log(np.exp(scaled).sum(axis=-1, keepdims=True))
    return normed


def _log(probabilities: Probabilities) -> NDArray[np.float64]:
    """Minus infinity of 0, without a warning."""
    found = np.full(probabilities.shape, -np.inf)
    np.log(probabilities, out=found, where=probabilities > 0, dtype=np.float64)
    return found


def _keep_best(found: Probabilities, *, best: NDArray[np.integer]) -> Probabilities:
    """Of two classes that rounding has made equal, the one that was the more probable stays so."""
    lost = found.argmax(axis=-1) != best
    top = np.take_along_axis(found, best[..., None], axis=-1)
    raised = np.where(lost[..., None], np.nextafter(top, np.float32(2)), top)
    np.put_along_axis(found, best[..., None], raised, axis=-1)
    return found
