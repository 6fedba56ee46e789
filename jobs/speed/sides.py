"""The archive's own sentences through the labeler in this process, and through other ways of doing the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from jobs.speed.records import LabelerFigures, Side

if TYPE_CHECKING:
    from labelers.base import Labeler
    from pipeline.texts import TextBatch
    from schemas.label_set import LabelSet

PRODUCT_TYPES = ("float32", "bfloat16")
PLAIN_LOOPS = {1: 250, 32: 2_000}
"""Batch size, and how many sentences are enough to time a loop that is so much slower."""
MEDSPACY_REPORTS = 500


@dataclass(frozen=True, slots=True)
class Texts:
    """Report texts that are eligible, and the sentences of them that go to the labeler, in order."""

    reports: tuple[str, ...]
    sentences: tuple[str, ...]
    seconds: float

    @property
    def distinct(self) -> tuple[str, ...]:
        """Each sentence once."""
        return tuple(dict.fromkeys(self.sentences))


def read_archive_texts(files: Sequence[Path], labeler: Labeler, *, most: int) -> Texts:
    """Shard after shard until there are `most` distinct sentences, or no more."""
    reports: list[str] = []
    sentences: list[str] = []
    distinct: set[str] = set()
    seconds = 0.0
    for batch in _text_batches(files, labeler):
        found = batch.sentences
        reports += [batch.reports.texts[row] or "" for row in batch.to_label.nonzero()[0]]
        sentences += [found.distinct[at] for at in found.distinct_index[found.read]]
        distinct.update(found.distinct)
        seconds += sum(batch.seconds.values())
        if len(distinct) >= most:
            break
    return Texts(tuple(reports), tuple(sentences), seconds)


def _text_batches(files: Sequence[Path], labeler: Labeler) -> Iterator[TextBatch]:
    from pipeline.reading import read_batches
    from pipeline.shards import row_groups
    from pipeline.sources import describe_reports
    from pipeline.texts import TextStep, TextStepConfig
    from schemas.job import JobConfig

    config = JobConfig(reports=tuple(map(str, files)))
    sections = frozenset(labeler.sections)
    step = TextStep.load(TextStepConfig(unit=labeler.unit, sections=sections))  # as the job has it
    for group in row_groups(describe_reports(config)):
        for batch in read_batches(group, config=config):
            yield step.read(batch, carried=None)


def without_opinion(labeler: Labeler) -> Labeler:
    """A network by itself: operations are counted of it, and plain loops are over it. Others as they are."""
    from labelers.network_labeler import NetworkLabeler

    return replace(labeler, adviser=None) if isinstance(labeler, NetworkLabeler) else labeler


def measure_alone(labeler: Labeler, texts: Texts) -> LabelerFigures:
    """Distinct sentences through the labeler, and what the same process gets out of plain products."""
    import torch

    from labelers.speed import measure_labeler, product_rate

    speed = measure_labeler(labeler, texts.distinct)
    return LabelerFigures(
        sentences=speed.texts,
        tokens=speed.tokens,
        flops=speed.flops,
        seconds=speed.seconds,
        product_rates={name: product_rate(getattr(torch, name)) for name in PRODUCT_TYPES},
    )


def compare(labeler: Labeler, texts: Texts) -> tuple[Side, ...]:
    """Ours first; then the ways that this labeler and this installation have."""
    ours = _timed(lambda: labeler.probabilities(texts.distinct))
    sides = [_side("ours", "sentences", len(texts.sentences), ours, ours=len(texts.sentences) / ours)]
    sides += _labeler_sides(labeler, texts.sentences, ours=len(texts.sentences) / ours)
    if find_spec("medspacy"):
        whole = len(texts.reports) / (texts.seconds + ours)
        sides.append(_medspacy(labeler.label_set, texts.reports[:MEDSPACY_REPORTS], ours=whole))
    return tuple(sides)


def _labeler_sides(labeler: Labeler, sentences: tuple[str, ...], *, ours: float) -> Iterator[Side]:
    import torch

    from labelers.network_labeler import NetworkLabeler
    from labelers.speed import label_each, label_plainly

    if not isinstance(labeler, NetworkLabeler):
        return
    seconds = _timed(lambda: label_each(labeler, sentences))
    yield _side("every sentence anew", "sentences", len(sentences), seconds, ours=ours)
    for size, most in PLAIN_LOOPS.items():
        some = sentences[:most]
        seconds = min(
            _timed(partial(label_plainly, labeler, some, batch_size=size, threads=threads))
            for threads in {1, torch.get_num_threads()}
        )
        yield _side(f"batches of {size}, padded to 50", "sentences", len(some), seconds, ours=ours)


def _medspacy(label_set: LabelSet, reports: Sequence[str], *, ours: float) -> Side:
    """medspaCy with the label set's words as its targets, and its own sentences and context."""
    import medspacy
    from loguru import logger
    from medspacy.ner import TargetRule

    logger.disable("PyRuSH")  # it would log every sentence's text, and wait for that
    words = {(word, label.id) for label in label_set.labels for word in (*label.variants, *label.synonyms)}
    nlp = medspacy.load()
    nlp.get_pipe("medspacy_target_matcher").add([TargetRule(word, label) for word, label in sorted(words)])
    seconds = _timed(lambda: [nlp(report) for report in reports])
    return _side("medspaCy", "reports", len(reports), seconds, ours=ours)


def _side(name: str, unit: str, count: int, seconds: float, *, ours: float) -> Side:
    return Side(name=name, unit=unit, count=count, seconds=seconds, ratio=ours * seconds / max(1, count))


def _timed(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return perf_counter() - started
