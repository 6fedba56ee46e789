import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.rules.patterns import ANY_LETTER, SYMBOL, PlainText, Scanner, Wording, first_letters
from schemas.errors import UsageError

WORDING = Wording(spellings={"haem": "ha?em"}, parts={"side": ("left", "right")})


def scan(text: str, *patterns: str) -> list[str]:
    scanner = Scanner([(None, pattern) for pattern in patterns], WORDING)
    return [text[found.start : found.end] for found in scanner.find(PlainText.of(text))]


def test_a_space_is_any_blank_or_hyphen_and_a_plural_is_found_with_its_singular() -> None:
    assert scan("mass-effects and mass  effect", "mass effect") == ["mass-effects", "mass  effect"]


def test_spellings_are_widened_and_parts_put_in() -> None:
    assert scan("left hemorrhage, right haemorrhage", "<side> haemorrhage") == [
        "left hemorrhage",
        "right haemorrhage",
    ]


def test_a_pattern_is_found_as_whole_words_only() -> None:
    assert scan("massive mass", "mass") == ["mass"]


def test_the_longer_wording_is_found_first() -> None:
    assert scan("mass effect", "mass", "mass effect") == ["mass effect"]


def test_marks_are_found_where_no_word_begins() -> None:
    assert scan("fracture: none", ":\\s*none") == [": none"]


def test_a_pattern_that_is_no_expression_is_named() -> None:
    with pytest.raises(UsageError, match=r"'mass \(' is no regular expression"):
        Scanner([(None, "mass (")], WORDING)


def test_an_unknown_part_is_named() -> None:
    with pytest.raises(UsageError, match="names <lobe>, which is no part"):
        WORDING.expand("<lobe> mass")


@pytest.mark.parametrize(
    ("expression", "letters"),
    [
        ("mass", {"m"}),
        ("(?:left|right) mass", {"l", "r"}),
        ("(?:left )?mass", {"l", "m"}),
        ("ha?em", {"h"}),
        ("o?edema", {"o", "e"}),
        (r"\w+oma", {ANY_LETTER}),
        (r":\s*none", {SYMBOL}),
        ("[ck]ontusion", {ANY_LETTER, SYMBOL}),
        (r"\bmass", {"m"}),
        ("(new|old) mass", {"n", "o"}),
        ("(?:a|(?:b|c)?)d", {"a", "b", "c", "d"}),
    ],
)
def test_first_letters_of_an_expression(expression: str, letters: set[str]) -> None:
    assert first_letters(expression) == letters


@given(
    st.lists(
        st.sampled_from(
            [
                "old",
                "(?:new|old)",
                "(new|old)",
                "[on]ld",
                r"\bold",
                "(?:no )?",
                "b?e",
                "(?:x|yy)*z",
                "tumou?r",
                r"\w+",
            ]
        ),
        min_size=1,
        max_size=4,
    ),
    st.text("oldnewbxyztumr ", max_size=20),
)
def test_alternations_by_letter_find_what_the_plain_expression_finds(parts: list[str], text: str) -> None:
    pattern = "".join(parts) + "q?a"
    expected = [m.span() for m in re.finditer(rf"(?<!\w)(?:{WORDING.expand(pattern)})", text) if m[0]]
    found = Scanner([(None, pattern)], WORDING).find(PlainText.of(text))
    assert [(f.start, f.end) for f in found if text[f.start] != " "] == [
        span for span in expected if text[span[0]] != " "
    ]


@given(st.text())
def test_plain_text_keeps_every_character_in_its_place(text: str) -> None:
    assert len(PlainText.of(text).text) == len(text)
