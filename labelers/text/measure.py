"""How well reports are read, against gold spans: sentence ends, exact spans, what the labeler never sees."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from labelers.text.report import ReportReader, Sentence

HEADING = "heading"
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
    found: int = 0
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
        return 2 * self.exact / max(1, self.found + self.gold_ends)

    def as_dict(self) -> dict[str, object]:
        """The figures, rounded, for printing."""
        return {
            "reports": self.reports,
            "reports_per_second": round(self.reports / max(1e-9, self.seconds)),
            "boundary_precision": round(self.precision, 4),
            "boundary_recall": round(self.recall, 4),
            "boundary_f1": round(self.f1, 4),
            "exact_span_f1": round(self.exact_f1, 4),
            "kept_away": {
                role: f"{self.kept_away[role]}/{count} ({self.kept_away[role] / count:.3f})"
                for role, count in sorted(self.total.items())
            },
            "mentions_lost": f"{self.mentions_lost}/{self.mentions} "
            f"({self.mentions_lost / max(1, self.mentions):.4f})",
        }


def measure(
    reader: ReportReader, reports: Mapping[str, str], gold: Mapping[str, Sequence[GoldSentence]]
) -> Reading:
    """Read every report and compare.

    A boundary is the end of a sentence, white space aside. Ends of gold headings count neither way: whether
    a heading stands alone or before its sentence, what matters is where sentences end.
    """
    reading = Reading()
    for report_id, text in reports.items():
        began = time.perf_counter()
        sentences = reader.sentences(text)
        reading.seconds += time.perf_counter() - began
        reading.reports += 1
        _count_spans(reading, text, sentences, gold[report_id])
        _count_roles(reading, sentences, gold[report_id])
    return reading


def _count_spans(
    reading: Reading, text: str, sentences: Sequence[Sentence], gold: Sequence[GoldSentence]
) -> None:
    heading_ends = {one.end for one in gold if one.role == HEADING}
    gold_starts = {one.end: one.start for one in gold if one.role != HEADING}
    found = {one.end: one.start for one in sentences if one.end not in heading_ends}
    reading.gold_ends += len(gold_starts)
    reading.found_ends += len(found)
    reading.found += len(found)
    both = gold_starts.keys() & found.keys()
    reading.true_ends += len(both)
    reading.exact += sum(same_start(text, gold_starts[end], found[end]) for end in both)


def same_start(text: str, gold: int, found: int) -> bool:
    """Whether nothing but a bullet, a number or a heading lies between the two starts."""
    low, high = sorted((gold, found))
    return low == high or _PREFIX.fullmatch(text, low, high) is not None


def _count_roles(reading: Reading, sentences: Sequence[Sentence], gold: Sequence[GoldSentence]) -> None:
    labelled = [(one.start, one.end) for one in sentences if one.labelled]
    for one in gold:
        reaches = _overlap(labelled, one) * 2 > one.end - one.start
        reading.total[one.role] += 1
        reading.kept_away[one.role] += not reaches
        reading.mentions += one.mentions
        reading.mentions_lost += one.mentions and not reaches


def _overlap(spans: Iterable[tuple[int, int]], one: GoldSentence) -> int:
    return sum(max(0, min(end, one.end) - max(start, one.start)) for start, end in spans)
