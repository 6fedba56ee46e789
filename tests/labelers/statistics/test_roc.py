from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from labelers.statistics.roc import (
    auc,
    auc_interval,
    delong_test,
    roc_curve,
    sensitivity_threshold,
    threshold_report,
    youden_threshold,
)

TRUTH = np.array([1, 1, 1, 0, 0])
SCORES = np.array([0.9, 0.8, 0.4, 0.5, 0.1])


def test_a_curve_of_five_points() -> None:
    curve = roc_curve(TRUTH, SCORES)

    assert curve.thresholds.tolist() == [np.inf, 0.9, 0.8, 0.5, 0.4, 0.1]
    assert curve.true_positive_rate.tolist() == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3, 1, 1])
    assert curve.false_positive_rate.tolist() == [0, 0, 0, 0.5, 0.5, 1]


def test_equal_scores_are_one_point() -> None:
    curve = roc_curve(np.array([1, 0, 1, 0]), np.array([0.5, 0.5, 0.9, 0.1]))

    assert curve.thresholds.tolist() == [np.inf, 0.9, 0.5, 0.1]
    assert curve.true_positive_rate.tolist() == [0, 0.5, 1, 1]
    assert curve.false_positive_rate.tolist() == [0, 0, 0.5, 1]


def test_the_area_is_the_share_of_pairs_in_order() -> None:
    assert auc(TRUTH, SCORES) == pytest.approx(5 / 6)  # of six pairs only (0.4, 0.5) is out of order
    assert auc(np.array([1, 0]), np.array([0.5, 0.5])) == 0.5


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=2, max_size=60))
def test_curve_and_area_are_those_of_scikit_learn(rows: list[tuple[bool, int]]) -> None:
    truth, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    if truth.all() or not truth.any():
        return

    curve = roc_curve(truth, scores)
    theirs = metrics.roc_curve(truth, scores, drop_intermediate=False)

    assert np.allclose(curve.false_positive_rate, theirs[0])
    assert np.allclose(curve.true_positive_rate, theirs[1])
    assert auc(truth, scores) == pytest.approx(metrics.roc_auc_score(truth, scores))


def test_delongs_variance_of_the_five_points() -> None:
    # V10 = (1, 1, 1/2): variance 1/12, over 3. V01 = (2/3, 1): variance 1/18, over 2.
    margin = 1.959963984540054 * (1 / 36 + 1 / 36) ** 0.5

    found = auc_interval(TRUTH, SCORES)

    assert found.low == pytest.approx(5 / 6 - margin)
    assert found.high == 1.0
    assert found.estimate == pytest.approx(5 / 6)


def test_delongs_interval_holds_the_true_area_in_about_95_of_100_samples() -> None:
    random = np.random.default_rng(0)
    truth = np.arange(120) < 40
    true_area = 0.8561  # of two normal distributions 1.5 apart: Phi(1.5 / sqrt(2))
    inside = 0
    for _ in range(400):
        found = auc_interval(truth, random.normal(size=120) + 1.5 * truth)
        inside += found.low <= true_area <= found.high

    assert 0.92 <= inside / 400 <= 0.98


def test_delongs_test_by_hand() -> None:
    second = np.array([0.9, 0.3, 0.4, 0.5, 0.1])
    # areas 5/6 and 4/6; differences of the components: V10 (0, 1/2, 0), V01 (1/3, 0)
    variance = (1 / 12) / 3 + (1 / 18) / 2

    found = delong_test(TRUTH, SCORES, second)

    assert (found.first, found.second) == pytest.approx((5 / 6, 4 / 6))
    assert found.z == pytest.approx((1 / 6) / variance**0.5)
    assert found.p_value == pytest.approx(0.4795, abs=1e-4)


def test_a_system_does_not_differ_from_itself() -> None:
    found = delong_test(TRUTH, SCORES, SCORES)

    assert (found.z, found.p_value, found.difference.estimate) == (0, 1, 0)


def test_delongs_test_calls_no_difference_where_there_is_none_in_about_95_of_100_samples() -> None:
    random = np.random.default_rng(1)
    truth = np.arange(150) < 50
    calls = 0
    for _ in range(400):
        shared = random.normal(size=150) + truth
        first, second = shared + random.normal(size=150), shared + random.normal(size=150)
        calls += delong_test(truth, first, second).p_value < 0.05

    assert 0.02 <= calls / 400 <= 0.08


def test_swapping_the_systems_turns_the_sign() -> None:
    random = np.random.default_rng(2)
    truth = np.arange(60) < 30
    first, second = random.normal(size=(2, 60)) + truth

    there, back = delong_test(truth, first, second), delong_test(truth, second, first)

    assert there.z == pytest.approx(-back.z)
    assert there.p_value == pytest.approx(back.p_value)


def test_youdens_threshold_is_the_strictest_of_the_best() -> None:
    assert youden_threshold(TRUTH, SCORES) == 0.8


@pytest.mark.parametrize(
    ("wanted", "threshold"), [(0.3, 0.9), (0.6, 0.8), (2 / 3, 0.8), (0.7, 0.4), (1.0, 0.4)]
)
def test_the_threshold_of_a_sensitivity_reaches_it(wanted: float, threshold: float) -> None:
    assert sensitivity_threshold(TRUTH, SCORES, sensitivity=wanted) == threshold


def test_the_report_lists_each_rule_with_its_figures() -> None:
    half, youden, all_found = threshold_report(TRUTH, SCORES, chosen_on=(TRUTH, SCORES), sensitivities=[1.0])

    assert (half.threshold, half.figures.specificity) == (0.5, 0.5)
    assert (youden.rule, youden.figures.specificity) == ("Youden", 1.0)
    assert (all_found.threshold, all_found.figures.sensitivity) == (0.4, 1.0)
    assert all_found.to_json()["rule"] == "sensitivity >= 1"


def test_thresholds_are_chosen_on_one_part_and_measured_on_another() -> None:
    chosen_on = (np.array([1, 0]), np.array([0.3, 0.2]))

    _, youden, _ = threshold_report(TRUTH, SCORES, chosen_on=chosen_on, sensitivities=[1.0])

    assert youden.threshold == 0.3
    assert (youden.figures.sensitivity, youden.figures.specificity) == (1.0, 0.5)


def test_a_thinned_curve_keeps_its_ends_and_stays_on_the_curve() -> None:
    source = np.random.default_rng(0)
    truth = source.integers(0, 2, 3000)
    curve = roc_curve(truth, truth + source.normal(size=3000))

    thin = curve.thinned(200)

    points = set(zip(curve.false_positive_rate, curve.true_positive_rate, strict=True))
    assert len(thin.thresholds) <= 200
    assert (thin.thresholds[0], thin.thresholds[-1]) == (np.inf, curve.thresholds[-1])
    assert set(zip(thin.false_positive_rate, thin.true_positive_rate, strict=True)) <= points
    area, thin_area = (np.trapezoid(c.true_positive_rate, c.false_positive_rate) for c in (curve, thin))
    assert thin_area == pytest.approx(area, abs=2e-3)


def test_a_short_curve_is_not_thinned_and_its_infinite_threshold_is_null_in_json() -> None:
    found = roc_curve(TRUTH, SCORES).thinned(200).to_json()

    assert found["thresholds"] == [None, 0.9, 0.8, 0.5, 0.4, 0.1]
    assert found["true_positive_rate"][1] == 0.3333


@pytest.mark.parametrize(
    ("truth", "scores", "message"),
    [
        ([1, 1], [0.1, 0.2], "positive and negative"),
        ([1, 0], [0.1], "one length"),
        ([1, 0], [0.1, np.nan], "not a finite number"),
    ],
)
def test_what_has_no_curve_is_refused(truth: list[int], scores: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        roc_curve(np.array(truth), np.array(scores))


@pytest.mark.parametrize("wanted", [0.0, -1.0, 1.5])
def test_a_sensitivity_out_of_range_is_refused(wanted: float) -> None:
    with pytest.raises(ValueError, match="a sensitivity lies"):
        sensitivity_threshold(TRUTH, SCORES, sensitivity=wanted)
