"""Section headings: which lines are one, and of which kind. They are data: `conf/text/headings.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from labelers.text.memory import remembering
from schemas.conf import CONF_DIR, Frozen, load_conf


class SectionKind(StrEnum):
    """What a part of a report is for; `none` is text before or without any heading."""

    NONE = "none"
    HISTORY = "history"
    TECHNIQUE = "technique"
    COMPARISON = "comparison"
    FINDINGS = "findings"
    IMPRESSION = "impression"
    ADVICE = "advice"
    ADMINISTRATIVE = "administrative"
    EXAM = "exam"
    STRUCTURE = "structure"

    @property
    def labelled(self) -> bool:
        """Whether its text goes to the labeler."""
        return self in LABELLED_SECTIONS


LABELLED_SECTIONS = frozenset({SectionKind.NONE, SectionKind.FINDINGS, SectionKind.IMPRESSION})


class HeadingGroup(Frozen):
    """Headings of one kind; `colon`: only where a colon follows."""

    section: SectionKind
    example: str
    phrases: tuple[str, ...]
    colon: bool = False


class TitleWords(Frozen):
    """The words of a line that names the examination ("CT HEAD WITHOUT CONTRAST").

    A line with a word of `never` is none; one that names a finding neither, but beside the examination's purpose.
    """

    example: str
    modalities: frozenset[str]
    words: frozenset[str]
    never: frozenset[str]
    findings: frozenset[str]
    purposes: frozenset[str]
    max_words: int
    foreign_words: int


class HeadingTable(Frozen):
    """`conf/text/headings.yaml`."""

    groups: tuple[HeadingGroup, ...]
    qualifiers: frozenset[str]
    inline: frozenset[str]
    inline_not_after: frozenset[str]
    titles: TitleWords

    @cached_property
    def anywhere(self) -> dict[str, SectionKind]:
        """Phrases that are headings alone on a line, too."""
        return self._phrases(colon=False)

    @cached_property
    def before_colon(self) -> dict[str, SectionKind]:
        """All phrases."""
        return self._phrases(colon=True) | self.anywhere

    def _phrases(self, *, colon: bool) -> dict[str, SectionKind]:
        groups = (group for group in self.groups if group.colon == colon)
        return {normalise_heading(phrase): group.section for group in groups for phrase in group.phrases}


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within its line: it begins at `start`, and what it heads at `content`."""

    kind: SectionKind
    start: int
    content: int


MAX_HEADING = 60
MAX_SHORT = 3
"""Capitals of so few letters are an abbreviation, not a heading."""
MAX_TITLE = 160
_NOT_WORD = re.compile(r"[^\w/&'+#|-]+")
_PARENTHESES = re.compile(r"\([^)]*\)")
_COLON = re.compile(r"[\s*_\])]*:[\s*_\]:>-]*")
_CLOSED = re.compile(
    r"^[\[(<=_*\"]*\s*([^\W\d_][\w./' -]{0,40}?)\s*(?:[\])>]|=+>|==+|__|\s[-–—](?=\s|$)|[.](?=$))[\s*_:=\">-]*"
)
_CAPITALS = re.compile(r"^([A-Z][A-Z/&' -]+[A-Z])\s+(?=[A-Z0-9][a-z0-9 ])")
_LAST_WORDS = re.compile(r"(?:[A-Z]|(?<=[.] )[a-z])[\w/&'-]*(?:[ /]+[\w/&'-]+){0,3}$")
_SENTENCE_ENDED = re.compile(r"(?:[.;!?)\]*|,]|\s{2})\s*$")
_TAIL = re.compile(r"[.!?]\s+([A-Z][A-Za-z]+(?: [a-z]+){0,2})$")
_OPENS_RESULT = frozenset({SectionKind.FINDINGS, SectionKind.IMPRESSION})


def normalise_heading(phrase: str) -> str:
    """Lower case, single spaces, no decoration: "## Findings (head)" -> "findings"."""
    bare = _NOT_WORD.sub(" ", _PARENTHESES.sub(" ", phrase).lower()).replace(" & ", " and ")
    return " ".join(bare.replace("|", " ").split()).strip(" -#'/&+")


class HeadingFinder:
    """Finds the headings of a line by looking phrases up; remembers the last lines, as reports repeat them."""

    def __init__(self, table: HeadingTable) -> None:
        self.table = table
        self._anywhere = table.anywhere
        self._before_colon = table.before_colon
        self._title_words = table.titles.words | table.titles.modalities
        self._start_of = remembering(self._find_start)
        self._inside_of = remembering(self._find_inside)
        self._titles = remembering(self._names_exam)

    def __reduce__(self) -> tuple[type[HeadingFinder], tuple[HeadingTable]]:
        return type(self), (self.table,)

    @classmethod
    def load(cls) -> HeadingFinder:
        """The finder of the shipped headings."""
        return cls(load_conf(CONF_DIR / "text" / "headings.yaml", HeadingTable))

    def at_start(self, line: str) -> Heading | None:
        """The heading that `line` (stripped) begins with."""
        return self._start_of(line)

    def _find_start(self, line: str) -> Heading | None:
        colon = line.find(":", 0, MAX_HEADING)
        if colon > 0:
            kind = self._kind(line[:colon], self._before_colon)
            if kind is not None:
                match = _COLON.match(line, colon)
                content = match.end() if match else colon + 1
                return self._unless_structure(Heading(kind, 0, content), line)
        if len(line) <= MAX_HEADING:
            kind = self._kind(line, self._anywhere)
            if kind is not None:
                return Heading(kind, 0, len(line))
        return self._unless_structure(self._without_colon(line), line)

    def _without_colon(self, line: str) -> Heading | None:
        match = _CLOSED.match(line) or _CAPITALS.match(line)
        if match is None:
            return None
        kind = self._kind(match[1], self._anywhere)
        return None if kind is None else Heading(kind, 0, match.end())

    @staticmethod
    def _unless_structure(heading: Heading | None, line: str) -> Heading | None:
        """The name of a structure heads only the lines below it: "Sinuses: clear" is a sentence."""
        if heading and heading.kind is SectionKind.STRUCTURE and heading.content < len(line):
            return None
        return heading

    def inside(self, line: str, start: int) -> tuple[Heading, ...]:
        """Headings after `start`, before a colon: after a sentence's end, all in capitals, or unmistakable."""
        return self._inside_of(line, start)

    def _find_inside(self, line: str, start: int) -> tuple[Heading, ...]:
        found: list[Heading] = []
        colon = line.find(":", start + 1)
        while colon > 0:
            heading = self._before(line, start, colon)
            if heading is not None:
                found.append(heading)
                start = heading.content
            colon = line.find(":", colon + 1)
        return (*found, *self._at_end(line, start))

    def _at_end(self, line: str, start: int) -> list[Heading]:
        """A heading that was left at its line's end: "The sinuses are clear. Conclusion"."""
        match = _TAIL.search(line, max(start, len(line) - MAX_HEADING))
        kind = self._anywhere.get(normalise_heading(match[1])) if match else None
        return [Heading(kind, match.start(1), len(line))] if match and kind in _OPENS_RESULT else []

    def _before(self, line: str, start: int, colon: int) -> Heading | None:
        lowest = max(start, colon - MAX_HEADING)
        words = line[lowest:colon].rstrip(" *_")
        match = _LAST_WORDS.search(words)
        while match is not None:
            bare = normalise_heading(match[0])
            kind = (
                self._before_colon.get(bare) if match[0][0].isupper() or bare in self.table.inline else None
            )
            at = lowest + match.start()
            if (
                kind
                and kind not in (SectionKind.STRUCTURE, SectionKind.NONE)
                and self._stands_out(line, at, match[0])
            ):
                end = _COLON.match(line, lowest + len(words))
                return Heading(kind, at, end.end() if end else colon + 1)
            match = _LAST_WORDS.search(words, match.start() + 1)
        return None

    def _stands_out(self, line: str, at: int, phrase: str) -> bool:
        before = line[max(0, at - MAX_HEADING) : at].split()
        last = before[-1] if before else ""
        if phrase.isupper() and len(phrase) > MAX_SHORT and not last.isupper():
            return True
        if _SENTENCE_ENDED.search(line[max(0, at - 4) : at]):
            return True
        unmistakable = normalise_heading(phrase) in self.table.inline and not last.startswith("(")
        return unmistakable and last.lower().strip("-") not in self.table.inline_not_after

    def _kind(self, phrase: str, phrases: dict[str, SectionKind]) -> SectionKind | None:
        bare = normalise_heading(phrase)
        kind = phrases.get(bare)
        if kind is not None or " " not in bare:
            return kind
        words = bare.split()
        qualifiers = self.table.qualifiers
        while len(words) > 1 and words[0] in qualifiers:
            words.pop(0)
        while len(words) > 1 and words[-1] in qualifiers:
            words.pop()
        if len(words) == bare.count(" ") + 1:
            return None
        kind = phrases.get(" ".join(words))
        # "Follow-up CT" is an examination; its findings are no advice.
        names_exam = not self.table.titles.modalities.isdisjoint(bare.split())
        return None if kind is SectionKind.ADVICE and names_exam else kind

    def is_title(self, line: str, *, first: bool) -> bool:
        """Whether the line only names the examination; less strict where it comes `first`."""
        return self._titles(line, first)

    def _names_exam(self, line: str, first: bool) -> bool:
        titles = self.table.titles
        if len(line) > MAX_TITLE:
            return False
        words = [word for part in line.lower().split() if (word := part.strip(",.:;()[]*#>&+|-\"'"))]
        if not words or len(words) > titles.max_words:
            return False
        words = [part for word in words for part in self._parts(word)]
        if titles.modalities.isdisjoint(words) or not titles.never.isdisjoint(words):
            return False
        if not titles.findings.isdisjoint(words) and titles.purposes.isdisjoint(words):
            return False
        foreign = sum(word not in self._title_words and not _has_digit(word) for word in words)
        known = len(words) - foreign
        return foreign <= min(titles.foreign_words, known - 1) if first else foreign == 0

    def _parts(self, word: str) -> list[str]:
        return (
            [word]
            if word in self._title_words or "/" not in word
            else [part for part in word.split("/") if part]
        )


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)
