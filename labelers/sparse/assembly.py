"""Labelers from what a bundle holds: recipe, label set, vocabulary and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from labelers.readers import Reader, VocabularyReader
from labelers.sparse.features import RegressionFeatures
from labelers.sparse.forests import Forests
from labelers.sparse.labelers import ForestLabeler, RegressionLabeler, SparseLabeler
from labelers.sparse.recipe import ForestRecipe, RegressionRecipe, SparseRecipe
from schemas.errors import BundleError
from schemas.hashing import hash_bytes, hash_json
from schemas.label_set import LabelSet

Arrays = Mapping[str, NDArray[Any]]


def assemble_sparse(
    recipe: SparseRecipe, label_set: LabelSet, reader: Reader, arrays: Arrays
) -> SparseLabeler:
    """The labeler of the recipe's kind.

    Raises:
        BundleError: the arrays are not those of the recipe, label set and vocabulary.
    """
    if not isinstance(reader, VocabularyReader):
        raise BundleError(f"labeler {recipe.name} reads words, not subwords")
    if isinstance(recipe, ForestRecipe):
        return forest_labeler(recipe, label_set, reader, arrays)
    if isinstance(recipe, RegressionRecipe):
        return regression_labeler(recipe, label_set, reader, arrays)
    raise BundleError(f"labeler {recipe.name} is neither a forest nor a regression")


def forest_labeler(
    recipe: ForestRecipe, label_set: LabelSet, reader: VocabularyReader, arrays: Arrays
) -> ForestLabeler:
    """Forests over a bag of words.

    Raises:
        BundleError: the arrays are no forests of this label set and vocabulary.
    """
    forests = Forests.from_arrays(arrays, n_words=reader.size)
    if (len(forests.roots), forests.leaves.shape[1]) != (len(label_set.ids), len(label_set.classes)):
        raise BundleError("weights are forests of another label set: train the labeler anew")
    return ForestLabeler(
        recipe=recipe,
        label_set=label_set,
        reader=reader,
        fingerprint=sparse_fingerprint(recipe, label_set, reader, arrays),
        forests=forests,
    )


def regression_labeler(
    recipe: RegressionRecipe, label_set: LabelSet, reader: VocabularyReader, arrays: Arrays
) -> RegressionLabeler:
    """Logistic regressions over mean word vectors and n-grams.

    Raises:
        BundleError: the arrays do not belong together, or not to the label set and vocabulary.
    """
    if not _are_regressions(arrays, n_labels=len(label_set.ids), n_words=reader.size):
        raise BundleError(
            "weights are no regressions of this label set and vocabulary: train the labeler anew"
        )
    return RegressionLabeler(
        recipe=recipe,
        label_set=label_set,
        reader=reader,
        fingerprint=sparse_fingerprint(recipe, label_set, reader, arrays),
        features=RegressionFeatures(vectors=arrays["vectors"], terms=arrays["terms"]),
        coefficients=arrays["coefficients"],
        intercepts=arrays["intercepts"],
    )


def sparse_weights(arrays: Arrays) -> bytes:
    """The arrays as safetensors: the same arrays, the same bytes."""
    weights: bytes = save({name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)})
    return weights


def sparse_fingerprint(
    recipe: SparseRecipe, label_set: LabelSet, reader: VocabularyReader, arrays: Arrays
) -> str:
    """By the same rule as that of networks."""
    return hash_json(
        [
            recipe.model_dump(mode="json"),
            label_set.model_dump(mode="json"),
            hash_bytes(sparse_weights(arrays)),
            *(hash_bytes(content) for _, content in sorted(reader.files().items())),
        ]
    )


def _are_regressions(arrays: Arrays, *, n_labels: int, n_words: int) -> bool:
    types = {"vectors": np.float16, "terms": np.int32, "coefficients": np.float64, "intercepts": np.float64}
    if {name: array.dtype for name, array in arrays.items()} != types:
        return False
    vectors, terms = arrays["vectors"], arrays["terms"]
    if not (vectors.ndim == terms.ndim == 2 and len(vectors) == n_words):
        return False
    return (
        arrays["coefficients"].shape == (n_labels, vectors.shape[1] + len(terms))
        and arrays["intercepts"].shape == (n_labels,)
        and (not terms.size or int(terms.max()) < n_words)
    )
