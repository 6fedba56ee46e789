from __future__ import annotations

import math
from collections import Counter

import pytest

from labelers.statistics.lexical import lexical_complexity, sampled_complexity, type_token_ratio, yule_i


def test_figures_of_eight_words() -> None:
    # counts 4, 2, 1, 1: squares sum to 22
    found = lexical_complexity([["no", "bleed", "no", "mass"], ["no", "bleed", "no", "shift"]])

    assert (found.texts, found.words, found.unique_words) == (2, 8, 4)
    assert found.type_token_ratio == 0.5
    assert found.yule_i == pytest.approx(64 / (22 - 8))


def test_yules_i_does_not_grow_when_a_text_is_doubled_beyond_its_repeats() -> None:
    once = Counter({"a": 50, "b": 30, "c": 20})
    twice = Counter({word: 2 * count for word, count in once.items()})

    assert yule_i(twice) == pytest.approx(yule_i(once), rel=0.03)
    assert type_token_ratio(twice) == type_token_ratio(once) / 2


def test_words_that_are_never_repeated_have_no_bound() -> None:
    assert yule_i(Counter(["a", "b"])) == math.inf


def test_no_words_are_refused() -> None:
    with pytest.raises(ValueError, match="needs words"):
        lexical_complexity([[]])


def test_corpora_of_other_sizes_compare_at_the_size_of_a_draw() -> None:
    words = [f"w{n % 40}" for n in range(400)]
    small, large = [words], [words] * 20

    few, many = (sampled_complexity(texts, words=300, draws=3) for texts in (small, large))

    assert lexical_complexity(large).type_token_ratio < lexical_complexity(small).type_token_ratio / 10
    assert many.type_token_ratio == few.type_token_ratio == 40 / 300
    assert (few.words, few.draws) == (300, 3)


def test_a_draw_needs_enough_words() -> None:
    with pytest.raises(ValueError, match="do not have 5 words"):
        sampled_complexity([["a"] * 4], words=5)
