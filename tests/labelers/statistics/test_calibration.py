from __future__ import annotations

import numpy as np
import pytest

from labelers.statistics.calibration import calibration_error, mention_curve, reliability_curve


def test_a_point_of_the_curve_is_the_share_right_beside_the_mean_probability() -> None:
    confidence = np.array([0.82, 0.88, 0.9, 0.31])

    found = reliability_curve(confidence, np.array([True, False, True, False]))

    assert [(point.low, point.high, point.count) for point in found] == [(0.3, 0.4, 1), (0.8, 0.9, 3)]
    assert found[1].confidence == pytest.approx((0.82 + 0.88 + 0.9) / 3)
    assert found[1].accuracy == pytest.approx(2 / 3)


def test_a_probability_of_one_is_in_the_last_bin_and_of_zero_in_the_first() -> None:
    found = reliability_curve(np.array([0.0, 1.0]), np.array([False, True]), bins=5)

    assert [(point.low, point.high) for point in found] == [(0.0, 0.2), (0.8, 1.0)]


def test_the_expected_error_weighs_bins_by_their_count() -> None:
    curve = reliability_curve(np.array([0.95, 0.95, 0.95, 0.55]), np.array([True, True, True, False]))

    assert calibration_error(curve) == pytest.approx(0.75 * 0.05 + 0.25 * 0.55)


def test_who_is_as_often_right_as_sure_has_no_error() -> None:
    assert calibration_error(reliability_curve(np.full(4, 0.75), np.arange(4) > 0)) == 0.0


def test_without_answers_there_is_no_curve_and_no_error() -> None:
    curve = reliability_curve(np.array([]), np.array([], dtype=bool))

    assert curve == []
    assert calibration_error(curve) == 0.0


def test_only_mentions_found_are_on_the_curve() -> None:
    # one label, three classes: found and right, found and wrong, missed, rightly not found
    probabilities = np.array([[[0.1, 0.1, 0.8]], [[0.2, 0.6, 0.2]], [[0.7, 0.2, 0.1]], [[0.9, 0.1, 0.0]]])
    truth = np.array([[2], [0], [1], [0]])

    found = mention_curve(probabilities, truth)

    assert [(point.confidence, point.accuracy) for point in found] == [(0.6, 0.0), (0.8, 1.0)]
