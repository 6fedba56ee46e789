"""Splits of labelled texts: by group (patient or report), the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.errors import InputError

Rows = NDArray[np.int64]
WOOD_SHARES = (0.6, 0.2, 0.2)


@dataclass(frozen=True, slots=True, eq=False)
class ThreeWaySplit:
    """Rows to learn from, to choose by, and to measure on; no group is in two of them."""

    train: Rows
    validation: Rows
    test: Rows


def repeated_splits(
    groups: Sequence[str | None],
    *,
    repeats: int = 10,
    shares: tuple[float, float, float] = WOOD_SHARES,
    seed: int = 0,
) -> Iterator[ThreeWaySplit]:
    """Random splits of the groups, 60/20/20 unless told otherwise, ten times (Wood 2021, Methods: modelling)."""
    if abs(sum(shares) - 1) > 1e-9 or min(shares) <= 0:
        raise InputError("shares of a split are above 0 and add up to 1")
    number, n_groups = _numbered(groups)
    ends = np.rint(np.cumsum(shares) * n_groups).astype(int)
    if n_groups < 3 or len(set(ends)) < 3 or ends[0] == 0:
        raise InputError(f"{n_groups} groups are too few to split in three")
    for repeat in range(repeats):
        part = np.empty(n_groups, dtype=np.int64)
        order = np.random.default_rng([seed, repeat]).permutation(n_groups)
        part[order] = np.searchsorted(ends, np.arange(n_groups), side="right")
        found = part[number]
        yield ThreeWaySplit(*(np.flatnonzero(found == which) for which in range(3)))


def folds(
    groups: Sequence[str | None], *, count: int = 10, validation: float = 0.1, seed: int = 0
) -> Iterator[ThreeWaySplit]:
    """Cross-validation: each group is in one test part; of the rest, a share chooses (Chapman's CMC: 10 folds)."""
    number, n_groups = _numbered(groups)
    if not 2 <= count <= n_groups:
        raise InputError(f"{n_groups} groups do not make {count} folds")
    fold = np.empty(n_groups, dtype=np.int64)
    fold[np.random.default_rng([seed]).permutation(n_groups)] = np.arange(n_groups) % count
    for which in range(count):
        others = np.flatnonzero(fold != which)
        held = np.zeros(n_groups, dtype=np.bool_)
        drawn = np.random.default_rng([seed, which]).permutation(others)
        held[drawn[: max(1, round(validation * len(others)))]] = True
        is_test = (fold == which)[number]
        yield ThreeWaySplit(
            train=np.flatnonzero(~is_test & ~held[number]),
            validation=np.flatnonzero(held[number]),
            test=np.flatnonzero(is_test),
        )


def given_split(sizes: Sequence[int]) -> ThreeWaySplit:
    """Rows of three tables laid behind each other, which were split by somebody else."""
    ends = np.cumsum(sizes)
    train, validation, test = (np.arange(end - size, end) for end, size in zip(ends, sizes, strict=True))
    return ThreeWaySplit(train=train, validation=validation, test=test)


def _numbered(groups: Sequence[str | None]) -> tuple[Rows, int]:
    """Each row's group by number, in order of first appearance; a None is a group of its own."""
    numbers: dict[tuple[str, str | int], int] = {}
    found = [
        numbers.setdefault(("row", row) if group is None else ("group", group), len(numbers))
        for row, group in enumerate(groups)
    ]
    return np.array(found, dtype=np.int64), len(numbers)
