from __future__ import annotations

import pickle
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from labelers.text.words import WordOptions, WordTokenizer

WORDS = WordTokenizer()


def test_words_are_lower_case_without_punctuation() -> None:
    assert WORDS.tokens("No acute (large) Bleed, or shift.") == [
        "no",
        "acute",
        "large",
        "bleed",
        "or",
        "shift",
    ]


def test_numbers_keep_their_decimals() -> None:
    assert WORDS.tokens("3.5 mm, 12,5 mm at T2.") == ["3.5", "mm", "12,5", "mm", "at", "t2"]


def test_a_question_mark_is_a_word_where_the_recipe_says_so() -> None:
    assert WORDS.tokens("?infarct") == ["?", "infarct"]
    assert WordTokenizer(WordOptions(keep_question_mark=False)).tokens("?infarct") == ["infarct"]


def test_signs_that_stand_for_words_are_read_as_these() -> None:
    assert WORDS.tokens("-ve for infarct, +VE for oedema") == [
        *("negative", "for", "infarct"),
        *("positive", "for", "oedema"),
    ]
    assert WORDS.tokens("Bleed (-), shift (+), T2-ve") == [
        "bleed",
        "negative",
        "shift",
        "positive",
        "t2",
        "ve",
    ]


def test_compounds_are_split_where_the_recipe_says_so() -> None:
    assert WORDS.tokens("grey-white T2/FLAIR") == ["grey", "white", "t2", "flair"]
    whole = WordTokenizer(WordOptions(split_compounds=False))
    assert whole.tokens("grey-white T2/FLAIR") == ["grey-white", "t2/flair"]


def test_apostrophes_belong_to_their_word_and_possessives_go() -> None:
    assert WORDS.tokens("can't, patient's, Evans’ ratio") == ["can't", "patient", "evans", "ratio"]


def test_a_pickled_tokenizer_keeps_its_options() -> None:
    copy = pickle.loads(pickle.dumps(WordTokenizer(WordOptions(keep_question_mark=False))))
    assert copy.tokens("?bleed") == ["bleed"]


@given(st.text())
def test_spans_are_in_order_and_give_the_same_words(text: str) -> None:
    words = WORDS.words(text)
    assert [word.text for word in words] == WORDS.tokens(text)
    assert all(word.start < word.end for word in words)
    assert all(before.end <= word.start for before, word in pairwise(words))
