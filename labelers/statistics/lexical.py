"""How rich the language of a corpus is (Wood 2021, Table 1)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


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


def _check(counts: Counter[str]) -> None:
    if not counts:
        raise ValueError("a corpus needs words")
