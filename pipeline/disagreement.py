"""Where a second labeler reads a run's sentences differently: how often, and a sample for a human to look at."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from labelers.base import ExplainingLabeler, Labeler, Mention, Probabilities, predicted_classes
from pipeline.evidence import Evidence
from schemas.errors import UsageError
from schemas.hashing import hash_json
from schemas.run import RunManifest

Confusion = npt.NDArray[np.int64]


class Kind(StrEnum):
    """How two labelers disagree on a label: one alone mentions it, or both do with other certainty."""

    RUN_ONLY = "run_only"
    OTHER_ONLY = "other_only"
    CERTAINTY = "certainty"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One label of one sentence; spans count characters, the sentence's in the raw report, others in the sentence.

    A probability is NaN where a run does not store it: of `not_mentioned`.
    """

    report_id: str
    start: int
    end: int
    section: str
    label: str
    kind: Kind
    run_class: str
    run_probability: float
    other_class: str
    other_probability: float
    because: Mention | None
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Counts (n_labels, n_C, n_C) of the run's class by the other's, over all sentences read, and the sample."""

    sentences: int
    confusion: Confusion
    sample: list[Disagreement]


@dataclass(slots=True)
class _Sample:
    """Of each stratum the few sentences whose hash is smallest: the same whatever the order or the shards."""

    per_stratum: int
    seed: int
    kept: dict[tuple[str, Kind], list[tuple[int, int, Disagreement]]] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)

    def rank(self, label: str, kind: Kind, text: str) -> int | None:
        """Where the sentence stands in its stratum; None where it is there already or cannot come in."""
        rank = int(hash_json([self.seed, label, kind.value, text.casefold()])[:15], 16)
        heap = self.kept.setdefault((label, kind), [])
        is_late = len(heap) >= self.per_stratum and -heap[0][0] <= rank
        return None if rank in self.known or is_late else rank

    def add(self, rank: int, found: Disagreement) -> None:
        """Takes it in, and the last of a full stratum out."""
        heap = self.kept[found.label, found.kind]
        self.known.add(rank)
        heapq.heappush(heap, (-rank, len(self.known), found))
        if len(heap) > self.per_stratum:
            heapq.heappop(heap)

    def sorted(self) -> list[Disagreement]:
        """By stratum, each in the order of its hashes."""
        return [found for heap in self.kept.values() for _, _, found in sorted(heap, key=lambda e: -e[0])]


def check_comparable(manifest: RunManifest, other: Labeler) -> None:
    """Holds the second labeler against the run.

    Raises:
        UsageError: it is the run's own, reads something else than sentences, or has other labels or classes.
    """
    label_set = manifest.label_set
    if other.fingerprint == manifest.fingerprints.labeler:
        raise UsageError(f"the run was made by this labeler ({other.name}): name another with --labeler")
    if manifest.unit != other.unit.value:
        raise UsageError(
            f"the run's labeler reads a {manifest.unit} at once, {other.name} a {other.unit.value}"
        )
    if (label_set.ids, label_set.classes) != (other.label_set.ids, other.label_set.classes):
        raise UsageError(f"{other.name} is for label set {other.label_set.id}, the run has {label_set.id}")


def compare_labelers(
    shards: Iterable[Evidence], other: Labeler, *, per_stratum: int, seed: int
) -> Comparison:
    """Reads a run's sentences again; a stratum of the sample holds each sentence once, whatever its case."""
    label_set = other.label_set
    n_classes = len(label_set.classes)
    confusion = np.zeros((len(label_set.ids), n_classes, n_classes), np.int64)
    sample = _Sample(per_stratum, seed)
    sentences = 0
    for shard in shards:
        probabilities = _read_once(other, shard.texts)
        classes = predicted_classes(probabilities)
        for label in range(len(label_set.ids)):
            np.add.at(confusion[label], (shard.classes[:, label], classes[:, label]), 1)
        read = _Reading(shard, other, classes, probabilities)
        for row, column in np.argwhere(shard.classes != classes):
            read.consider(int(row), int(column), sample)
        sentences += len(shard.texts)
    order = {label: at for at, label in enumerate(label_set.ids)}
    return Comparison(sentences, confusion, sorted(sample.sorted(), key=lambda d: (order[d.label], d.kind)))


def _read_once(labeler: Labeler, texts: list[str]) -> Probabilities:
    distinct = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    return labeler.probabilities(list(distinct))[[distinct[text] for text in texts]]


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """A shard as the second labeler reads it."""

    shard: Evidence
    other: Labeler
    classes: npt.NDArray[np.int64]
    probabilities: Probabilities

    def consider(self, row: int, column: int, sample: _Sample) -> None:
        """Offers a disagreement to the sample, and looks for its reasons only where it is taken."""
        theirs = int(self.classes[row, column])
        label = self.other.label_set.ids[column]
        kind = _kind(int(self.shard.classes[row, column]), theirs)
        rank = sample.rank(label, kind, self.shard.texts[row])
        if rank is not None:
            sample.add(rank, self._described(row, column, kind))

    def _described(self, row: int, column: int, kind: Kind) -> Disagreement:
        shard, label_set = self.shard, self.other.label_set
        theirs = int(self.classes[row, column])
        label, text = label_set.ids[column], shard.texts[row]
        start, end = shard.spans[row]
        return Disagreement(
            report_id=shard.report_ids[row],
            start=start,
            end=end,
            section=shard.sections[row],
            label=label,
            kind=kind,
            run_class=label_set.classes[int(shard.classes[row, column])],
            run_probability=float(shard.probabilities[row, column]),
            other_class=label_set.classes[theirs],
            other_probability=float(self.probabilities[row, column, theirs]),
            because=next(_reasons(self.other, text, label, theirs), None),
            text=text,
        )


def _kind(ours: int, theirs: int) -> Kind:
    if theirs == 0:
        return Kind.RUN_ONLY
    return Kind.OTHER_ONLY if ours == 0 else Kind.CERTAINTY


def _reasons(labeler: Labeler, text: str, label: str, said: int) -> Iterator[Mention]:
    mentions = labeler.explain(text) if isinstance(labeler, ExplainingLabeler) else ()
    return (mention for mention in mentions if mention.label == label and mention.certainty == said)
