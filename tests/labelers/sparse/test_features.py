from __future__ import annotations

import numpy as np
import pytest

from labelers.sparse.features import RegressionFeatures, choose_terms, count_matrix, dense_counts, n_grams
from labelers.sparse.fitting import fit_regressions
from labelers.sparse.recipe import NGrams
from tests.labelers.sparse.examples import BINARY, binary_texts, few_vectors, regression_recipe

VECTORS = np.array([[0, 0], [0, 0], [1, 2], [3, 4], [0, 0]], dtype=np.float16)  # word 4 has no vector


def test_words_are_counted() -> None:
    texts = [(2, 3, 2), (1,), ()]

    assert dense_counts(texts, n_words=4).tolist() == [[0, 0, 2, 1], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert np.array_equal(count_matrix(texts, n_words=4).toarray(), dense_counts(texts, n_words=4))


def test_n_grams_do_not_bridge_an_unknown_word() -> None:
    assert list(n_grams((2, 3, 1, 4), longest=2)) == [(2,), (3,), (4,), (2, 3)]


def test_terms_are_the_n_grams_of_enough_texts_the_short_ones_first() -> None:
    terms = choose_terms([(2, 3), (2, 3, 3), (3, 2)], NGrams(longest=2, min_texts=2))

    assert terms.tolist() == [[2, -1], [3, -1], [2, 3]]


def test_a_row_is_the_mean_vector_then_the_n_grams_that_are_there() -> None:
    features = RegressionFeatures(VECTORS, np.array([[2, -1], [4, -1], [2, 3]], dtype=np.int32))

    matrix = features.matrix([(2, 3, 3, 4), (4,), (1,)]).toarray()

    assert matrix[0].tolist() == pytest.approx([7 / 3, 10 / 3, 1, 1, 1])
    assert matrix[1].tolist() == [0, 0, 0, 1, 0]
    assert matrix[2].tolist() == [0, 0, 0, 0, 0]


def test_no_term_at_all_leaves_the_mean_vector() -> None:
    features = RegressionFeatures(VECTORS, np.zeros((0, 3), dtype=np.int32))

    assert features.matrix([(2,)]).toarray().tolist() == [[1, 2]]


def test_the_representation_of_a_regression_is_the_mean_of_the_words_that_have_vectors() -> None:
    found = binary_texts()
    labeler = fit_regressions(regression_recipe(), BINARY, found, found, words=few_vectors())
    vectors = labeler.features.vectors.astype(np.float32)

    vector = labeler.representations(["no no bleed lobe", "lobe"])

    np.testing.assert_allclose(vector[0], (2 * vectors[2] + vectors[3]) / 3, rtol=1e-5)
    assert not vector[1].any()
