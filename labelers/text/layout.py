"""The layout of a report: its lines ordered into runs of text, each with the section it belongs to.

A heading heads everything up to the next one, with one care: where history, technique and the like are
followed by findings without a heading of their own, they end with their own line (or their paragraph, where
blank lines part the report), so that no finding is taken for history.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labelers.text.lines import Line, continuations
from labelers.text.sections import Heading, HeadingFinder, SectionKind


@dataclass(slots=True)
class Run:
    """Text of one section in which line ends mean nothing: `start` to `end` of the report."""

    start: int
    end: int
    section: SectionKind


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of one line: the heading before it, if any, and its text, which may be empty."""

    line: int
    start: int
    end: int
    heading: SectionKind | None
    title: bool
    first: bool


_ONE_LINE = frozenset({SectionKind.ADMINISTRATIVE, SectionKind.EXAM})
MAX_SUBHEADING_WORDS = 6


def runs(lines: Sequence[Line], finder: HeadingFinder, connectives: frozenset[str]) -> Iterator[Run]:
    """The runs of a report in order."""
    passages = list(_passages(lines, finder))
    headed = {passage.line for passage in passages if passage.first and (passage.heading or passage.title)}
    bare = {passage.line for passage in passages if passage.start == passage.end}
    continues = [
        joins and i not in headed and i - 1 not in bare
        for i, joins in enumerate(continuations(lines, connectives))
    ]
    current: Run | None = None
    for passage, section in zip(passages, _sections(passages, lines, continues), strict=True):
        if passage.start == passage.end:
            continue
        if (
            current
            and passage.first
            and _attaches(lines, passage, current, continues)
            and section is current.section
        ):
            current.end = passage.end
            continue
        if current:
            yield current
        current = Run(passage.start, passage.end, section)
    if current:
        yield current


def _passages(lines: Sequence[Line], finder: HeadingFinder) -> Iterator[Passage]:
    before_text = True
    for i, line in enumerate(lines):
        content = line.content
        offset, end = line.start + line.marker, line.start + len(line.text)
        heading = finder.at_start(content)
        if heading is None and finder.is_title(content, first=before_text and len(lines) > 1):
            yield Passage(i, end, end, None, title=True, first=True)
            continue
        heading = _structure_with_colon_is_text(heading, content)
        if (
            heading
            and heading.kind is SectionKind.EXAM
            and finder.is_title(content[heading.content :], first=True)
        ):
            yield Passage(i, end, end, SectionKind.EXAM, title=False, first=True)
            continue
        before_text = before_text and heading is not None
        yield from _split(i, content, offset, heading, finder)


def _structure_with_colon_is_text(heading: Heading | None, content: str) -> Heading | None:
    """ "Brain:" goes with the sentence below it, which it gives its subject; "BRAIN" does not."""
    structure = heading is not None and heading.kind is SectionKind.STRUCTURE
    return None if structure and content.endswith(":") else heading


def _split(
    line: int, content: str, offset: int, heading: Heading | None, finder: HeadingFinder
) -> Iterator[Passage]:
    begin = heading.content if heading else 0
    kind, first = (heading.kind if heading else None), True
    for inner in finder.inside(content, begin):
        if inner.start > begin or kind:
            yield Passage(line, offset + begin, offset + inner.start, kind, title=False, first=first)
        begin, kind, first = inner.content, inner.kind, False
    yield Passage(line, offset + begin, offset + len(content), kind, title=False, first=first)


def _attaches(lines: Sequence[Line], passage: Passage, current: Run, continues: Sequence[bool]) -> bool:
    i = passage.line
    if continues[i]:
        return True
    return not lines[i].marker and _is_subheading(lines[i - 1], current)


def _is_subheading(line: Line, current: Run) -> bool:
    alone = current.start >= line.start and line.text.endswith(":")
    return alone and len(line.text.split()) <= MAX_SUBHEADING_WORDS


def _sections(
    passages: Sequence[Passage], lines: Sequence[Line], continues: Sequence[bool]
) -> Iterator[SectionKind]:
    findings_ahead = _findings_ahead(passages)
    section, closing, first_line = SectionKind.NONE, False, -1
    for n, passage in enumerate(passages):
        if passage.title and section is not SectionKind.TECHNIQUE:
            section = SectionKind.NONE
        if passage.heading and passage.heading is not SectionKind.STRUCTURE:
            section, first_line = passage.heading, -1
            closing = not section.labelled and (section in _ONE_LINE or not findings_ahead[n])
        if closing and passage.end > passage.start:
            if first_line < 0:
                first_line = passage.line
            elif _closes(lines, first_line, passage.line, continues):
                section, closing = SectionKind.NONE, False
        yield section


def _findings_ahead(passages: Sequence[Passage]) -> list[bool]:
    ahead, answers = False, []
    for passage in reversed(passages):
        answers.append(ahead)
        ahead = (ahead or passage.heading is SectionKind.FINDINGS) and not passage.title
    return answers[::-1]


def _closes(lines: Sequence[Line], first: int, now: int, continues: Sequence[bool]) -> bool:
    """Whether line `now` no longer belongs to the section whose text began in line `first`."""
    if all(continues[first + 1 : now + 1]):
        return False
    listed = lines[first].marker and lines[now].marker and not lines[now].after_blank
    return not listed
