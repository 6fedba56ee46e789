"""From report rows to the distinct sentences that the labeler has to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from labelers.recipe import Unit
from labelers.text.choice import given_report
from labelers.text.report import ReportReader, Sentence, sentence_text
from labelers.text.sections import SectionKind
from pipeline.carrying import CarriedRows
from pipeline.cleaning import Cleaned, clean
from pipeline.eligibility import DEFAULT_ELIGIBILITY, Claim, Eligibility, Verdict
from pipeline.reading import ReportBatch
from schemas.status import Reason

SECTIONS: tuple[SectionKind, ...] = tuple(SectionKind)
SECTION_CODES: dict[SectionKind, int] = {kind: code for code, kind in enumerate(SECTIONS)}
Indices = npt.NDArray[np.int32]
LINE_END, PARAGRAPH_END = "\n", "\n\n"
_LEAD = re.compile(r"\W*([A-Za-z][\w /,&-]{2,40}?)\s*:")


@dataclass(frozen=True)
class Sentences:
    """All sentences of a batch as columns, in report order; spans count characters of the raw text.

    `report` is the row in the batch, `section` indexes SECTIONS, and `distinct_index` points into `distinct`,
    -1 for a sentence that the labeler does not read.
    """

    report: Indices
    start: Indices
    end: Indices
    section: npt.NDArray[np.int8]
    distinct_index: Indices
    distinct: list[str]

    @property
    def read(self) -> npt.NDArray[np.bool_]:
        """Which sentences the labeler reads."""
        return self.distinct_index >= 0


@dataclass(frozen=True)
class TextBatch:
    """A shard's rows with their sentences; `to_label` marks the rows that the labeler decides.

    `carried` holds what an earlier run found for others; `seconds` is what `text` and `unique` took.
    """

    reports: ReportBatch
    carried: CarriedRows | None
    to_label: npt.NDArray[np.bool_]
    cleaned: list[tuple[Cleaned, ...]]
    sentences: Sentences
    seconds: dict[str, float]

    def __len__(self) -> int:
        """Sentences to infer: what Beam counts as the batch's elements."""
        return len(self.sentences.distinct)


class _Row(NamedTuple):
    report: int
    sentence: Sentence
    text: str


@dataclass(frozen=True)
class TextStepConfig:
    """How text is read: by which eligibility rules, and for what kind of labeler.

    `unit` is what it reads at once: each sentence, or a report in the form in which labelers of these `sections`
    are trained.
    """

    eligibility: str = DEFAULT_ELIGIBILITY
    unit: Unit = Unit.SENTENCE
    sections: frozenset[SectionKind] = frozenset()


@dataclass(frozen=True)
class TextStep:
    """Eligibility, cleaning, sections and sentences; holds no state, so that any worker gives the same."""

    reader: ReportReader
    eligibility: Eligibility
    unit: Unit = Unit.SENTENCE
    sections: frozenset[SectionKind] = frozenset()

    @classmethod
    def load(cls, config: TextStepConfig) -> Self:
        """The step of a configuration, with the shipped reader.

        Raises:
            UsageError: there are no such eligibility rules, or they do not fit.
        """
        return cls(ReportReader.load(), Eligibility.load(config.eligibility), config.unit, config.sections)

    def read(self, batch: ReportBatch, *, carried: CarriedRows | None) -> TextBatch:
        """Settles each row that has no reason yet, but for those whose labels an earlier run has."""
        started = perf_counter()
        skip = np.zeros(len(batch), np.bool_)
        reasons = list(batch.reasons)
        if carried is not None:
            skip[carried.rows] = True
            for row, reason in zip(carried.rows, carried.reasons, strict=True):
                reasons[row] = reason
        cleaned: list[tuple[Cleaned, ...]] = [()] * len(batch)
        rows: list[_Row] = []
        for index, unsettled in enumerate(reason is None for reason in reasons):
            if not unsettled or skip[index]:
                continue
            text, cleaned[index] = clean(batch.texts[index] or "")
            verdict = self._judge(batch, index, text)
            reasons[index] = verdict.reason
            if verdict.reason is not None:
                continue
            found = list(self._sentences(index, text, verdict))
            if any(row.sentence.labelled for row in found):
                rows += found if self.unit is Unit.SENTENCE else [self._whole(index, text, found)]
            else:
                reasons[index] = Reason.HISTORY_ONLY
        to_label = np.array([reason is None for reason in reasons], np.bool_) & ~skip
        settled = replace(batch, reasons=reasons)
        read = perf_counter()
        sentences = _columns(rows)
        seconds = {"text": read - started, "unique": perf_counter() - read}
        return TextBatch(settled, carried, to_label, cleaned, sentences, seconds)

    def given(self, raw: str) -> list[str]:
        """The sentences of a raw text that go to the labeler, as they do where an archive is read."""
        text, _ = clean(raw)
        verdict = self.eligibility.judge(modality=None, exam_name=None, text=text)
        rows = self._sentences(0, text, verdict)
        return [sentence_text(row.text) for row in rows if row.sentence.labelled]

    def _sentences(self, report: int, text: str, verdict: Verdict) -> Iterator[_Row]:
        found = self.reader.sentences(text)
        for sentence, elsewhere in zip(found, self._elsewhere(text, found, verdict), strict=True):
            read = replace(sentence, labelled=False) if elsewhere and sentence.labelled else sentence
            yield _Row(report, read, text[sentence.start : sentence.end])

    def _elsewhere(self, text: str, sentences: Sequence[Sentence], verdict: Verdict) -> Iterator[bool]:
        """For each sentence, whether it is of another part of the body."""
        below = self._below_other_parts if verdict.other_parts else self._below_region_headings
        return below(text, sentences)

    def _below_other_parts(self, text: str, sentences: Sequence[Sentence]) -> Iterator[bool]:
        """Where several regions are reported together: by the heading above a sentence, or by itself."""
        headed_elsewhere = False
        for one in _headed(text, sentences):
            if one.heading:
                headed_elsewhere = self._heads_elsewhere(one.heading)
            part = self.eligibility.part_of(sentence_text(one.text))
            headed_elsewhere = headed_elsewhere and part is not Claim.HEAD
            yield headed_elsewhere or part is Claim.ELSEWHERE

    def _heads_elsewhere(self, heading: str) -> bool:
        named = self.eligibility.heads_elsewhere(heading)
        return named or self.eligibility.part_of(heading) is Claim.ELSEWHERE

    def _below_region_headings(self, text: str, sentences: Sequence[Sentence]) -> Iterator[bool]:
        """In a report of the head: below a heading that names another region, to the paragraph's end, or to that of
        the heading's line where the text begins in it.
        """
        end: str | None = None
        for one in _headed(text, sentences):
            if one.heading:
                named = self.eligibility.heads_elsewhere(one.heading)
                end = (PARAGRAPH_END if one.alone else LINE_END) if named else None
            elif end is not None and end in one.gap.replace(" ", ""):
                end = None
            if end is not None and self.eligibility.part_of(sentence_text(one.text)) is Claim.HEAD:
                end = None
            yield end is not None

    def _whole(self, report: int, text: str, rows: list[_Row]) -> _Row:
        given = given_report(text, [row.sentence for row in rows], self.sections)
        return _Row(report, Sentence(given.start, given.end, given.section, labelled=True), given.text)

    def _judge(self, batch: ReportBatch, index: int, text: str) -> Verdict:
        if not text.strip():
            return Verdict(Reason.NO_REPORT_TEXT)
        return self.eligibility.judge(
            modality=batch.modalities[index], exam_name=batch.exam_names[index], text=text
        )


class _Headed(NamedTuple):
    """A sentence's text with the heading above it, if any: whether that stands in a line of its own, and the gap
    between the sentence before and this one.
    """

    text: str
    heading: str
    alone: bool
    gap: str


def _headed(text: str, sentences: Iterable[Sentence]) -> Iterator[_Headed]:
    end = 0
    for sentence in sentences:
        gap, raw = text[end : sentence.start], text[sentence.start : sentence.end]
        lead = _LEAD.match(raw) if ":" in raw else None
        alone = (raw[lead.end() :].lstrip(" ")[:1] if lead else gap.rstrip(" ")[-1:]) == "\n"
        yield _Headed(raw, lead[1] if lead else gap.strip(), alone, gap)
        end = sentence.end


def _columns(rows: list[_Row]) -> Sentences:
    read = np.array([row.sentence.labelled for row in rows], np.bool_)
    raw = pa.array([row.text for row in rows if row.sentence.labelled], pa.string()).dictionary_encode()
    texts = pa.array([sentence_text(text) for text in raw.dictionary.to_pylist()], pa.string())
    encoded = texts.take(raw.indices).dictionary_encode()
    distinct_index = np.full(len(rows), -1, np.int32)
    distinct_index[read] = encoded.indices.to_numpy(zero_copy_only=False)
    return Sentences(
        report=np.array([row.report for row in rows], np.int32),
        start=np.array([row.sentence.start for row in rows], np.int32),
        end=np.array([row.sentence.end for row in rows], np.int32),
        section=np.array([SECTION_CODES[row.sentence.section] for row in rows], np.int8),
        distinct_index=distinct_index,
        distinct=encoded.dictionary.to_pylist(),
    )
