"""How well reports are read, against gold spans: sentence ends, exact spans, what the labeler never sees.

`python -m labelers.text.measure REPORTS.parquet SENTENCES.parquet` prints the figures as JSON.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from labelers.text.report import ReportReader, Sentence
from schemas.certainty import Certainty

NOT_MENTIONED = Certainty.NOT_MENTIONED.label
_NOT_LABELS = frozenset({"report_id", "index", "modality", "start", "end", "text", "role"})
HEADING, HISTORY = "heading", "history"
_INLINE_HEADING = re.compile(r"[\w /]{2,40}:\s*(?:\d{1,2}[.)]\s*)?(?=\S)")
_PREFIX = re.compile(r"[\W_]*(?:\d{1,2}[.)]|\(?[a-h]\))?[\W_]*(?:[\w/ .'-]{1,40}[:)\]-]+)?[\W_]*")


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """A sentence or heading as annotated; `mentions`: it carries a label."""

    start: int
    end: int
    role: str
    mentions: bool


@dataclass(slots=True)
class Reading:
    """Counts over the reports read so far."""

    true_ends: int = 0
    found_ends: int = 0
    gold_ends: int = 0
    exact: int = 0
    strict: Counter[str] = field(default_factory=Counter)
    kept_away: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    mentions: int = 0
    mentions_lost: int = 0
    seconds: float = 0.0
    reports: int = 0

    @property
    def precision(self) -> float:
        """Share of the sentence ends found that are gold ends."""
        return self.true_ends / max(1, self.found_ends)

    @property
    def recall(self) -> float:
        """Share of the gold ends that were found."""
        return self.true_ends / max(1, self.gold_ends)

    @property
    def f1(self) -> float:
        """Of the sentence ends."""
        return 2 * self.true_ends / max(1, self.found_ends + self.gold_ends)

    @property
    def exact_f1(self) -> float:
        """Of whole sentences: the same end, and starts that differ by a bullet or heading at most."""
        return 2 * self.exact / max(1, self.found_ends + self.gold_ends)

    @property
    def strict_f1(self) -> float:
        """Of the sentence ends, with those within histories counted, too."""
        return 2 * self.strict["true"] / max(1, self.strict["found"] + self.strict["gold"])

    def as_dict(self) -> dict[str, object]:
        """The figures, rounded, for printing."""
        return {
            "reports": self.reports,
            "reports_per_second": round(self.reports / max(1e-9, self.seconds)),
            "boundary_precision": round(self.precision, 4),
            "boundary_recall": round(self.recall, 4),
            "boundary_f1": round(self.f1, 4),
            "boundary_f1_with_history": round(self.strict_f1, 4),
            "exact_span_f1": round(self.exact_f1, 4),
            "kept_away": {
                role: f"{self.kept_away[role]}/{count} ({self.kept_away[role] / count:.3f})"
                for role, count in sorted(self.total.items())
            },
            "mentions_lost": f"{self.mentions_lost}/{self.mentions} "
            f"({self.mentions_lost / max(1, self.mentions):.4f})",
        }


def read_gold(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[GoldSentence]]:
    """Gold sentences by report from rows of `report_id`, `start`, `end`, `role` and one column for each label."""
    gold: dict[str, list[GoldSentence]] = {}
    for row in rows:
        mentions = any(row[key] not in (None, NOT_MENTIONED) for key in row.keys() - _NOT_LABELS)
        sentence = GoldSentence(row["start"], row["end"], row["role"], mentions)
        gold.setdefault(row["report_id"], []).append(sentence)
    return gold


def measure(
    reader: ReportReader, reports: Mapping[str, str], gold: Mapping[str, Sequence[GoldSentence]]
) -> Reading:
    """Read every report and compare.

    A boundary is the end of a sentence. Ends of headings count neither way, since what matters is where sentences
    end. Ends within a history count neither way, too: the gold spans hold a history as one, however many sentences
    it has. `boundary_f1_with_history` counts these as errors.
    """
    reading = Reading()
    for report_id, text in reports.items():
        began = time.process_time()
        sentences = reader.sentences(text)
        reading.seconds += time.process_time() - began
        reading.reports += 1
        _count_spans(reading, text, sentences, gold[report_id])
        _count_roles(reading, text, sentences, gold[report_id])
    return reading


def _count_spans(
    reading: Reading, text: str, sentences: Sequence[Sentence], gold: Sequence[GoldSentence]
) -> None:
    heading_ends = {one.end for one in gold if one.role == HEADING}
    histories = [(one.start, one.end) for one in gold if one.role == HISTORY]
    starts = {one.end: one.start for one in gold if one.role != HEADING}
    found = {one.end: one.start for one in sentences if one.end not in heading_ends}
    reading.strict.update(true=len(starts.keys() & found.keys()), found=len(found), gold=len(starts))
    starts = {end: start for end, start in starts.items() if not _within(end, histories)}
    found = {end: start for end, start in found.items() if not _within(end, histories)}
    both = starts.keys() & found.keys()
    reading.gold_ends += len(starts)
    reading.found_ends += len(found)
    reading.true_ends += len(both)
    reading.exact += sum(same_start(text, starts[end], found[end]) for end in both)


def _within(end: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(low < end <= high for low, high in spans)


def same_start(text: str, gold: int, found: int) -> bool:
    """Whether nothing but a bullet, a number or a heading lies between the two starts."""
    low, high = sorted((gold, found))
    return low == high or _PREFIX.fullmatch(text, low, high) is not None


def _count_roles(
    reading: Reading, text: str, sentences: Sequence[Sentence], gold: Sequence[GoldSentence]
) -> None:
    labelled = [(one.start, one.end) for one in sentences if one.labelled]
    for one in gold:
        reaches = _overlap(labelled, one) * 2 > one.end - _body_start(text, one)
        reading.total[one.role] += 1
        reading.kept_away[one.role] += not reaches
        reading.mentions += one.mentions
        reading.mentions_lost += one.mentions and not reaches


def _body_start(text: str, one: GoldSentence) -> int:
    """Behind an in-line heading, which no sentence includes."""
    match = _INLINE_HEADING.match(text, one.start, one.end)
    return match.end() if match else one.start


def _overlap(spans: Iterable[tuple[int, int]], one: GoldSentence) -> int:
    return sum(max(0, min(end, one.end) - max(start, one.start)) for start, end in spans)


def main(arguments: list[str]) -> int:
    """Measure on REPORTS and SENTENCES; 2 where the arguments do not fit."""
    if len(arguments) != 2:
        sys.stderr.write("usage: python -m labelers.text.measure REPORTS.parquet SENTENCES.parquet\n")
        return 2
    reports, sentences = (pq.read_table(Path(argument)) for argument in arguments)
    texts = dict(zip(reports["report_id"].to_pylist(), reports["report_text"].to_pylist(), strict=True))
    reading = measure(ReportReader.load(), texts, read_gold(sentences.to_pylist()))
    sys.stdout.write(json.dumps(reading.as_dict(), indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
