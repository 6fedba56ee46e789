"""Agreement between annotators: Fleiss 1971, Psychological Bulletin 76:378-382 (Wood 2021, Table 2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def fleiss_kappa(counts: NDArray[np.integer[Any]]) -> float:
    """Kappa of `counts` (units, categories): how many raters put each unit into each category.

    1 where all ratings fall into one category, since nobody disagrees.

    Raises:
        ValueError: there is no unit, or units have different numbers of raters, or fewer than two.
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or not len(table):
        raise ValueError("kappa needs a matrix of units by categories")
    raters = table.sum(axis=1)
    if raters.min() != raters.max() or raters[0] < 2:
        raise ValueError("every unit needs the same number of raters, two or more")
    n = raters[0]
    agreement = float(((table**2).sum(axis=1) - n).mean() / (n * (n - 1)))  # P bar
    by_chance = float(((table.sum(axis=0) / table.sum()) ** 2).sum())  # P bar e
    return 1.0 if by_chance == 1 else (agreement - by_chance) / (1 - by_chance)


def rating_counts(ratings: NDArray[np.integer[Any]], *, n_categories: int) -> NDArray[np.int64]:
    """Category indices (units, raters) as counts (units, categories)."""
    found = np.asarray(ratings)[:, :, None] == np.arange(n_categories)
    counts: NDArray[np.int64] = found.sum(axis=1)
    return counts


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
