"""From a report's raw text to its sentences, each with its span, its section and whether it is labelled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from labelers.text.layout import Run, runs
from labelers.text.lines import scan_lines
from labelers.text.roles import Role, RoleJudge
from labelers.text.sections import HeadingFinder, SectionKind
from labelers.text.sentences import SentenceSplitter
from schemas.conf import plain_conf
from schemas.hashing import hash_json, hash_sources

SOURCES = sorted(Path(__file__).parent.glob("*.py"))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as `text[start:end]` of the raw report; `labelled`: it goes to the labeler."""

    start: int
    end: int
    section: SectionKind
    labelled: bool


MAX_HISTORY = 400
MAX_JUDGED = 1000
_OPENING_SECTIONS = {
    Role.HISTORY: SectionKind.HISTORY,
    Role.TECHNIQUE: SectionKind.TECHNIQUE,
    Role.COMPARISON: SectionKind.COMPARISON,
}
_OF_THE_EXAM = frozenset({SectionKind.TECHNIQUE, SectionKind.EXAM})
_BEFORE_FINDINGS = _OF_THE_EXAM | {SectionKind.COMPARISON}
_SPACES = {ord(space): " " for space in "\t\u00a0\u2007\u202f\u2009\u200a\u3000\u200b\ufeff"}
_BROKEN_WORD = re.compile(r"(?<=\w)-[ \t]*\r?\n[ \t]*(?=\w)")


def sentence_text(raw: str) -> str:
    """What labelers see of a sentence: hard-wrapped lines joined, white space collapsed."""
    if "-" in raw and "\n" in raw:
        raw = _BROKEN_WORD.sub("-", raw)
    return " ".join(_plain_spaces(raw).split())


def _plain_spaces(text: str) -> str:
    """With a space in place of every other blank that is one character wide."""
    return text.replace("\t", " ") if text.isascii() else text.translate(_SPACES)


class ReportReader:
    """Reads reports; immutable and picklable, so each worker can have its own."""

    def __init__(self, headings: HeadingFinder, splitter: SentenceSplitter, judge: RoleJudge) -> None:
        self.headings = headings
        self.splitter = splitter
        self.judge = judge
        configured = (headings.table, splitter.parameters, splitter.rules, judge.table)
        self.fingerprint = hash_json([hash_sources(SOURCES), *(plain_conf(part) for part in configured)])

    @classmethod
    def load(cls) -> ReportReader:
        """The reader of the shipped configuration."""
        return cls(HeadingFinder.load(), SentenceSplitter.load(), RoleJudge.load())

    def sentences(self, text: str) -> list[Sentence]:
        """The sentences in order; headings and titles are none."""
        flat = _plain_spaces(text)
        found: list[Sentence] = []
        opening = True
        parts = list(runs(scan_lines(flat), self.headings, self.splitter.unfinished))
        section = SectionKind.NONE
        for n, run in enumerate(parts):
            below = section is SectionKind.HISTORY and "\n\n" not in _gap(flat, parts[n - 1], run)
            section = self._section(run, flat, opening=opening and n + 1 < len(parts), below_history=below)
            for start, end in self.splitter.spans(flat, run.start, run.end):
                first = not found or found[-1].start < run.start
                if run.uncertain and self._findings_began(run.section, flat[start:end], first=first):
                    section = SectionKind.NONE
                labelled = section.labelled and not self._is_aside(flat[start:end])
                found.append(Sentence(start, end, section, labelled))
            opening = opening and not section.labelled
        return found

    def _is_aside(self, sentence: str) -> bool:
        """Whether a rule says that it is not about the images; longer ones are not even asked."""
        return len(sentence) <= MAX_JUDGED and self.judge.role(sentence) is not None

    def _findings_began(self, section: SectionKind, sentence: str, *, first: bool) -> bool:
        """Whether findings begin, with no heading, in what began as history or the like.

        Only with a sentence that is worded as a finding. Never with the `first` one, but where the name of the
        examination is its subject, or a change ("Follow-up: ..."); what follows technique or comparison need only
        name a finding.
        """
        judged = sentence[:MAX_JUDGED]
        if first and section is SectionKind.ADVICE:
            return self.judge.tells_of_change(judged)
        if first:
            return section in _OF_THE_EXAM and self.judge.says_what_it_shows(judged)
        if self.judge.tells_of_images(judged):
            return True
        return section in _BEFORE_FINDINGS and self.judge.names_finding(judged)

    def _section(self, run: Run, text: str, *, opening: bool, below_history: bool) -> SectionKind:
        short = not run.listed and run.end - run.start <= MAX_HISTORY
        if not (opening and run.section is SectionKind.NONE and short):
            return run.section
        passage = text[run.start : run.end]
        if below_history and self.judge.continues_history(passage):
            return SectionKind.HISTORY
        role = self.judge.opening_role(passage)
        return _OPENING_SECTIONS.get(role, run.section) if role else run.section


def _gap(text: str, before: Run, run: Run) -> str:
    """What stands between two runs, without blanks."""
    return "".join(text[before.end : run.start].replace("\r", "").split(" "))
