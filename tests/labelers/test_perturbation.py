from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.perturbation import drop_punctuation, mistype, perturbations, wrap_hard
from schemas.label_set import load_label_set

SENTENCE = "There is a small haematoma of 1.5 cm, with oedema: no midline shift."


def test_every_change_leaves_an_empty_text_empty_and_gives_the_same_twice() -> None:
    for found in perturbations(load_label_set()):
        assert found.change("", {"haemorrhage"}) == ""
        assert found.change(SENTENCE, {"haemorrhage"}) == found.change(SENTENCE, {"haemorrhage"})


def test_every_change_has_a_name_of_its_own_and_does_something_to_a_usual_text() -> None:
    found = perturbations(load_label_set())
    text = " ".join([SENTENCE, "Grey matter intact; edema, tumor."] * 4)

    assert len({one.name for one in found}) == len(found)
    assert [one.name for one in found if one.change(text, {"haemorrhage"}) == text] == []


def test_punctuation_goes_but_for_numbers_and_doubt() -> None:
    assert drop_punctuation("?Infarct: 1.5 cm, at 10:30; old.") == "?Infarct 1.5 cm at 10:30 old"


def test_lines_are_broken_within_sentences_at_spaces() -> None:
    assert wrap_hard("no acute bleed or infarct seen", width=12) == "no acute\nbleed or\ninfarct seen"


@given(st.text(alphabet="ab \n", max_size=60), st.integers(2, 20))
def test_wrapping_only_puts_line_breaks_for_spaces(text: str, width: int) -> None:
    assert wrap_hard(text, width=width).replace("\n", " ") == text.replace("\n", " ")


def test_a_word_longer_than_the_line_stays_whole() -> None:
    assert wrap_hard("encephalomalacia", width=5) == "encephalomalacia"


@given(st.text(alphabet="abcdefg", min_size=4, max_size=12))
def test_a_typo_swaps_two_inner_letters_or_loses_one(word: str) -> None:
    found = mistype(word, one_in=1)

    assert (found[0], found[-1]) == (word[0], word[-1])
    assert len(found) == len(word) - 1 or (sorted(found) == sorted(word) and found != word)


def test_about_one_word_in_twenty_is_mistyped_and_short_ones_never() -> None:
    words = [f"{chr(97 + n % 26)}word{chr(97 + n % 23)}" for n in range(4000)]
    found = mistype(" ".join([*words, "no", "mm", "1234"])).split()

    changed = sum(one != other for one, other in zip(words, found, strict=False))
    assert changed / 4000 == pytest.approx(0.05, abs=0.015)
    assert found[-3:] == ["no", "mm", "1234"]


def test_other_texts_get_other_typos() -> None:
    assert {bool(re.fullmatch("haematoma", mistype("haematoma" + " " * n).strip())) for n in range(80)} == {
        True,
        False,
    }
