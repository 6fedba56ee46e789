from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cleaning import Cleaned, clean

WORD_RTF = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\froman\fcharset0{\*\panose 02020603050405020304}Times New Roman;}"
    r"{\f1\fswiss Arial;}}{\colortbl;\red0\green0\blue0;}{\stylesheet{\s0 Normal;}{\*\cs10 Default Font;}}"
    r"{\*\generator Writer 1.0;}{\info{\author A. Nonymous}}\pard\plain\f0\fs20 No bleed.\par "
    r"{\b Impression}: old infarct.\par}"
)


def words(text: str) -> list[str]:
    return clean(text)[0].split()


plain = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="<&{\ufeff\ufffe\uffff")
)
HTML = [
    "<p>",
    "</b>",
    "<br/>",
    "<!--",
    "-->",
    "<style>",
    "</style>",
    "&lt;",
    "&#39;",
    "&amp;",
    "&zzz;",
    "<",
    ">",
]
RTF = ["{", "}", "\\par ", "\\'e9", "\\u8217?", "\\uc2", "\\*", "\\fonttbl", "\\", "{\\rtf1 ", "\n", "\r\n"]
OTHER = ["\x00", "\x0c", "\x85", "\ufeff", "bleed", "5 mm", " "]
dirty = st.lists(st.sampled_from([*HTML, *RTF, *OTHER]) | st.text(max_size=5)).map("".join)


@given(plain)
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert clean(text) == (text, ())


@pytest.mark.parametrize(
    "text",
    [
        "shift <5 mm and >3 mm",
        "GCS<8, INR>1.5",
        "size < 5mm, > 2 cm",
        "a<b and c>d",
        "{ not rtf }",
        r"see C:\rtf1\par",
        "AT&T; R&D",
        "line one\n\tline two\r\nline three\u0085",
    ],
)
def test_signs_that_mean_something_stay(text: str) -> None:
    assert clean(text) == (text, ())


@given(dirty)
def test_no_character_ever_moves_and_no_control_character_is_left(text: str) -> None:
    cleaned, found = clean(text)

    assert len(cleaned) == len(text)
    assert not set(cleaned) & set("\x00\x0b\x0c\ufeff")
    assert cleaned.encode("utf-8").decode("utf-8") == cleaned
    assert (cleaned == text) or found


@given(text=dirty)
def test_rtf_of_any_kind_keeps_its_length(text: str) -> None:
    cleaned, found = clean("{\\rtf1 " + text)

    assert len(cleaned) == len(text) + 7
    assert Cleaned.RTF in found


def test_html_leaves_the_words_where_they_were() -> None:
    text = "<html><body><p>No bleed.</p><br/>Shift &lt;5&nbsp;mm.</body></html>"

    cleaned, found = clean(text)

    assert found == (Cleaned.HTML,)
    assert cleaned.split() == ["No", "bleed.", "Shift", "<", "5", "mm."]
    assert cleaned.index("No bleed.") == text.index("No bleed.")
    assert cleaned.index("mm.") == text.index("mm.")


def test_html_paragraphs_become_line_breaks_and_other_tags_do_not() -> None:
    assert clean("a<br>b<b>c</b>")[0] == "a\n   b   c    "


def test_html_that_is_never_shown_is_blanked_whole() -> None:
    assert words("<style>p { color: red }</style><!-- draft: bleed --><p>Normal.</p>") == ["Normal."]


def test_a_comparison_in_html_is_no_tag() -> None:
    assert words("<p>shift <5 mm, >3 mm</p>") == ["shift", "<5", "mm,", ">3", "mm"]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("shift &lt;5 mm", "shift <   5 mm"),
        ("patient&#39;s", "patient'    s"),
        ("R&amp;D", "R&    D"),
        ("a&nbsp;b", "a      b"),
        ("&lt;3 &notathing;", "<   3 &notathing;"),
    ],
)
def test_entities_are_read_even_where_there_is_no_tag(text: str, cleaned: str) -> None:
    assert clean(text) == (cleaned, (Cleaned.HTML,))


def test_rtf_as_word_processors_write_it_leaves_only_the_words_where_they_were() -> None:
    cleaned, found = clean(WORD_RTF)

    assert found == (Cleaned.RTF,)
    assert cleaned.split() == ["No", "bleed.", "Impression", ":", "old", "infarct."]
    assert cleaned.index("old infarct") == WORD_RTF.index("old infarct")
    assert "\n" in cleaned[cleaned.index("bleed.") : cleaned.index("Impression")]


def test_rtf_signs_become_what_they_stand_for() -> None:
    assert words(r"{\rtf1 5\'b0 \u8211? \{x\} a\emdash b\_c}") == ["5°", "–", "{", "x}", "a—", "b-", "c"]


@pytest.mark.parametrize("rtf", [r"{\rtf1 the patient\u8217?s}", r"{\rtf1 the patient\u8217\'92s}"])
def test_what_rtf_gives_old_readers_for_a_character_is_not_read_twice(rtf: str) -> None:
    assert words(rtf) == ["the", "patient’", "s"]


def test_rtf_says_how_much_it_gives_old_readers() -> None:
    assert words(r"{\rtf1 {\uc0\u176 C} \uc2\u8217??x? \u55357?\u56832?}") == ["°", "C", "’", "x?"]
    assert words(r"{\rtf1 {\u176}C}") == ["°", "C"]


def test_rtf_whose_braces_do_not_match_is_read_to_its_end() -> None:
    assert words(r"{\rtf1 a}} b {\b c") == ["a", "b", "c"]


def test_line_breaks_in_the_source_of_rtf_count_only_where_it_has_no_paragraphs() -> None:
    assert clean("{\\rtf1 a\nb\\par c}")[0].split("\n")[0].split() == ["a", "b"]
    assert len(clean("{\\rtf1 a\nb}")[0].splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (r"Fall.\.br\No bleed.", "Fall.\n    No bleed."),
        (r"Fall.\X0A\No bleed.", "Fall.\n    No bleed."),
        ("Fall.||No bleed.||Old infarct.", "Fall.\n No bleed.\n Old infarct."),
        (r"Fall.\nNo bleed.\nOld infarct.", "Fall.\n No bleed.\n Old infarct."),
        (r"Fall.\r\nNo bleed.\r\nOld infarct.", "Fall.\n   No bleed.\n   Old infarct."),
        ("CT head~Fall.~No bleed.", "CT head\nFall.\nNo bleed."),
        ("Fall.&lt;br&gt;No bleed.", "Fall.\n         No bleed."),
    ],
)
def test_signs_of_line_breaks_become_line_breaks(text: str, cleaned: str) -> None:
    assert clean(text)[0] == cleaned


@pytest.mark.parametrize(
    "text",
    [
        "Mass of ~5 mm and cyst of ~7 mm.",
        "Mass, ~ as before.\nCyst, ~ as before.",
        r"See C:\new.",
        "A || B",
        "Shift ~>5 mm, mass ~.5 cm.",
    ],
)
def test_signs_that_are_no_line_breaks_stay(text: str) -> None:
    assert clean(text) == (text, ())


def test_control_characters_become_blanks_and_page_breaks_line_breaks() -> None:
    assert clean("a\x00b\x1fc\x0cd\x0be") == ("a b c\nd\ne", (Cleaned.CONTROL,))


def test_a_byte_order_mark_does_not_hide_rtf() -> None:
    cleaned, found = clean("\ufeff{\\rtf1 Normal.}")

    assert cleaned.split() == ["Normal."]
    assert found == (Cleaned.RTF, Cleaned.CONTROL)


@pytest.mark.parametrize(
    "text", ["<p>" + "<!--" * 20_000, "<p>" + "<head " * 30_000, "{\\rtf1 " + "{\\*{" * 30_000]
)
def test_hostile_markup_costs_no_more_than_a_moment(text: str) -> None:
    started = process_time()

    assert len(clean(text)[0]) == len(text)
    assert process_time() - started < 1
