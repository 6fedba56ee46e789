from __future__ import annotations

from labelers.text.lines import continuations, scan_lines

UNFINISHED = frozenset({"the", "with", "approx."})


def joined(text: str) -> list[bool]:
    return continuations(scan_lines(text), UNFINISHED)


def test_lines_keep_their_place_whatever_ends_them() -> None:
    text = "  one\r\n\r\ntwo\rthree\u2028four\t\n"
    lines = scan_lines(text)
    assert [text[line.start : line.start + len(line.text)] for line in lines] == [
        "one",
        "two",
        "three",
        "four",
    ]
    assert [line.after_blank for line in lines] == [False, True, False, False]


def test_bullets_and_numbers_are_markers() -> None:
    lines = scan_lines("- one\n* two\n• three\n1. four\n2) five\n(a) six\n-seven")
    assert [line.content for line in lines] == ["one", "two", "three", "four", "five", "six", "seven"]


def test_a_measure_or_a_sign_is_no_marker() -> None:
    assert [line.marker for line in scan_lines("3.5 mm shift\n-5 HU\n12 mm\n-ve for bleed")] == [0, 0, 0, 0]


def test_full_lines_are_hard_wrapped_text() -> None:
    text = (
        "There is a large area of low attenuation in the left\n"
        "Sylvian territory which is new. The ventricles are of\n"
        "Normal size and the midline is central with no sign of\n"
        "Raised pressure.\n"
    )
    assert joined(text) == [False, True, True, True]


def test_lines_of_a_narrow_column_are_hard_wrapped_text() -> None:
    text = (
        "Large area of low density in the\n"
        "left Sylvian territory, which was\n"
        "not there before. Ventricles of\n"
        "Normal size.\n"
    )
    assert joined(text) == [False, True, True, True]


def test_short_lines_without_full_stops_are_sentences_of_their_own() -> None:
    assert joined("Mild atrophy\nOld lacune in the left thalamus\nNo bleed\nSinuses clear") == [False] * 4


def test_lines_in_small_letters_throughout_are_not_taken_for_wrapped() -> None:
    text = "no bleed and no infarct seen on this side either\nventricles normal\nold lacune on the left"
    assert joined(text) == [False, False, False]


def test_a_line_that_breaks_off_goes_on() -> None:
    assert joined("Lesion with\nSwelling around it") == [False, True]
    assert joined("A lesion of approx.\n3 cm") == [False, True]


def test_a_blank_line_or_bullet_always_parts() -> None:
    assert joined("Lesion with\n\nSwelling\n- with\n- More") == [False] * 4
