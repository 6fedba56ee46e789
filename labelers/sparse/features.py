"""What is counted in a text: words, n-grams, and the mean of the words' vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from labelers.sparse.recipe import NGrams
from labelers.vocabulary import UNKNOWN_INDEX

Indices = tuple[int, ...]
MOST = np.iinfo(np.uint16).max


def count_matrix(texts: Sequence[Indices], *, n_words: int) -> sparse.csr_matrix:
    """How often each text has each word: (n, V), unknown words in their own column."""
    counted = [Counter(text) for text in texts]
    return _csr(counted, n_columns=n_words)


def dense_counts(texts: Sequence[Indices], *, n_words: int) -> NDArray[np.uint16]:
    """The same, dense."""
    counts = np.zeros((len(texts), n_words), dtype=np.uint16)
    for row, text in enumerate(texts):
        for word, count in Counter(text).items():
            counts[row, word] = min(count, MOST)
    return counts


@dataclass(frozen=True, slots=True, eq=False)
class RegressionFeatures:
    """Mean word vector and presence of n-grams, side by side: (n, e + terms).

    `vectors` (V, e); a word without a vector has zeros and is no part of the mean. `terms` (terms, longest) are
    n-grams as word indices, -1 behind the last word.
    """

    vectors: NDArray[np.float16]
    terms: NDArray[np.int32]

    def matrix(self, texts: Sequence[Indices]) -> sparse.csr_matrix:
        """A row depends on its own text only, to the last bit: products of sparse rows are summed in order."""
        index = {tuple(int(i) for i in term if i >= 0): column for column, term in enumerate(self.terms)}
        longest = self.terms.shape[1]
        present = [
            {index[gram]: 1 for gram in set(n_grams(text, longest=longest)) if gram in index}
            for text in texts
        ]
        grams = _csr(present, n_columns=len(self.terms))
        return sparse.hstack([sparse.csr_matrix(self.means(texts)), grams], format="csr")

    def means(self, texts: Sequence[Indices]) -> NDArray[np.float64]:
        """The mean of each text's word vectors: (n, e)."""
        known = np.abs(self.vectors).max(axis=1) > 0
        counted = [Counter(word for word in text if known[word]) for text in texts]
        counts = _csr(counted, n_columns=len(self.vectors))
        totals = np.maximum(counts.sum(axis=1), 1)
        means: NDArray[np.float64] = np.asarray(counts @ self.vectors.astype(np.float64)) / np.asarray(totals)
        return means


def n_grams(text: Indices, *, longest: int) -> Iterable[Indices]:
    """All runs of 1 to `longest` known words; an unknown word ends a run."""
    for length in range(1, longest + 1):
        for start in range(len(text) - length + 1):
            gram = text[start : start + length]
            if min(gram) > UNKNOWN_INDEX:
                yield gram


def choose_terms(texts: Sequence[Indices], spec: NGrams) -> NDArray[np.int32]:
    """The n-grams that are common enough, in a fixed order: (terms, longest)."""
    counts: Counter[Indices] = Counter()
    for text in texts:
        counts.update(set(n_grams(text, longest=spec.longest)))
    kept = sorted(
        (gram for gram, count in counts.items() if count >= spec.min_texts), key=lambda g: (len(g), g)
    )
    terms = np.full((len(kept), spec.longest), -1, dtype=np.int32)
    for row, gram in enumerate(kept):
        terms[row, : len(gram)] = gram
    return terms


def _csr(rows: Sequence[dict[int, int]], *, n_columns: int) -> sparse.csr_matrix:
    columns = [sorted(row) for row in rows]
    ends = np.cumsum([0, *(len(found) for found in columns)])
    values: list[Any] = [row[column] for row, found in zip(rows, columns, strict=True) for column in found]
    flat = [column for found in columns for column in found]
    return sparse.csr_matrix(
        (np.array(values, dtype=np.float64), np.array(flat, dtype=np.int32), ends),
        shape=(len(rows), n_columns),
    )
