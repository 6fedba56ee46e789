"""From a report's raw text to its sentences, each with its span, its section and whether it is labelled."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from labelers.text.layout import runs
from labelers.text.lines import scan_lines
from labelers.text.roles import RoleJudge
from labelers.text.sections import HeadingFinder, SectionKind
from labelers.text.sentences import SentenceSplitter
from schemas.hashing import hash_json

READER_VERSION = 1


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as `text[start:end]` of the raw report; `labelled`: it goes to the labeler."""

    start: int
    end: int
    section: SectionKind
    labelled: bool


_SPACES = {ord(space): " " for space in "\t\u00a0\u2007\u202f\u2009\u200a\u3000\u200b\ufeff"}
_BROKEN_WORD = re.compile(r"(?<=\w)-[ \t]*\r?\n[ \t]*(?=\w)")


def sentence_text(raw: str) -> str:
    """What labelers see of a sentence: hard-wrapped lines joined, white space collapsed."""
    return " ".join(_BROKEN_WORD.sub("-", raw).translate(_SPACES).split())


class ReportReader:
    """Reads reports; immutable and picklable, so each worker can have its own."""

    def __init__(self, headings: HeadingFinder, splitter: SentenceSplitter, judge: RoleJudge) -> None:
        self.headings = headings
        self.splitter = splitter
        self.judge = judge
        configured = (headings.table, splitter.parameters, splitter.rules, judge.table)
        self.fingerprint = hash_json([READER_VERSION, *(_plain(part) for part in configured)])

    @classmethod
    def load(cls) -> ReportReader:
        """The reader of the shipped configuration."""
        return cls(HeadingFinder.load(), SentenceSplitter.load(), RoleJudge.load())

    def sentences(self, text: str) -> list[Sentence]:
        """The sentences in order; headings and titles are none."""
        flat = text.translate(_SPACES)
        found: list[Sentence] = []
        opening = True
        for run in runs(scan_lines(flat), self.headings, self.splitter.rules.connectives):
            for start, end in self.splitter.spans(flat, run.start, run.end):
                labelled = run.section.labelled and self._is_about_images(flat[start:end], opening=opening)
                opening = opening and not labelled
                found.append(Sentence(start, end, run.section, labelled))
        return found

    def _is_about_images(self, sentence: str, *, opening: bool) -> bool:
        return self.judge.role(sentence, opening=opening) is None


def _plain(part: BaseModel) -> Any:
    """JSON-able, sets in order."""
    return json.loads(json.dumps(part.model_dump(), default=sorted))
