from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_rel

from labelers.statistics.binary import accuracy, f1, unit_counts
from labelers.statistics.paired import group_sums, paired_bootstrap, paired_t

TRUTH = np.arange(200) % 2 == 0
GOOD = TRUTH ^ (np.arange(200) % 20 == 0)  # one answer in twenty is wrong
BAD = TRUTH ^ (np.arange(200) % 4 == 0)  # one in four


def test_a_clear_difference_is_significant() -> None:
    found = paired_bootstrap(unit_counts(TRUTH, GOOD), unit_counts(TRUTH, BAD), accuracy, resamples=2000)

    assert found.difference.estimate == pytest.approx(0.2)
    assert found.difference.low > 0.13
    assert found.p_value < 0.001
    assert found.test == "paired bootstrap over 200 units, 2000 resamples"


def test_a_system_does_not_differ_from_itself() -> None:
    counts = unit_counts(TRUTH, BAD)

    found = paired_bootstrap(counts, counts, f1, resamples=100)

    assert (found.difference.estimate, found.p_value) == (0, 1)


def test_systems_that_err_as_often_on_other_units_do_not_differ() -> None:
    other = TRUTH ^ (np.arange(200) % 20 == 1)

    found = paired_bootstrap(unit_counts(TRUTH, GOOD), unit_counts(TRUTH, other), accuracy, resamples=2000)

    assert found.difference.estimate == 0
    assert found.p_value == 1


def test_a_bootstrap_calls_no_difference_where_there_is_none_in_about_95_of_100_samples() -> None:
    random = np.random.default_rng(0)
    truth = np.ones(100, dtype=bool)
    calls = 0
    for _ in range(300):
        first, second = (unit_counts(truth, random.random(100) < 0.7) for _ in range(2))
        calls += paired_bootstrap(first, second, accuracy, resamples=300).p_value < 0.05

    assert 0.02 <= calls / 300 <= 0.09


def test_other_units_are_refused() -> None:
    with pytest.raises(ValueError, match="same units"):
        paired_bootstrap(np.ones((3, 3)), np.ones((4, 3)), f1)


def test_students_test_is_that_of_scipy() -> None:
    first, second = [0.86, 0.87, 0.85, 0.88, 0.86], [0.84, 0.86, 0.85, 0.85, 0.83]

    found = paired_t(first, second)

    assert found.p_value == pytest.approx(ttest_rel(first, second).pvalue)
    assert found.difference.estimate == pytest.approx(0.018)


@pytest.mark.parametrize(("second", "p_value"), [([0.5, 0.5], 1.0), ([0.25, 0.25], 0.0)])
def test_differences_that_are_all_equal_need_no_distribution(second: list[float], p_value: float) -> None:
    assert paired_t([0.5, 0.5], second).p_value == p_value


@pytest.mark.parametrize("second", [[], [0.5], [0.5, 0.5, 0.5]])
def test_runs_without_a_partner_are_refused(second: list[float]) -> None:
    with pytest.raises(ValueError, match="two or more pairs"):
        paired_t([0.5] if len(second) < 2 else [0.5, 0.5], second)


def test_counts_of_sentences_are_summed_by_report() -> None:
    counts = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 2.0], [4.0, 0.0], [8.0, 8.0]])

    assert group_sums(counts, ["b", "a", "b", None, None]).tolist() == [[3, 2], [0, 1], [4, 0], [8, 8]]
