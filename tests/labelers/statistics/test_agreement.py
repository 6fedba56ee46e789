from __future__ import annotations

import numpy as np
import pytest

from labelers.statistics.agreement import code_agreement, cohen_kappa, fleiss_kappa, rating_counts


def test_kappa_of_three_raters_and_four_units_by_hand() -> None:
    # agreement by unit 1, 1/3, 1, 1/3: mean 2/3; shares 7/12 and 5/12: by chance 74/144
    ratings = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 0, 0]])

    assert fleiss_kappa(rating_counts(ratings, n_categories=2)) == pytest.approx(
        (2 / 3 - 74 / 144) / (70 / 144)
    )


def test_kappa_of_a_textbook_table() -> None:
    counts = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ]

    assert fleiss_kappa(np.array(counts)) == pytest.approx(0.210, abs=5e-4)


def test_full_agreement_is_one_and_even_disagreement_of_two_is_below_zero() -> None:
    assert fleiss_kappa(np.array([[2, 0], [0, 2]])) == 1
    assert fleiss_kappa(np.array([[3, 0], [3, 0]])) == 1
    assert fleiss_kappa(np.array([[1, 1], [1, 1]])) == -1


def test_ratings_become_counts() -> None:
    assert rating_counts(np.array([[0, 2, 2], [1, 1, 0]]), n_categories=3).tolist() == [[1, 0, 2], [1, 2, 0]]


@pytest.mark.parametrize("counts", [[[2, 0], [1, 0]], [[1, 0], [0, 1]]])
def test_uneven_or_single_raters_are_refused(counts: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="same number of raters"):
        fleiss_kappa(np.array(counts))


def test_no_units_are_refused() -> None:
    with pytest.raises(ValueError, match="matrix of units"):
        fleiss_kappa(np.zeros((0, 2), dtype=np.int64))


def test_agreement_on_codes_takes_each_code_of_each_document_as_a_decision() -> None:
    annotations = [[{"A"}, {"A", "B"}], [{"A"}, {"B"}], [{"A"}, set()]]

    found = code_agreement(annotations)

    # A: 3 of 3, 1 of 3; B: 0 of 3, 2 of 3
    decisions = np.array([[0, 3], [2, 1], [3, 0], [1, 2]])
    assert found.kappa.estimate == pytest.approx(fleiss_kappa(decisions))
    assert found.by_code["A"] == pytest.approx(fleiss_kappa(decisions[:2]))
    assert found.against_majority == pytest.approx((4 / 5, 1, 2 / 3))


def test_annotators_who_agree_have_kappa_one_within_an_interval_of_no_width() -> None:
    kappa = code_agreement([[["A"], [], ["B"]]] * 3).kappa

    assert (kappa.estimate, kappa.low, kappa.high) == (1, 1, 1)


def test_codes_that_do_not_count_are_left_out() -> None:
    annotations = [[["A", "X"], []], [["A"], []]]

    assert code_agreement(annotations, codes=["A"]).kappa.estimate == 1
    assert code_agreement(annotations).kappa.estimate < 1
    with pytest.raises(ValueError, match="needs annotators, documents and codes"):
        code_agreement(annotations, codes=[])


def test_cohens_kappa_of_a_worked_example() -> None:
    # 35 of 50 agree (0.7), by chance 0.5 x 0.6 + 0.5 x 0.4 = 0.5
    assert cohen_kappa(np.array([[20, 5], [10, 15]])) == pytest.approx(0.4)


def test_two_raters_who_use_one_category_agree_wholly() -> None:
    assert cohen_kappa(np.array([[7, 0], [0, 0]])) == 1


@pytest.mark.parametrize("confusion", [[[0, 0], [0, 0]], [[1, 2, 3], [4, 5, 6]]])
def test_cohens_kappa_needs_ratings_in_a_square(confusion: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="square matrix"):
        cohen_kappa(np.array(confusion))
