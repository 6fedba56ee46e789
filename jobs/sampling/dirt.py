"""The dirt of real exports: what a spoilt row looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from html import escape
from random import Random

from jobs.sampling.rows import Row

LONG_CHARS = 12_000
HUGE_CHARS = 260_000
CONTROLS = "\x00\x07\x0b\x0c\x1a\x1b"
BLANKS = ("", " ", "\r\n", "\t \n")


class Dirt(StrEnum):
    """The kinds, in the order in which they take turns."""

    NULL_TEXT = "null_text"
    BLANK_TEXT = "blank_text"
    NULL_ID = "null_id"
    SAME_ROW_TWICE = "same_row_twice"
    ID_REUSED = "id_reused"
    CONTROL_CHARACTERS = "control_characters"
    HTML = "html"
    RTF = "rtf"
    CARRIAGE_RETURNS = "carriage_returns"
    HARD_SPACES = "hard_spaces"
    LONG = "long"
    WRONG_MODALITY = "wrong_modality"
    NO_EXAM_NAME = "no_exam_name"
    NO_STUDY_ID = "no_study_id"


EMPTIED: Mapping[Dirt, str] = {
    Dirt.NULL_TEXT: "report_text",
    Dirt.NULL_ID: "report_id",
    Dirt.NO_EXAM_NAME: "exam_name",
    Dirt.NO_STUDY_ID: "study_id",
}


def spoilt(random: Random, row: Row, dirt: Dirt, *, other_text: str, huge: bool) -> list[Row]:
    """What stands in the archive instead of the row: the row spoilt, or the row and a second one."""
    if dirt is Dirt.SAME_ROW_TWICE:
        return [row, row]
    if dirt is Dirt.ID_REUSED:
        return [row, row._replace(report_text=other_text)]
    if dirt is Dirt.WRONG_MODALITY:
        return [row._replace(modality="MR" if row.modality == "CT" else "CT")]
    if dirt in EMPTIED:
        return [Row(**{**row._asdict(), EMPTIED[dirt]: None})]
    return [row._replace(report_text=spoilt_text(random, row.report_text or "", dirt, huge=huge))]


def spoilt_text(random: Random, text: str, dirt: Dirt, *, huge: bool = False) -> str:
    """The text as a broken interface hands it over."""
    if dirt is Dirt.BLANK_TEXT:
        return random.choice(BLANKS)
    if dirt is Dirt.CONTROL_CHARACTERS:
        at = random.randrange(len(text) + 1)
        return text[:at] + random.choice(CONTROLS) + text[at:] + "\x00"
    if dirt is Dirt.LONG:
        return (text + "\n\n") * ((HUGE_CHARS if huge else LONG_CHARS) // (len(text) + 2) + 1)
    return MANGLED[dirt](text)


def _as_html(text: str) -> str:
    return f"<html><body><p>{escape(text, quote=False).replace(chr(10), '<br/>')}</p></body></html>"


def _as_rtf(text: str) -> str:
    return "{\\rtf1\\ansi\\deff0 " + text.replace("\n", "\\par\n") + "}"


def _with_carriage_returns(text: str) -> str:
    return f"{text}\n".replace("\n", "\r\n")


def _with_hard_spaces(text: str) -> str:
    hard = "\N{NO-BREAK SPACE}"
    return text.replace(" ", hard, 1).replace(". ", f".{hard} ").replace("\n\n", f"\n{hard}\n")


MANGLED: Mapping[Dirt, Callable[[str], str]] = {
    Dirt.HTML: _as_html,
    Dirt.RTF: _as_rtf,
    Dirt.CARRIAGE_RETURNS: _with_carriage_returns,
    Dirt.HARD_SPACES: _with_hard_spaces,
}
