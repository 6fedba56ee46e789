from __future__ import annotations

import numpy as np
import pytest

from labelers.experiments.figures import best_threshold, compare_repeats, fold_figures, repeat_figures
from labelers.experiments.outcomes import Measured, Outcome


def scored(truth: list[list[int]], scores: list[list[float]], *, first_row: int = 0) -> Measured:
    rows = np.arange(first_row, first_row + len(truth))
    return Measured(rows=rows, truth=np.array(truth, dtype=bool), scores=np.array(scores))


def one_label(truth: list[int], scores: list[float]) -> Measured:
    return scored([[t] for t in truth], [[s] for s in scores])


VALIDATION = one_label([1, 1, 0, 0], [0.4, 0.3, 0.2, 0.1])
GOOD = one_label([1, 1, 0, 0], [0.9, 0.35, 0.2, 0.1])
BAD = one_label([1, 1, 0, 0], [0.9, 0.1, 0.6, 0.2])


def test_figures_are_means_over_the_repeats() -> None:
    found = repeat_figures([Outcome(VALIDATION, GOOD), Outcome(VALIDATION, BAD)], ["bleed"])["bleed"]

    assert found["repeats"] == 2
    assert found["auc"]["estimate"] == (1 + 0.5) / 2
    assert found["at_one_half"]["sensitivity"]["estimate"] == 0.5
    assert found["at_one_half"]["specificity"]["estimate"] == 0.75
    assert found["first_split"]["auc_delong"] == {"estimate": 1.0, "low": 1.0, "high": 1.0}


def test_the_first_split_has_its_curve_and_a_report_of_thresholds_of_the_validation_part() -> None:
    found = repeat_figures([Outcome(VALIDATION, GOOD)], ["bleed"])["bleed"]["first_split"]

    assert found["roc"]["true_positive_rate"] == [0, 0.5, 1, 1, 1]
    assert found["roc"]["false_positive_rate"] == [0, 0, 0, 0.5, 1]
    by_rule = {point["rule"]: point for point in found["threshold_report"]}
    assert (by_rule["Youden"]["threshold"], by_rule["Youden"]["sensitivity"]) == (0.3, 1.0)
    assert by_rule["one half"]["sensitivity"] == 0.5


def test_folds_have_a_curve_for_each_label_that_varies() -> None:
    test = scored([[1, 0], [0, 0]], [[0.9, 0.1], [0.1, 0.2]])

    found = fold_figures([Outcome(test, test)], ["bleed", "fracture"])["by_label"]

    assert list(found) == ["bleed"]
    assert found["bleed"]["auc_delong"]["estimate"] == 1.0
    assert found["bleed"]["roc"]["thresholds"] == [None, 0.9, 0.1]


def test_the_validation_part_chooses_the_youden_threshold() -> None:
    found = repeat_figures([Outcome(VALIDATION, GOOD)], ["bleed"])["bleed"]

    assert found["at_validation_youden"]["sensitivity"]["estimate"] == 1.0  # 0.35 is above 0.3
    assert found["at_validation_youden"]["specificity"]["estimate"] == 1.0


def test_a_repeat_without_the_label_is_left_out() -> None:
    nobody = one_label([0, 0, 0, 0], [0.1, 0.2, 0.3, 0.4])

    found = repeat_figures([Outcome(VALIDATION, nobody), Outcome(VALIDATION, GOOD)], ["bleed"])
    none = repeat_figures([Outcome(VALIDATION, nobody)], ["bleed"])

    assert found["bleed"]["repeats"] == 1
    assert none == {"bleed": {"repeats": 0}}


def test_two_systems_are_compared_on_the_same_test_parts() -> None:
    first = [Outcome(VALIDATION, GOOD), Outcome(VALIDATION, GOOD)]
    second = [Outcome(VALIDATION, BAD), Outcome(VALIDATION, GOOD)]

    found = compare_repeats(first, second, ["bleed"])["bleed"]

    assert found["auc"]["estimate"] == 0.25
    assert found["delong_p_values"][1] == 1.0
    assert found["delong_below_0.05"] == sum(p < 0.05 for p in found["delong_p_values"])


def test_folds_are_measured_as_one() -> None:
    first = scored([[1, 0], [0, 1]], [[0.9, 0.6], [0.1, 0.8]])
    second = scored([[1, 1]], [[0.7, 0.2]], first_row=2)
    validation = scored([[1, 0], [0, 1]], [[0.9, 0.1], [0.1, 0.15]])

    found = fold_figures([Outcome(validation, second), Outcome(validation, first)], ["bleed", "fracture"])

    assert found["at_one_half"]["f1"] == pytest.approx(2 * 3 / (2 * 3 + 1 + 1), abs=1e-4)
    assert found["at_one_half"]["macro_f1"] == pytest.approx((1 + 2 / 4) / 2, abs=1e-4)
    assert found["at_validation_threshold"]["recall"] == 1.0
    assert found["map"] == 1.0


def test_codes_without_a_column_count_as_missed() -> None:
    test = scored([[1, 0]], [[0.9, 0.1]])

    found = fold_figures([Outcome(test, test)], ["bleed", "fracture"], n_codes=[4])

    assert (found["at_one_half"]["precision"], found["at_one_half"]["recall"], found["map"]) == (
        1,
        0.25,
        0.25,
    )


def test_the_best_threshold_is_where_micro_f1_is_best() -> None:
    assert best_threshold(VALIDATION) == pytest.approx(0.3, abs=0.01)
