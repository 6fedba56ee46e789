from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from labelers.sparse.forests import BLOCK, Forests, forests_of
from schemas.errors import BundleError


def counts_and_targets(n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    counts = random.poisson(0.4, size=(n, 20)).astype(np.uint16)
    signal = counts[:, 0].astype(int) + counts[:, 1] - counts[:, 2]
    return counts, np.clip(signal + random.integers(-1, 2, n), 0, 3)


def fitted(target: np.ndarray, *, depth: int = 6) -> RandomForestClassifier:
    counts, _ = counts_and_targets(len(target))
    forest = RandomForestClassifier(n_estimators=20, max_depth=depth, max_features=5, random_state=0)
    return forest.fit(counts, target)


def test_probabilities_are_those_of_scikit_learn_to_the_last_bit() -> None:
    counts, target = counts_and_targets()
    models = [fitted(target), fitted(target[::-1].copy())]

    found = forests_of(models, n_classes=4).probabilities(counts)

    for label, model in enumerate(models):
        assert np.array_equal(found[:, label], model.predict_proba(counts))


def test_a_class_that_a_label_never_has_gets_nothing() -> None:
    counts, target = counts_and_targets()
    model = fitted(np.where(target == 2, 3, target))

    found = forests_of([model], n_classes=4).probabilities(counts)

    assert (found[:, 0, 2] == 0).all()
    assert np.array_equal(found[:, 0, [0, 1, 3]], model.predict_proba(counts))


def test_a_label_that_never_varies_is_a_tree_of_one_leaf() -> None:
    counts, target = counts_and_targets()

    found = forests_of([fitted(np.zeros_like(target))], n_classes=4).probabilities(counts)

    assert found[:, 0].tolist() == [[1, 0, 0, 0]] * len(counts)


def test_a_text_gets_the_same_whatever_is_beside_it() -> None:
    counts, target = counts_and_targets()
    forests = forests_of([fitted(target)], n_classes=4)
    alone = np.concatenate([forests.probabilities(row[None]) for row in counts])

    assert len(counts) > BLOCK
    assert np.array_equal(forests.probabilities(counts), alone)


def test_counts_far_beyond_those_in_training_find_a_leaf() -> None:
    _, target = counts_and_targets()
    forests = forests_of([fitted(target)], n_classes=4)

    found = forests.probabilities(np.full((1, 20), 60_000, dtype=np.uint16))

    assert found.sum() == pytest.approx(1)


def test_arrays_make_the_same_forests_again() -> None:
    counts, target = counts_and_targets()
    forests = forests_of([fitted(target)], n_classes=4)

    again = Forests.from_arrays(forests.to_arrays(), n_words=20)

    assert np.array_equal(again.probabilities(counts), forests.probabilities(counts))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("right", np.zeros_like),  # a walk that never ends
        ("right", lambda array: np.full_like(array, 10**6)),
        ("feature", lambda array: np.where(array >= 0, 20, array).astype(np.int32)),  # an unknown word
        ("feature", np.zeros_like),  # no leaf
        ("leaves", np.zeros_like),
        ("leaves", lambda array: array[:1]),
        ("roots", lambda array: array + 10**6),
        ("roots", lambda array: array - 1),
        ("roots", lambda array: array[:, :0]),
        ("most", lambda array: array[:-1]),
        ("most", lambda array: array.astype(np.int64)),
    ],
)
def test_arrays_that_are_no_forests_are_refused(name: str, change: object) -> None:
    _, target = counts_and_targets()
    arrays = forests_of([fitted(target)], n_classes=4).to_arrays()
    arrays[name] = change(arrays[name])  # type: ignore[operator]

    with pytest.raises(BundleError, match="no random forests"):
        Forests.from_arrays(arrays, n_words=20)


def test_a_missing_array_is_refused() -> None:
    _, target = counts_and_targets()
    arrays = forests_of([fitted(target)], n_classes=4).to_arrays()
    del arrays["most"]

    with pytest.raises(BundleError, match="no random forests"):
        Forests.from_arrays(arrays, n_words=20)
