import numpy as np

from labelers.comparison.papers import Measure
from labelers.comparison.significance import DrawnF1, document_counts, draw_f1, paired_p

TRUTH = np.array([[1, 0], [0, 2], [1, 2], [0, 0]])
RIGHT, BLIND = TRUTH, np.zeros_like(TRUTH)
DOCUMENTS = ("b", "a", "b", "c")


def counts(predicted: np.ndarray) -> np.ndarray:
    return document_counts(TRUTH, predicted, DOCUMENTS, n_classes=3)


def test_counts_are_summed_by_document_in_the_order_of_names() -> None:
    found = counts(RIGHT)

    assert found.shape == (3, 3, 2, 2)
    assert found[:, 0].tolist() == [[[0, 0], [0, 1]], [[2, 0], [0, 1]], [[0, 0], [0, 0]]]
    assert found[:, 1:].sum() == 0


def test_the_observed_f1_is_that_of_all_documents_and_the_mean_over_seeds() -> None:
    found = draw_f1([counts(RIGHT), counts(BLIND)], draws=5)

    assert found[Measure.MICRO].observed == 0.5
    assert found[Measure.MACRO].observed == 0.5
    assert found[Measure.MICRO].drawn.shape == (5,)


def test_the_same_documents_are_drawn_for_every_labeler() -> None:
    guess = TRUTH.copy()
    guess[0, 0] = 2
    first, again = draw_f1([counts(guess)], draws=50), draw_f1([counts(guess)], draws=50)

    assert np.array_equal(first[Measure.MACRO].drawn, again[Measure.MACRO].drawn)
    assert len(set(first[Measure.MICRO].drawn)) > 1


def test_a_labeler_does_not_differ_from_itself() -> None:
    same = draw_f1([counts(RIGHT)], draws=99)[Measure.MICRO]

    assert paired_p(same, same) == 1.0


def test_p_is_the_share_of_draws_that_lie_as_far_from_the_difference_as_it_from_zero() -> None:
    better = DrawnF1(observed=0.5, drawn=np.array([0.5, 0.6, 0.4, 1.0, 0.0, 0.5, 0.5, 0.5, 0.5]))
    worse = DrawnF1(observed=0.0, drawn=np.zeros(9))

    assert paired_p(better, worse) == (2 + 1) / (9 + 1)
    assert paired_p(worse, better) == (2 + 1) / (9 + 1)


def test_a_difference_in_every_document_is_significant_and_one_in_a_single_document_is_not() -> None:
    truth = np.ones((40, 1), dtype=np.int64)
    documents = [f"d{n}" for n in range(40)]
    alternating = np.arange(40)[:, None] % 2
    one_wrong = truth.copy()
    one_wrong[0] = 0
    drawn = {
        name: draw_f1([document_counts(truth, predicted, documents, n_classes=2)], draws=999)[Measure.MICRO]
        for name, predicted in (("right", truth), ("half", alternating), ("one", one_wrong))
    }

    assert paired_p(drawn["right"], drawn["half"]) == 0.001
    assert paired_p(drawn["right"], drawn["one"]) > 0.05
