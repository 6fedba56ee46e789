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
    """Text of one section in which line ends mean nothing: `start` to `end` of the report.

    `uncertain`: no findings heading follows, so the findings may have begun within it.
    `listed`: it began with a bullet or number.
    """

    start: int
    end: int
    section: SectionKind
    uncertain: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of one line: its text, which may be empty, and the heading before it.

    `title`: it only names the examination; `first`: it begins its line.
    """

    line: int
    start: int
    end: int
    heading: SectionKind | None
    title: bool
    first: bool


_ONE_LINE = frozenset({SectionKind.ADMINISTRATIVE, SectionKind.EXAM})
MAX_SUBHEADING_WORDS = 6


def runs(lines: Sequence[Line], finder: HeadingFinder, unfinished: frozenset[str]) -> Iterator[Run]:
    """The runs of a report in order."""
    passages = list(_passages(lines, finder))
    headed = {passage.line for passage in passages if passage.first and (passage.heading or passage.title)}
    bare = {passage.line for passage in passages if passage.start == passage.end}
    continues = [
        joins and i not in headed and i - 1 not in bare
        for i, joins in enumerate(continuations(lines, unfinished))
    ]
    current: Run | None = None
    for passage, (section, uncertain) in zip(passages, _sections(passages, lines, continues), strict=True):
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
        current = Run(passage.start, passage.end, section, uncertain, lines[passage.line].marker > 0)
    if current:
        yield current


def _passages(lines: Sequence[Line], finder: HeadingFinder) -> Iterator[Passage]:
    nothing_yet = True
    for i, line in enumerate(lines):
        content = line.content
        offset, end = line.start + line.marker, line.start + len(line.text)
        listed = i + 1 < len(lines) and lines[i + 1].marker > 0
        heading = _unless_subject(finder.at_start(content), content, listed=listed)
        if heading is None and finder.is_title(content, first=nothing_yet and len(lines) > 1):
            as_sentence = content.endswith(".") and not nothing_yet
            yield Passage(i, offset if as_sentence else end, end, None, title=True, first=True)
        elif heading and _names_exam(heading, content, finder):
            yield Passage(i, end, end, None, title=True, first=True)
        else:
            nothing_yet = nothing_yet and heading is not None
            yield from _split(i, content, offset, heading, finder)


def _names_exam(heading: Heading, content: str, finder: HeadingFinder) -> bool:
    exam = heading.kind is SectionKind.EXAM and ":" not in content[heading.content :]
    return exam and finder.is_title(content[heading.content :], first=True)


def _unless_subject(heading: Heading | None, content: str, *, listed: bool) -> Heading | None:
    """ "Brain:" goes with the sentence below it, as its subject; "BRAIN", or "Brain:" above a list, does not."""
    structure = heading is not None and heading.kind is SectionKind.STRUCTURE
    return None if structure and content.endswith(":") and not listed else heading


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
) -> Iterator[tuple[SectionKind, bool]]:
    findings_ahead = _findings_ahead(passages)
    section, closing, first_line = SectionKind.NONE, False, -1
    for n, passage in enumerate(passages):
        if passage.title:
            section, closing = (
                (section, closing) if section is SectionKind.TECHNIQUE else (SectionKind.NONE, False)
            )
            yield SectionKind.TECHNIQUE, False
            continue
        if passage.heading and passage.heading is not SectionKind.STRUCTURE:
            section, first_line = passage.heading, -1
            closing = not section.labelled and (section in _ONE_LINE or not findings_ahead[n])
        if closing and passage.end > passage.start:
            if first_line < 0:
                first_line = passage.line
            elif _closes(lines, first_line, passage.line, continues):
                section, closing = SectionKind.NONE, False
        yield section, closing


def _findings_ahead(passages: Sequence[Passage]) -> list[bool]:
    ahead, answers = False, []
    for passage in reversed(passages):
        answers.append(ahead)
        ahead = (ahead or passage.heading is SectionKind.FINDINGS) and not passage.title
    return answers[::-1]


def _closes(lines: Sequence[Line], first: int, now: int, continues: Sequence[bool]) -> bool:
    """Whether line `now` no longer belongs to the section whose text began in line `first`."""
    if continues[now]:
        return False
    listed = lines[first].marker and lines[now].marker and not lines[now].after_blank
    return not listed
