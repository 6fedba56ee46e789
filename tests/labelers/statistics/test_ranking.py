from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from labelers.statistics.ranking import (
    average_precisions,
    code_figures,
    document_counts,
    mean_average_precision,
)

TRUTH = np.array([[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]], dtype=bool)
SCORES = np.array([[0.9, 0.8, 0.7, 0.1], [0.9, 0.2, 0.3, 0.1], [0.1, 0.1, 0.1, 0.1]])
PREDICTED = SCORES >= 0.75


def test_average_precision_by_hand() -> None:
    # ranks 1 and 3 of the first document: (1 + 2/3) / 2; rank 3 of the second: 1/3; the third has no codes
    assert average_precisions(TRUTH, SCORES).tolist() == pytest.approx([5 / 6, 1 / 3])
    assert mean_average_precision(TRUTH, SCORES) == pytest.approx(7 / 12)


def test_average_precision_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    truth = random.random((20, 30)) < 0.2
    truth[:, 0] = True
    scores = random.random((20, 30))

    theirs = [average_precision_score(row, score) for row, score in zip(truth, scores, strict=True)]

    assert average_precisions(truth, scores).tolist() == pytest.approx(theirs)


def test_a_code_that_is_not_listed_is_not_ranked() -> None:
    # the first document lists codes 0 and 1 only: its second code is not found
    assert average_precisions(TRUTH, SCORES, listed=PREDICTED).tolist() == pytest.approx([1 / 2, 0])


def test_a_code_behind_one_that_is_not_listed_moves_up() -> None:
    listed = np.array([[True, False, True, False]])

    assert average_precisions(TRUTH[:1], SCORES[:1], listed=listed).tolist() == [1.0]


def test_codes_without_a_column_count_as_missed() -> None:
    in_truth = np.array([4, 1, 1])

    assert average_precisions(TRUTH, SCORES, in_truth=in_truth).tolist() == pytest.approx([5 / 12, 1 / 3, 0])
    assert document_counts(TRUTH, PREDICTED, in_truth=in_truth).tolist() == [[1, 1, 3], [0, 1, 1], [0, 0, 1]]


def test_figures_of_sets_by_hand() -> None:
    figures = code_figures(TRUTH, PREDICTED)  # 1 hit, 2 false alarms, 2 misses

    assert (figures.precision, figures.recall, figures.f1) == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert (figures.documents, figures.unique_codes, figures.codes_per_document) == (3, 2, 1.0)


def test_micro_f1_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(1)
    truth, predicted = random.random((2, 40, 12)) < 0.3

    assert code_figures(truth, predicted).f1 == pytest.approx(f1_score(truth, predicted, average="micro"))


def test_no_codes_anywhere_have_no_precision() -> None:
    nothing = np.zeros((2, 3), dtype=bool)

    assert code_figures(nothing, nothing).f1 == 0
    assert mean_average_precision(nothing, np.zeros((2, 3))) == 0


def test_matrices_of_two_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="of one shape"):
        code_figures(TRUTH, PREDICTED[:2])


def test_fewer_codes_than_truth_has_are_refused() -> None:
    with pytest.raises(ValueError, match="at least the codes"):
        document_counts(TRUTH, PREDICTED, in_truth=np.array([1, 1, 0]))
