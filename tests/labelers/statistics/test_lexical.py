from __future__ import annotations

import math
from collections import Counter

import pytest

from labelers.statistics.lexical import lexical_complexity, type_token_ratio, yule_i


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
