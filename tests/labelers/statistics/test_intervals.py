from __future__ import annotations

import math

import numpy as np
import pytest

from labelers.statistics.binary import f1
from labelers.statistics.intervals import bootstrap_interval, mean_interval, resampled_totals


def test_students_interval_of_three_values() -> None:
    found = mean_interval([0.8, 0.9, 1.0])  # s = 0.1, t(2) = 4.302653

    assert found.estimate == pytest.approx(0.9)
    assert found.high - found.estimate == pytest.approx(4.302653 * 0.1 / 3**0.5, rel=1e-6)
    assert found.estimate - found.low == pytest.approx(found.high - found.estimate)


def test_one_value_has_no_interval() -> None:
    found = mean_interval([0.5])

    assert found.estimate == 0.5
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_no_value_has_no_mean() -> None:
    with pytest.raises(ValueError, match="a mean needs values"):
        mean_interval([])


def test_equal_units_leave_nothing_to_chance() -> None:
    found = bootstrap_interval(np.tile([2.0, 1.0, 1.0], (20, 1)), f1, resamples=100)

    assert (found.estimate, found.low, found.high) == pytest.approx((2 / 3, 2 / 3, 2 / 3))


def test_the_bootstrap_interval_of_a_share_is_near_the_exact_one() -> None:
    hits = np.array([[1.0, 1.0]] * 30 + [[0.0, 1.0]] * 70)

    found = bootstrap_interval(hits, lambda totals: totals[..., 0] / totals[..., 1])

    assert found.estimate == 0.3
    assert found.low == pytest.approx(0.21, abs=0.015)  # 0.3 -+ 1.96 sqrt(0.3 x 0.7 / 100)
    assert found.high == pytest.approx(0.39, abs=0.015)


def test_the_same_seed_draws_the_same_units() -> None:
    counts = np.arange(12.0).reshape(6, 2)

    assert np.array_equal(
        resampled_totals(counts, resamples=9, seed=3), resampled_totals(counts, resamples=9, seed=3)
    )


def test_each_resample_has_as_many_units_as_there_are() -> None:
    totals = resampled_totals(np.ones((7, 1)), resamples=50, seed=0)

    assert totals.tolist() == [[7.0]] * 50


def test_no_units_are_refused() -> None:
    with pytest.raises(ValueError, match="matrix of units"):
        resampled_totals(np.zeros((0, 3)), resamples=5, seed=0)
