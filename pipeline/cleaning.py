"""Blanking out what is not text (RTF, HTML, control characters, signs of line breaks) without moving a character.

Every character that goes is replaced by a space or a line break, so that a span in the cleaned text is the
same span in the raw text.
"""

from __future__ import annotations

import re
from enum import StrEnum
from html import unescape

from pipeline.rtf import blank_rtf, is_rtf


class Cleaned(StrEnum):
    """What was blanked out of a report's text."""

    RTF = "rtf"
    HTML = "html"
    LINE_BREAKS = "line_breaks"
    CONTROL = "control"


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_PAGE_BREAKS = "\x0b\x0c"
_TAGS = r"(?:p|br|div|span|b|i|u|html|body|table|tr|td|li|ul|ol|h\d|font|strong|em)"
_HTML_SIGN = re.compile(rf"</?{_TAGS}(?:\s*/?|\s+[\w:-]+\s*=[^<>]*)>", re.I)
_HTML_HIDDEN = re.compile(r"<(?P<kind>!--|(?:style|script|head)\b)", re.I)
_HTML_HIDDEN_END = {
    "!--": re.compile("-->"),
    "style": re.compile(r"</style\s*>", re.I),
    "script": re.compile(r"</script\s*>", re.I),
    "head": re.compile(r"</head\s*>", re.I),
}
_HTML_TAG = re.compile(r"<[/!]?[a-z][a-z0-9]*\b[^<>]*>", re.I)
_HTML_BREAK = re.compile(r"</?(?:p|br|div|tr|li|ul|ol|table|h\d)\b", re.I)
_ESCAPED_TAG = re.compile(rf"&lt;(?P<name>/?{_TAGS})\b[^&<>]{{0,80}}&gt;", re.I)
_HTML_ENTITY_SIGN = re.compile(r"&(?:nbsp|lt|gt|amp|quot|apos|#\d{2,5}|#x[0-9a-f]{2,4});", re.I)
_HTML_ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9a-f]{1,5}|[a-z]{2,8}\d{0,2});", re.I)
_HL7_BREAK = re.compile(r"\\\.(?:br|sp\d*|ce)\\|\\X0[AD](?:0[AD])?\\", re.I)
_BARS = re.compile(r"\|\|")
_WRITTEN_OUT = re.compile(r"\\r\\n|\\n|\\r(?![a-z])")
_TILDE = re.compile(r"(?<=[^\s~])~(?=[^\W\d_])")
FEWEST_BREAKS = 2
"""A sign that may mean something else is a line break only where it stands this often."""


def clean(text: str) -> tuple[str, tuple[Cleaned, ...]]:
    """The text with everything that is not text blanked out, of the same length, and what was found."""
    found: set[Cleaned] = set()
    text = _blank_control(text, found)
    if is_rtf(text):
        text = blank_rtf(text)
        found.add(Cleaned.RTF)
    text = _break_lines(text, found)
    if "&" in text and _ESCAPED_TAG.search(text):
        text = _ESCAPED_TAG.sub(_blank_escaped_tag, text)
        found.add(Cleaned.HTML)
    if "<" in text and _HTML_SIGN.search(text):
        text = _HTML_TAG.sub(_blank_tag, _blank_hidden(text))
        text = _HTML_ENTITY.sub(_entity, text)
        found.add(Cleaned.HTML)
    elif "&" in text and _HTML_ENTITY_SIGN.search(text):
        text = _HTML_ENTITY.sub(_entity, text)
        found.add(Cleaned.HTML)
    text = _blank_control(text, found)
    return text, tuple(what for what in Cleaned if what in found)


def _blank_control(text: str, found: set[Cleaned]) -> str:
    if not _CONTROL.search(text):
        return text
    found.add(Cleaned.CONTROL)
    return _CONTROL.sub(lambda match: "\n" if match.group() in _PAGE_BREAKS else " ", text)


def _break_lines(text: str, found: set[Cleaned]) -> str:
    """With line breaks for the signs that HL7 and databases export in their place."""
    signs = [_HL7_BREAK] if "\\" in text else []
    doubtful = [_BARS] if "\n" in text.strip() else [_BARS, _WRITTEN_OUT, _TILDE]
    signs += [sign for sign in doubtful if len(sign.findall(text)) >= FEWEST_BREAKS]
    broken = text
    for sign in signs:
        broken = sign.sub(_line_break, broken)
    if broken != text:
        found.add(Cleaned.LINE_BREAKS)
    return broken


def _blank_hidden(text: str) -> str:
    """Without what is never shown; what has no end is left, and its end looked for only once."""
    parts: list[str] = []
    at = 0
    endless: set[str] = set()
    for opening in _HTML_HIDDEN.finditer(text):
        kind = opening["kind"].lower()
        if opening.start() < at or kind in endless:
            continue
        ending = _HTML_HIDDEN_END[kind].search(text, opening.end())
        if ending is None:
            endless.add(kind)
            continue
        parts += [text[at : opening.start()], " " * (ending.end() - opening.start())]
        at = ending.end()
    return "".join([*parts, text[at:]])


def _line_break(match: re.Match[str]) -> str:
    return "\n".ljust(len(match.group()))


def _blank_escaped_tag(match: re.Match[str]) -> str:
    return ("\n" if _HTML_BREAK.match(f"<{match['name']}") else " ").ljust(len(match.group()))


def _blank_tag(match: re.Match[str]) -> str:
    return ("\n" if _HTML_BREAK.match(match.group()) else " ").ljust(len(match.group()))


def _entity(match: re.Match[str]) -> str:
    character = unescape(match.group())
    if len(character) != 1:
        return match.group()
    return character.replace("\xa0", " ").ljust(len(match.group()))
