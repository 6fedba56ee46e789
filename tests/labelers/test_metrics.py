from __future__ import annotations

import numpy as np
import pytest

from labelers.metrics import confusion_counts, micro_f1, score_predictions

CLASSES = ("not_mentioned", "negative", "uncertain", "positive")
# Five texts, two labels. By hand, (text, label): truth -> predicted
#   label a: 3->3 hit, 1->3 negative missed and positive wrong, 0->0, 2->2 hit, 0->1 negative wrong
#   label b: 0->0, 1->1 hit, 1->1 hit, 0->0, 3->0 positive missed
TRUTH = np.array([[3, 0], [1, 1], [0, 1], [2, 0], [0, 3]])
PREDICTED = np.array([[3, 0], [3, 1], [0, 1], [2, 0], [1, 0]])


def test_counts_are_hits_wrong_answers_and_misses_by_label_and_class() -> None:
    hits, wrong, missed = confusion_counts(TRUTH, PREDICTED, n_classes=4)

    assert hits.tolist() == [[0, 1, 1], [2, 0, 0]]
    assert wrong.tolist() == [[1, 0, 1], [0, 0, 0]]
    assert missed.tolist() == [[1, 0, 0], [0, 0, 1]]


def test_micro_f1_leaves_out_what_is_rightly_not_mentioned() -> None:
    # 4 hits, 2 wrong, 2 missed: 8 / (8 + 2 + 2)
    assert micro_f1(TRUTH, PREDICTED, n_classes=4) == pytest.approx(8 / 12)


def test_all_figures_agree_with_a_calculation_by_hand() -> None:
    report = score_predictions(TRUTH, PREDICTED, labels=("a", "b"), classes=CLASSES)

    assert report.texts == 5
    assert (report.micro.f1, report.micro.support) == (pytest.approx(8 / 12), 6)
    assert report.micro.precision == pytest.approx(4 / 6)
    by_class = {name: (score.f1, score.support) for name, score in report.by_class.items()}
    assert by_class == {
        "negative": (pytest.approx(4 / 6), 3),  # 2 hits, 1 wrong, 1 missed
        "uncertain": (1.0, 1),
        "positive": (pytest.approx(2 / 4), 2),  # 1 hit, 1 wrong, 1 missed
    }
    # negative: a 0, b 1; uncertain: a alone has it, 1; positive: a 2/3, b 0
    assert report.macro_by_class == {
        "negative": pytest.approx(0.5),
        "uncertain": pytest.approx(1.0),
        "positive": pytest.approx(1 / 3),
    }
    assert report.macro == pytest.approx((0.5 + 1 + 1 / 3) / 3)
    # a: 2 hits, 2 wrong, 1 missed; b: 2 hits, 1 missed
    assert report.by_label["a"].f1 == pytest.approx(4 / 7)
    assert report.by_label["b"].f1 == pytest.approx(4 / 5)
    assert report.macro_labels == pytest.approx((4 / 7 + 4 / 5) / 2)


def test_a_label_or_class_that_is_not_in_the_truth_is_left_out_of_macro_means() -> None:
    truth, predicted = np.array([[3, 0], [3, 0]]), np.array([[3, 1], [3, 0]])

    report = score_predictions(truth, predicted, labels=("a", "b"), classes=CLASSES)

    assert report.macro_by_class["positive"] == 1.0
    assert report.macro == 1.0
    assert report.macro_labels == 1.0
    assert report.micro.f1 == pytest.approx(4 / 5)


def test_nothing_found_where_nothing_is_said_scores_zero_without_a_warning() -> None:
    nothing = np.zeros((2, 2), dtype=int)

    report = score_predictions(nothing, nothing, labels=("a", "b"), classes=CLASSES)

    assert (report.micro.f1, report.macro, report.macro_labels) == (0.0, 0.0, 0.0)


def test_two_classes_are_scored_as_present_or_not() -> None:
    truth, predicted = np.array([[1], [1], [0]]), np.array([[1], [0], [0]])

    report = score_predictions(truth, predicted, labels=("a",), classes=("absent", "present"))

    assert report.micro.f1 == pytest.approx(2 / 3)
    assert report.to_json()["by_class"]["present"]["support"] == 2
