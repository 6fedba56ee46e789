from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from labelers.spelling import Country, Spelling, load_spelling

SPELLING = load_spelling()


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("Haemorrhage with oedema", "Hemorrhage with edema"),
        ("OEDEMATOUS TUMOUR", "EDEMATOUS TUMOR"),
        ("microhaemorrhages in the grey matter", "microhemorrhages in the gray matter"),
        ("centred on the fibres, visualised", "centered on the fibers, visualized"),
    ],
)
def test_words_are_spelled_as_the_country_does(british: str, american: str) -> None:
    for text in (british, american):
        assert SPELLING.rewrite(text, Country.AMERICAN) == american
        assert SPELLING.rewrite(text, Country.BRITISH) == british


@pytest.mark.parametrize("text", ["Imaging of the organism", "diameter", "metastasis", "no emphasis"])
def test_words_that_only_look_alike_stay(text: str) -> None:
    assert SPELLING.rewrite(text, Country.AMERICAN) == text
    assert SPELLING.rewrite(text, Country.BRITISH) == text


@given(
    st.lists(st.sampled_from([word for pair in SPELLING.pairs for word in pair])), st.sampled_from(Country)
)
def test_rewriting_twice_changes_nothing_more(words: list[str], country: Country) -> None:
    once = SPELLING.rewrite(" ".join(words), country)

    assert SPELLING.rewrite(once, country) == once


@pytest.mark.parametrize(
    "pairs", [[("oedema", "edema"), ("oedema", "edaema")], [("grey", "grey")], [("Grey", "gray")]]
)
def test_a_pair_that_is_none_is_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(ValidationError):
        Spelling(description="For tests.", pairs=tuple(pairs))
