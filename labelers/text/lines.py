"""Lines of a report, and which of them continue the line before (hard-wrapped text)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its edges: `text` stands at `start` of the report, after a bullet of `marker` length."""

    start: int
    text: str
    marker: int
    after_blank: bool

    @property
    def content(self) -> str:
        """The text behind the bullet or number."""
        return self.text[self.marker :]


_QUOTE = r"(?:[>|]\s*)*"
_BULLET = r"(?!-[vV][eE]\b)(?:[-*•·◦▪●○‣–—➢✓]+|#{1,6})\s*(?=[^\W\d_(\"'\[?]|\*\*)"
_NUMBER = r"\(?(?:\d{1,2}|[a-hA-H]|[ivIV]{1,3})\)\s+|\d{1,2}\.\s+(?=\D)"
MARKER = re.compile(rf"{_QUOTE}(?:{_BULLET}|{_NUMBER})?")
MAX_WIDTH = 140
MIN_WIDTH = 30
FEWEST_SPACED = 6
_CLOSING = "\"')]*_"


def scan_lines(text: str) -> list[Line]:
    """The lines that hold anything but white space, in order."""
    lines: list[Line] = []
    start, blank = 0, False
    for raw in text.splitlines(keepends=True):
        stripped = raw.strip()
        if stripped:
            match = MARKER.match(stripped)
            marker = match.end() if match else 0
            offset = start + len(raw) - len(raw.lstrip())
            lines.append(Line(offset, stripped, marker if marker < len(stripped) else 0, blank))
        blank = not stripped
        start += len(raw)
    return [replace(line, after_blank=False) for line in lines] if _is_double_spaced(lines) else lines


def _is_double_spaced(lines: Sequence[Line]) -> bool:
    """Whether a blank line before each line says nothing, as where pages are exported: the text is wrapped."""
    if len(lines) < FEWEST_SPACED or sum(line.after_blank for line in lines) < len(lines) - 2:
        return False
    narrow = all(len(line.text) <= MAX_WIDTH for line in lines)
    open_ended = sum(not _is_ended(line) for line in lines)
    small = sum(_lower_start(line) for line in lines)
    return narrow and open_ended >= 0.5 * len(lines) and small >= 0.3 * len(lines)


def continuations(lines: Sequence[Line], unfinished: frozenset[str]) -> list[bool]:
    """For each line, whether it continues the one before it; `unfinished`: words that no line of text ends with.

    A report is taken as hard-wrapped where its lines are full: the next line's first word would not have
    fitted.
    """
    open_ended = [_open_ended(lines, i, unfinished) for i in range(len(lines))]
    if not any(open_ended):
        return open_ended
    width = max(len(line.text) for line in lines)
    full = [i > 0 and _is_full(lines[i - 1], lines[i], width) for i in range(len(lines))]
    wrapped = _is_wrapped(lines, open_ended, full)
    lower_matters = not _is_all_lower(lines)

    def joins(i: int) -> bool:
        if (wrapped and full[i]) or _dangles(lines[i - 1], unfinished):
            return True
        return lower_matters and _lower_start(lines[i]) and len(lines[i - 1].text) >= MIN_WIDTH

    return [is_open and joins(i) for i, is_open in enumerate(open_ended)]


def _open_ended(lines: Sequence[Line], i: int, unfinished: frozenset[str]) -> bool:
    if i == 0:
        return False
    line = lines[i]
    if line.after_blank or line.marker:
        return False
    abbreviated = _dangles(lines[i - 1], unfinished) and not line.text[0].isupper()
    return abbreviated or not _is_ended(lines[i - 1])


def _is_ended(line: Line) -> bool:
    return line.text.rstrip(_CLOSING).endswith((".", "!", "?", ":", ";"))


def _is_full(line: Line, following: Line, width: int) -> bool:
    if not MIN_WIDTH <= width <= MAX_WIDTH:
        return False
    first = following.text.split(None, 1)[0]
    return len(line.text) + 1 + len(first) > width


def _is_wrapped(lines: Sequence[Line], open_ended: Sequence[bool], full: Sequence[bool]) -> bool:
    candidates = sum(open_ended)
    of_them_full = sum(is_full for is_open, is_full in zip(open_ended, full, strict=True) if is_open)
    if candidates >= 2:
        return of_them_full >= 0.6 * candidates
    ended = sum(_is_ended(line) for line in lines)
    return of_them_full == 1 and ended >= 0.5 * len(lines)


def _lower_start(line: Line) -> bool:
    return line.text[0].islower() or line.text[0] in "(,"


def _is_all_lower(lines: Sequence[Line]) -> bool:
    """Written without capitals: then a small letter at a line's start says nothing."""
    return sum(line.text[line.marker].islower() for line in lines) >= 0.7 * len(lines) and not any(
        line.text[0].isupper() and _is_ended(before) for before, line in pairwise(lines)
    )


def _dangles(line: Line, unfinished: frozenset[str]) -> bool:
    if line.text[-1] in ",-/" and len(line.text) > 1 and line.text[-2].isalnum():
        return True
    return line.text.rsplit(None, 1)[-1].lower() in unfinished
