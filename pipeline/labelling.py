"""The second pass over the report archive as a Beam transform: label every shard.

An element is a few row groups or a shard, never a report; all that a worker needs besides is in its step, and all
that it learns goes to files named after the input, so that a shard done twice is the same shard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.ml.inference.base import RunInference

from labelers.recipe import Unit
from labelers.text.sections import SectionKind
from pipeline.beam_errors import located
from pipeline.carrying import BaseRun
from pipeline.dealing import deal_reports
from pipeline.inference import LabelerHandler, LabelledBatch
from pipeline.reading import ReportBatch, read_batches
from pipeline.results import SECTION_NAMES, ShardTables, merge_carried, shard_rows, shard_tables
from pipeline.run_folder import RunFolder
from pipeline.scanning import VERDICTS, RowPlan, load_plan
from pipeline.shards import RowGroup
from pipeline.storage import write_table, write_text
from pipeline.text_workers import Settled, TextWorkers
from pipeline.texts import TextBatch, TextStepConfig
from schemas.job import JobConfig
from schemas.label_set import LabelSet
from schemas.run import ShardStats
from schemas.tables import Stamp, Table


@dataclass(frozen=True)
class LabelStep:
    """Everything that a worker needs to label a shard; small and picklable."""

    folder: RunFolder
    config: JobConfig
    label_set: LabelSet
    ranks: tuple[int, ...]
    stamp: Stamp
    base: RunFolder | None
    bundle: str
    buckets: int = 1
    text_workers: int = 0
    unit: Unit = Unit.SENTENCE
    sections: frozenset[SectionKind] = frozenset()


class LabelRowGroups(beam.PTransform):  # type: ignore[misc]
    """Tuples of row groups to the names of their shards, each written with its mark."""

    def __init__(self, step: LabelStep) -> None:
        super().__init__()
        self._step = step

    def expand(self, groups: Any) -> Any:
        """One fused stage behind the Reshuffle: no report crosses a shuffle."""
        return (
            groups
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(ReadShards(self._step))
            | "Label" >> RunInference(self._handler())
            | "Write" >> beam.ParDo(WriteShard(self._step))
        )

    def _handler(self) -> LabelerHandler:
        config = self._step.config
        return LabelerHandler(
            self._step.bundle,
            fingerprint=self._step.stamp.labeler_fingerprint,
            precision=config.precision,
            device=config.device,
        )


class ReadShards(beam.DoFn):  # type: ignore[misc]
    """Row groups to the texts of their shards that are not finished yet."""

    def __init__(self, step: LabelStep) -> None:
        super().__init__()
        self._step = step
        self._base: BaseRun | None = None

    def setup(self) -> None:
        """Opens the base run, once per worker."""
        step = self._step
        if step.base is not None:
            self._base = BaseRun(step.base.path, label_set=step.label_set, sections=SECTION_NAMES)

    def process(self, groups: tuple[RowGroup, ...]) -> Iterator[TextBatch]:
        """One batch at a time, so that memory holds one shard, and one for each process that reads text."""
        step = self._step
        config = TextStepConfig(step.config.eligibility, step.unit, step.sections)
        yield from TextWorkers(config, step.text_workers).read(self._read(groups))

    def _read(self, groups: tuple[RowGroup, ...]) -> Iterator[Settled]:
        for group in groups:
            plan = load_plan(self._step.folder.plan(group))
            with located(group.where):
                for batch in read_batches(group, config=self._step.config):
                    if self._step.folder.read_mark(batch.shard) is None:
                        yield self._settle(batch, plan)

    def _settle(self, batch: ReportBatch, plan: RowPlan) -> Settled:
        here = slice(batch.shard.start, batch.shard.start + batch.shard.rows)
        for row in np.flatnonzero(plan.verdict[here]):
            batch.reasons[row] = VERDICTS[plan.verdict[here][row]]
        if self._base is None:
            return Settled(batch, None)
        return Settled(batch, self._base.take(plan.base_shard[here], plan.base_row[here]))


class WriteShard(beam.DoFn):  # type: ignore[misc]
    """A labelled batch to its files; the mark is written last."""

    def __init__(self, step: LabelStep) -> None:
        super().__init__()
        self._step = step

    def process(self, batch: LabelledBatch) -> Iterator[str]:
        """Yields the shard's name when all its files are there."""
        step, reports = self._step, batch.text.reports
        started = perf_counter()
        with located(reports.shard.row_group.where):
            rows, sentences = shard_rows(batch, ranks=step.ranks)
            if batch.text.carried is not None:
                rows, sentences = merge_carried(rows, sentences, batch.text.carried)
            tables = shard_tables(
                reports, rows, sentences, label_set=step.label_set, with_text=step.config.with_text
            )
            aggregated = perf_counter()
            self._write(reports.shard.name, tables)
            dealt = step.folder.dealt_reports(reports.shard.name)
            deal_reports(dealt, tables.reports, rows.labels, of=step.buckets)
            seconds = {
                "read": reports.seconds,
                **batch.text.seconds,
                "infer": batch.seconds,
                "aggregate": aggregated - started,
                "write": perf_counter() - aggregated,
            }
            stats = shard_stats(batch, tables, label_set=step.label_set, seconds=seconds)
            write_text(step.folder.mark(reports.shard), stats.model_dump_json())
        yield reports.shard.name

    def _write(self, name: str, tables: ShardTables) -> None:
        by_table = {
            Table.REPORTS: tables.reports,
            Table.SENTENCES: tables.sentences,
            Table.REJECTS: tables.rejects,
        }
        for table, rows in by_table.items():
            metadata = self._step.stamp.metadata(table)
            write_table(self._step.folder.table(table, name), rows, metadata=metadata)


def shard_stats(
    batch: LabelledBatch, tables: ShardTables, *, label_set: LabelSet, seconds: dict[str, float]
) -> ShardStats:
    """What the shard did, in numbers."""
    reports, sentences = tables.reports, batch.text.sentences
    carried = batch.text.carried
    return ShardStats(
        shard=batch.text.reports.shard.name,
        rows=len(reports),
        statuses=count_values(reports["status"]),
        reasons=count_values(reports["status_reason"]),
        cleaned=count_values(reports["cleaned"].combine_chunks().flatten()),
        truncated=int(np.count_nonzero(reports["truncated"].to_numpy())),
        carried=0 if carried is None else len(carried.rows),
        inferred_reports=int(batch.text.to_label.sum()),
        sentences=len(tables.sentences),
        sentences_read=int(sentences.read.sum()),
        sentences_unique=len(sentences.distinct),
        sentences_inferred=batch.inferred,
        seconds=seconds,
        labels={label_id: count_values(reports[label_id]) for label_id in label_set.ids},
    )


def count_values(column: Any) -> dict[str, int]:
    """How often each value occurs, by value; nulls are left out."""
    counts = {str(item["values"]): int(item["counts"]) for item in column.value_counts().to_pylist()}
    return {value: counts[value] for value in sorted(counts) if value != "None"}
