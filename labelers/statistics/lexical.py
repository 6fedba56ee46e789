"""How rich the language of a corpus is (Wood 2021, Table 1)."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class LexicalComplexity:
    """Sizes and figures of one corpus; both figures depend on its size, so compare corpora of like size."""

    texts: int
    words: int
    unique_words: int
    type_token_ratio: float
    yule_i: float

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "texts": self.texts,
            "words": self.words,
            "unique_words": self.unique_words,
            "type_token_ratio": round(self.type_token_ratio, 4),
            "yule_i": round(self.yule_i, 2),
        }


@dataclass(frozen=True, slots=True)
class SampledComplexity:
    """Means over draws of whole texts until there are `words` words, the last text cut: corpora of one size."""

    words: int
    draws: int
    unique_words: float
    type_token_ratio: float
    yule_i: float

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "words": self.words,
            "draws": self.draws,
            "unique_words": round(self.unique_words, 1),
            "type_token_ratio": round(self.type_token_ratio, 4),
            "yule_i": round(self.yule_i, 2),
        }


def lexical_complexity(texts: Iterable[Sequence[str]]) -> LexicalComplexity:
    """Figures of texts that are split into words.

    Raises:
        ValueError: there is no word.
    """
    counts: Counter[str] = Counter()
    n_texts = 0
    for words in texts:
        counts.update(words)
        n_texts += 1
    return LexicalComplexity(
        texts=n_texts,
        words=counts.total(),
        unique_words=len(counts),
        type_token_ratio=type_token_ratio(counts),
        yule_i=yule_i(counts),
    )


def sampled_complexity(
    texts: Sequence[Sequence[str]], *, words: int, draws: int = 20, seed: int = 0
) -> SampledComplexity:
    """Figures at a size that other corpora have, too.

    Raises:
        ValueError: the texts have fewer words.
    """
    if words < 2 or sum(len(text) for text in texts) < words:
        raise ValueError(f"the texts do not have {words:,} words")
    found = [lexical_complexity([_draw(texts, words, [seed, draw])]) for draw in range(draws)]
    return SampledComplexity(
        words=words,
        draws=draws,
        unique_words=statistics.fmean(one.unique_words for one in found),
        type_token_ratio=statistics.fmean(one.type_token_ratio for one in found),
        yule_i=statistics.fmean(one.yule_i for one in found),
    )


def type_token_ratio(counts: Counter[str]) -> float:
    """Distinct words to words."""
    _check(counts)
    return len(counts) / counts.total()


def yule_i(counts: Counter[str]) -> float:
    """N^2 / (sum of squared counts - N), the reciprocal of Yule's characteristic K without its factor of 10^4.

    Yule 1944, The Statistical Study of Literary Vocabulary, chapter 3. N is the number of words: with the number of
    distinct words in its place, as some programs have it, the corpora of Wood's Table 1 would come out below 1 and
    not at 29 to 79. Infinite where no word is repeated.
    """
    _check(counts)
    n = counts.total()
    repeats = sum(count * count for count in counts.values()) - n
    return n * n / repeats if repeats else math.inf


def _draw(texts: Sequence[Sequence[str]], words: int, seed: Sequence[int]) -> list[str]:
    drawn: list[str] = []
    for row in np.random.default_rng(seed).permutation(len(texts)):
        drawn.extend(texts[row])
        if len(drawn) >= words:
            break
    return drawn[:words]


def _check(counts: Counter[str]) -> None:
    if not counts:
        raise ValueError("a corpus needs words")
