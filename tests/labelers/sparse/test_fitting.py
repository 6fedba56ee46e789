from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from labelers.base import predicted_classes
from labelers.sparse.features import count_matrix
from labelers.sparse.fitting import fit_forests, fit_regressions, label_seed, pretrain_vectors
from labelers.sparse.labelers import RegressionLabeler, SparseLabeler
from schemas.errors import UsageError
from tests.labelers.sparse.examples import (
    BINARY,
    CERTAINTY,
    binary_texts,
    certain_texts,
    few_vectors,
    forest_recipe,
    regression_recipe,
    texts_of,
)

STRANGE = ("", "...", "zebra", "no bleed, no bleed", "A LARGE BLEED")


def forests(seed: int = 0, threads: int = 1) -> SparseLabeler:
    recipe = forest_recipe()
    training = recipe.training.model_copy(update={"seed": seed, "threads": threads})
    return fit_forests(recipe.model_copy(update={"training": training}), CERTAINTY, certain_texts())


def regressions() -> RegressionLabeler:
    texts = binary_texts()
    return fit_regressions(regression_recipe(), BINARY, texts, texts, words=few_vectors())


@pytest.fixture(params=["forests", "regressions"])
def labeler(request: pytest.FixtureRequest) -> SparseLabeler:
    return forests() if request.param == "forests" else regressions()


def test_forests_are_those_that_scikit_learn_makes() -> None:
    texts, labeler = certain_texts(), forests()
    counts = count_matrix([labeler.reader.encode(text) for text in texts.texts], n_words=labeler.reader.size)
    theirs = RandomForestClassifier(
        n_estimators=7, max_depth=4, max_features=5, random_state=label_seed(0, "bleed")
    ).fit(counts.astype(np.float32), texts.targets[:, 0])

    found = labeler.probabilities(texts.texts)

    assert np.array_equal(found[:, 0], theirs.predict_proba(counts).astype(np.float32))


def test_a_deep_enough_forest_learns_its_texts() -> None:
    recipe, texts = forest_recipe(depth=10, trees=30, max_features=20), certain_texts()

    labeler = fit_forests(recipe, CERTAINTY, texts)

    assert np.array_equal(predicted_classes(labeler.probabilities(texts.texts)), texts.targets)


def test_regressions_are_those_that_scikit_learn_makes() -> None:
    texts = binary_texts()
    recipe = regression_recipe(strengths=[3.0])

    labeler = fit_regressions(recipe, BINARY, texts, texts, words=few_vectors())

    matrix = labeler.features.matrix([labeler.reader.encode(text) for text in texts.texts])
    theirs = LogisticRegression(
        l1_ratio=1, C=3.0, solver="liblinear", max_iter=1000, random_state=label_seed(0, "bleed")
    ).fit(matrix, texts.targets[:, 0])
    assert labeler.probabilities(texts.texts)[:, 0] == pytest.approx(theirs.predict_proba(matrix), abs=1e-7)


def test_regressions_learn_their_texts() -> None:
    texts = binary_texts()

    assert np.array_equal(predicted_classes(regressions().probabilities(texts.texts)), texts.targets)


def test_the_held_out_texts_choose_the_penalty() -> None:
    texts = binary_texts()
    wrong = texts_of(
        [(text, (1 - a, 1 - b)) for text, (a, b) in zip(texts.texts, texts.targets, strict=True)]
    )

    strict = fit_regressions(regression_recipe(), BINARY, texts, wrong, words=few_vectors())

    assert np.abs(strict.coefficients).sum() < np.abs(regressions().coefficients).sum() / 2


def test_a_label_that_never_varies_gets_its_share() -> None:
    texts = binary_texts()
    texts.targets[:, 1] = 0

    labeler = fit_regressions(regression_recipe(), BINARY, texts, texts, words=few_vectors())

    assert labeler.probabilities(["a fracture"])[0, 1].tolist() == pytest.approx([72.5 / 73, 0.5 / 73])


def test_more_than_two_classes_are_refused() -> None:
    with pytest.raises(UsageError, match="tells two classes apart, label set two has 4"):
        fit_regressions(regression_recipe(), CERTAINTY, certain_texts(), certain_texts(), words=few_vectors())


def test_probabilities_sum_to_one_and_no_words_mention_nothing(labeler: SparseLabeler) -> None:
    found = labeler.probabilities(STRANGE)

    assert found.dtype == np.float32
    assert found.sum(axis=-1) == pytest.approx(np.ones((5, 2)))
    assert (found[:2, :, 0] == 1).all()


def test_batch_composition_never_changes_a_prediction(labeler: SparseLabeler) -> None:
    texts = [*certain_texts().texts, *STRANGE]
    together = labeler.probabilities(texts)

    assert np.array_equal(together, np.concatenate([labeler.probabilities([text]) for text in texts]))
    assert np.array_equal(together[::-1], labeler.probabilities(texts[::-1]))


def test_no_texts_have_no_probabilities(labeler: SparseLabeler) -> None:
    assert labeler.probabilities([]).shape == (0, 2, len(labeler.label_set.classes))


def test_long_texts_are_cut_and_reported(labeler: SparseLabeler) -> None:
    long = " ".join(["no bleed"] * 6)

    assert labeler.truncated([long, long + " fracture"]).tolist() == [False, True]
    assert np.array_equal(labeler.probabilities([long]), labeler.probabilities([long + " fracture"]))


def test_the_same_seed_gives_the_same_forests_however_many_threads() -> None:
    assert forests(threads=1).arrays().keys() == forests(threads=2).arrays().keys()
    for name, array in forests(threads=1).arrays().items():
        assert np.array_equal(array, forests(threads=2).arrays()[name])
    assert forests(seed=1).fingerprint != forests().fingerprint


def test_the_same_data_give_the_same_regressions() -> None:
    assert regressions().fingerprint == regressions().fingerprint


def test_vectors_are_those_of_the_archive() -> None:
    words = pretrain_vectors(regression_recipe(), ["old infarct", "old bleed"])

    assert sorted(words.vocabulary.words[2:]) == ["bleed", "infarct", "old"]
    assert words.vectors.shape == (5, 3)


def test_an_override_that_makes_no_sense_is_refused() -> None:
    assert forest_recipe().with_overrides(seed=7).training.seed == 7
    with pytest.raises(UsageError, match="not trained in epochs"):
        forest_recipe().with_overrides(max_epochs=3)
    with pytest.raises(UsageError, match="no transformer encoder"):
        forest_recipe().with_overrides(encoder="minilm")
