from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_score, recall_score

from labelers.statistics.binary import binary_figures, f1, specificity, unit_counts


def test_figures_of_a_hand_made_table() -> None:
    truth = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    found = np.array([1, 1, 1, 0, 1, 0, 0, 0, 0, 0])  # 3 hits, 1 miss, 1 false alarm, 5 right rejections

    figures = binary_figures(truth, found)

    assert figures.sensitivity == 0.75
    assert figures.specificity == pytest.approx(5 / 6)
    assert figures.balanced_accuracy == pytest.approx((3 / 4 + 5 / 6) / 2)
    assert figures.accuracy == 0.8
    assert figures.precision == 0.75
    assert figures.f1 == 0.75


def test_figures_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth, found = random.random((2, 200)) < 0.3

    figures = binary_figures(truth, found)

    assert figures.balanced_accuracy == pytest.approx(balanced_accuracy_score(truth, found))
    assert figures.f1 == pytest.approx(f1_score(truth, found))
    assert figures.precision == pytest.approx(precision_score(truth, found))
    assert figures.sensitivity == pytest.approx(recall_score(truth, found))


def test_nothing_of_nothing_is_zero() -> None:
    figures = binary_figures(np.zeros(3, dtype=bool), np.zeros(3, dtype=bool))

    assert (figures.sensitivity, figures.precision, figures.f1, figures.specificity) == (0, 0, 0, 1)


def test_counts_of_many_resamples_give_a_figure_each() -> None:
    counts = np.array([[1.0, 1.0, 0.0, 3.0], [2.0, 0.0, 2.0, 0.0]])

    assert f1(counts).tolist() == pytest.approx([2 / 3, 2 / 3])
    assert specificity(counts).tolist() == [0.75, 0.0]


def test_vectors_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        unit_counts(np.array([1, 0]), np.array([1]))
