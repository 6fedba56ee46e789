"""Blanking out what is not text (RTF, HTML, control characters) without moving a single character.

Every character that goes is replaced by a space or a line break, so that a span in the cleaned text is the
same span in the raw text.
"""

from __future__ import annotations

import re
from enum import StrEnum
from html import unescape


class Cleaned(StrEnum):
    """What was blanked out of a report's text."""

    RTF = "rtf"
    HTML = "html"
    CONTROL = "control"


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_HTML_SIGN = re.compile(
    r"</?(?:p|br|div|span|b|i|u|html|body|table|tr|td|li|ul|ol|h\d|font|strong|em)\b[^<>]*>", re.I
)
_HTML_HIDDEN = re.compile(r"<(style|script|head)\b.*?</\1\s*>|<!--.*?-->|<!doctype[^>]*>", re.I | re.S)
_HTML_TAG = re.compile(r"</?[a-z][a-z0-9]*\b[^<>]*>", re.I)
_HTML_BREAK = re.compile(r"</?(?:p|br|div|tr|li|ul|ol|table|h\d)\b", re.I)
_HTML_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9a-f]{1,5}|[a-z]{2,8}\d{0,2});", re.I)
_RTF_SIGN = re.compile(r"^\s*\{\\rtf\d?")
_RTF_HIDDEN = re.compile(
    r"\{\\(?:\*|fonttbl|colortbl|stylesheet|info|generator|pict|header|footer)(?:[^{}]|\{[^{}]*\})*\}"
)
_RTF_HEX = re.compile(r"\\'([0-9a-f]{2})", re.I)
_RTF_WORD = re.compile(r"\\(?:[a-z]+-?\d* ?|[^a-z0-9])|[{}]", re.I)
_RTF_BREAK = re.compile(r"\\(?:par|line|pard|sect|page|row)\b")


def clean(text: str) -> tuple[str, tuple[Cleaned, ...]]:
    """The text with everything that is not text blanked out, of the same length, and what was found."""
    found: list[Cleaned] = []
    if _RTF_SIGN.match(text):
        text = _blank_rtf(text)
        found.append(Cleaned.RTF)
    if "<" in text and _HTML_SIGN.search(text):
        text = _blank_html(text)
        found.append(Cleaned.HTML)
    if _CONTROL.search(text):
        text = _CONTROL.sub(" ", text)
        found.append(Cleaned.CONTROL)
    return text, tuple(found)


def _spaces(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _blank_html(text: str) -> str:
    text = _HTML_HIDDEN.sub(_spaces, text)
    text = _HTML_TAG.sub(_blank_tag, text)
    return _HTML_ENTITY.sub(_entity, text)


def _blank_tag(match: re.Match[str]) -> str:
    first = "\n" if _HTML_BREAK.match(match.group()) else " "
    return first + " " * (len(match.group()) - 1)


def _entity(match: re.Match[str]) -> str:
    character = unescape(match.group())
    if len(character) != 1:
        return match.group()
    return character.replace("\xa0", " ") + " " * (len(match.group()) - 1)


def _blank_rtf(text: str) -> str:
    text = _RTF_HIDDEN.sub(_spaces, text)
    text = _RTF_HEX.sub(_rtf_character, text)
    return _RTF_WORD.sub(_blank_word, text)


def _rtf_character(match: re.Match[str]) -> str:
    character = bytes.fromhex(match.group(1)).decode("cp1252", errors="replace")
    return character + " " * (len(match.group()) - 1)


def _blank_word(match: re.Match[str]) -> str:
    word = match.group()
    if _RTF_BREAK.match(word):
        return "\n" + " " * (len(word) - 1)
    if word in {"\\{", "\\}", "\\\\"}:
        return word[1] + " "
    return " " * len(word)
