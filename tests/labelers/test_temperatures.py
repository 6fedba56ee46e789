from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from labelers.temperatures import apply_temperatures, fit_temperatures, log_loss

WEIGHTS = arrays(np.float64, (5, 2, 4), elements=st.floats(0, 1, width=32))
TEMPERATURES = st.tuples(st.floats(0.25, 8), st.floats(0.25, 8))


def normed(weights: np.ndarray) -> np.ndarray:
    weights = weights + np.where(weights.sum(axis=-1, keepdims=True) < 1e-3, 1.0, 0.0)
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


@given(WEIGHTS, TEMPERATURES)
def test_the_most_probable_class_never_changes(weights: np.ndarray, temperatures: tuple[float, ...]) -> None:
    probabilities = normed(weights)

    found = apply_temperatures(probabilities, temperatures)

    assert (found.argmax(axis=-1) == probabilities.argmax(axis=-1)).all()
    assert found.sum(axis=-1) == pytest.approx(np.ones((5, 2)), abs=1e-5)
    assert found.dtype == np.float32


@given(WEIGHTS, TEMPERATURES)
def test_a_row_depends_on_itself_alone(weights: np.ndarray, temperatures: tuple[float, ...]) -> None:
    probabilities = normed(weights)

    alone = [apply_temperatures(probabilities[[row]], temperatures)[0] for row in range(5)]

    assert np.array_equal(apply_temperatures(probabilities, temperatures), np.stack(alone))


def test_two_classes_that_rounding_makes_equal_keep_their_order() -> None:
    first = np.float32(0.25)
    close = np.array([[[first, np.nextafter(first, np.float32(1)), 0.25, 0.25]]], dtype=np.float32)

    assert apply_temperatures(close, (8.0,)).argmax() == 1


def test_heat_takes_from_the_most_probable_class_and_nothing_is_gained_by_zero() -> None:
    probabilities = np.array([[[0.9, 0.1, 0.0, 0.0]]], dtype=np.float32)

    found = apply_temperatures(probabilities, (2.0,))

    assert found[0, 0] == pytest.approx([0.75, 0.25, 0, 0])  # sqrt 0.9 : sqrt 0.1 = 3 : 1


def test_each_label_has_a_temperature_of_its_own() -> None:
    probabilities = np.array([[[0.9, 0.1], [0.9, 0.1]]], dtype=np.float32)

    found = apply_temperatures(probabilities, (1.0, 2.0))

    assert found[0] == pytest.approx(np.array([[0.9, 0.1], [0.75, 0.25]]))


def overconfident(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers of 0.9 that are right three times out of four: T = 2."""
    probabilities = np.tile(np.array([[[0.1, 0.9]]], dtype=np.float32), (n, 1, 1))
    return probabilities, (np.arange(n) % 4 > 0).astype(int)[:, None]


def test_a_labeler_that_is_too_sure_is_made_less_so() -> None:
    probabilities, truth = overconfident(400)

    [found] = fit_temperatures(probabilities, truth)

    assert found == pytest.approx(2.0, abs=0.01)
    assert log_loss(apply_temperatures(probabilities, (found,)), truth) < log_loss(probabilities, truth)


def test_a_label_of_few_texts_stays_near_the_temperature_of_all() -> None:
    many, many_truth = overconfident(400)
    few = np.tile(
        np.array([[[0.9, 0.1]]], dtype=np.float32), (400, 1, 1)
    )  # rightly not mentioned, but for one
    few_truth = np.zeros((400, 1), dtype=int)
    few[0] = [[0.45, 0.55]]
    labels = [many] * 5 + [few]

    temperatures = fit_temperatures(
        np.concatenate(labels, axis=1), np.concatenate([many_truth] * 5 + [few_truth], axis=1)
    )

    assert temperatures[-1] < temperatures[0]
    assert temperatures[-1] > 0.5  # by itself it would be the lowest there is


def test_fitting_twice_gives_the_same() -> None:
    assert fit_temperatures(*overconfident(40)) == fit_temperatures(*overconfident(40))
