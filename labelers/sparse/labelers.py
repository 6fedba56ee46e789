"""Labelers that count words. The same protocol, bundle and rules as those of networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from labelers.base import Probabilities, Representations
from labelers.readers import VocabularyReader
from labelers.recipe import Unit
from labelers.second_opinion import Adviser
from labelers.sparse.features import Indices, RegressionFeatures, dense_counts
from labelers.sparse.forests import Forests
from labelers.sparse.recipe import SparseRecipe
from labelers.temperatures import Temperatures, apply_temperatures
from labelers.text.sections import SectionKind
from schemas.label_set import LabelSet


@dataclass(frozen=True, slots=True, eq=False)
class SparseLabeler:
    """What forests and regressions share: each distinct sequence of words is computed once."""

    recipe: SparseRecipe
    label_set: LabelSet
    reader: VocabularyReader
    fingerprint: str
    temperatures: Temperatures | None = field(default=None, kw_only=True)
    adviser: Adviser | None = field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    @property
    def unit(self) -> Unit:
        """What a text is."""
        return self.recipe.unit

    @property
    def sections(self) -> tuple[SectionKind, ...]:
        """The sections that it is given of a report, where not all of it."""
        return self.recipe.text.sections

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """(n_texts, n_L, n_C); a text without words mentions nothing."""
        encoded = [self.reader.encode(text) for text in texts]
        distinct = {
            words: row for row, words in enumerate(dict.fromkeys(words for words in encoded if words))
        }
        found = np.zeros(
            (len(distinct) + 1, len(self.label_set.ids), len(self.label_set.classes)), np.float32
        )
        found[-1, :, 0] = 1
        if distinct:
            found[:-1] = self.distinct_probabilities(list(distinct))
        if self.temperatures is not None:
            found = apply_temperatures(found, self.temperatures)
        answers = found[[distinct.get(words, len(distinct)) for words in encoded]]
        return answers if self.adviser is None else self.adviser.weigh_in(texts, answers)

    def truncated(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which texts have more words than the recipe's `max_tokens`: (n_texts,)."""
        return np.array([self.reader.is_truncated(text) for text in texts], np.bool_)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The weights by name, as a bundle keeps them."""
        raise NotImplementedError

    def distinct_probabilities(self, texts: Sequence[Indices]) -> NDArray[np.float64]:
        """(n, n_L, n_C) of texts that have words."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class ForestLabeler(SparseLabeler):
    """Bag of words and one random forest for each label (Schrempf 2020, section 3.1)."""

    forests: Forests

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The trees."""
        return self.forests.to_arrays()

    def distinct_probabilities(self, texts: Sequence[Indices]) -> NDArray[np.float64]:
        """Mean of the trees."""
        return self.forests.probabilities(dense_counts(texts, n_words=self.reader.size))


@dataclass(frozen=True, slots=True, eq=False)
class RegressionLabeler(SparseLabeler):
    """Mean word vector and n-grams into one logistic regression for each label (Zech 2018; Wood 2021, Table 3).

    `coefficients` (n_L, e + terms), `intercepts` (n_L,).
    """

    features: RegressionFeatures
    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Vectors, n-grams and regressions."""
        return {
            "vectors": self.features.vectors,
            "terms": self.features.terms,
            "coefficients": self.coefficients,
            "intercepts": self.intercepts,
        }

    def representations(self, texts: Sequence[str], *, label: str | None = None) -> Representations:  # noqa: ARG002 (one for all labels)
        """The mean of each text's word vectors: (n_texts, e); zeros where no word has one."""
        return self.features.means([self.reader.encode(text) for text in texts]).astype(np.float32)

    def distinct_probabilities(self, texts: Sequence[Indices]) -> NDArray[np.float64]:
        """p = sigmoid(w x + b) of the second class."""
        scores = np.asarray(self.features.matrix(texts) @ self.coefficients.T) + self.intercepts
        return np.stack([expit(-scores), expit(scores)], axis=-1)
