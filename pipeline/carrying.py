"""Taking a report's labels from an earlier run where nothing that decides them has changed."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.aggregation import NO_CLASS, Codes, Probabilities
from pipeline.scanning import BaseIndex, Indices, id_keys, keys
from schemas.label_set import LabelSet
from schemas.status import Reason, ReportStatus
from schemas.tables import Table, probability_column

CARRIED = pa.array([ReportStatus.LABELLED.value, ReportStatus.EXCLUDED.value])
OPEN_SHARDS = 4


@dataclass(frozen=True)
class CarriedRows:
    """What an earlier run found for some rows of a shard; `rows` says which, ascending.

    Sentences are those of all the rows, in order; `sentence_report` is the row in the new shard.
    """

    rows: npt.NDArray[np.intp]
    reasons: list[Reason | None]
    sections: list[list[str] | None]
    cleaned: list[list[str] | None]
    n_sentences: npt.NDArray[np.int32]
    truncated: npt.NDArray[np.bool_]
    codes: Codes
    probabilities: Probabilities
    sentence_report: Indices
    start: Indices
    end: Indices
    section: npt.NDArray[np.int8]
    read: npt.NDArray[np.bool_]
    mentions: pa.ListArray


@dataclass(frozen=True)
class _BaseShard:
    reports: pa.Table
    sentences: pa.Table
    first_sentence: npt.NDArray[np.int64]


def shard_files(run: Path, table: Table) -> list[Path]:
    """The files of one of a run's tables, in input order."""
    return sorted((run / table).glob("*.parquet"))


def index_base(run: Path) -> BaseIndex:
    """Where each report that the run labelled or excluded stands in it."""
    parts = [_index_shard(number, path) for number, path in enumerate(shard_files(run, Table.REPORTS))]
    report_id, content, shard, row = (np.concatenate(column) for column in zip(*parts, strict=True))
    return BaseIndex(report_id, content, shard, row)


def _index_shard(
    number: int, path: Path
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], Indices, Indices]:
    table = pq.read_table(path, columns=["report_id", "input_hash", "status"])
    usable = pc.and_(pc.is_in(table["status"].cast(pa.string()), CARRIED), pc.is_valid(table["input_hash"]))
    rows = np.flatnonzero(usable.to_numpy()).astype(np.int32)
    taken = table.take(pa.array(rows))
    ids, content = id_keys(taken["report_id"].to_pylist()), keys(taken["input_hash"].to_pylist())
    return ids, content, np.full(len(rows), number, np.int32), rows


class BaseRun:
    """An earlier run's tables, read shard by shard; keeps the last few open."""

    def __init__(self, run: Path, *, label_set: LabelSet, sections: tuple[str, ...]) -> None:
        self._label_set = label_set
        self._sections = sections
        self._reports = shard_files(run, Table.REPORTS)
        self._sentences = shard_files(run, Table.SENTENCES)
        self._open: OrderedDict[int, _BaseShard] = OrderedDict()

    def take(self, shard: Indices, row: Indices) -> CarriedRows | None:
        """What the run found for the rows with `shard` of 0 or more; None where there is no such row."""
        rows = np.flatnonzero(shard >= 0)
        if not len(rows):
            return None
        reports: list[pa.Table] = []
        sentences: list[pa.Table] = []
        for number in np.unique(shard[rows]):
            at = rows[shard[rows] == number]
            base = self._shard(int(number))
            reports.append(base.reports.take(pa.array(row[at])).append_column("at", pa.array(at)))
            sentences.append(_sentences_of(base, row[at], at))
        return self._rows(_sorted(reports), _sorted(sentences))

    def _shard(self, number: int) -> _BaseShard:
        if number not in self._open:
            reports = pq.read_table(self._reports[number])
            counts = reports["n_sentences"].to_numpy()
            first = np.concatenate([[0], np.cumsum(counts)])
            self._open[number] = _BaseShard(reports, pq.read_table(self._sentences[number]), first)
        self._open.move_to_end(number)
        if len(self._open) > OPEN_SHARDS:
            self._open.popitem(last=False)
        return self._open[number]

    def _rows(self, reports: pa.Table, sentences: pa.Table) -> CarriedRows:
        reasons = reports["status_reason"].cast(pa.string()).to_pylist()
        return CarriedRows(
            rows=reports["at"].to_numpy(),
            reasons=[None if reason is None else Reason(reason) for reason in reasons],
            sections=reports["sections"].to_pylist(),
            cleaned=reports["cleaned"].to_pylist(),
            n_sentences=reports["n_sentences"].to_numpy(),
            truncated=reports["truncated"].to_numpy(),
            codes=codes_from(reports, label_set=self._label_set),
            probabilities=probabilities_from(reports, label_set=self._label_set),
            sentence_report=sentences["at"].to_numpy().astype(np.int32),
            start=sentences["start"].to_numpy(),
            end=sentences["end"].to_numpy(),
            section=_codes(sentences["section"], self._sections),
            read=sentences["read"].to_numpy(),
            mentions=self._mentions(sentences["mentions"].combine_chunks()),
        )

    def _mentions(self, mentions: pa.ListArray) -> pa.ListArray:
        values = mentions.flatten()
        by_index = pa.StructArray.from_arrays(
            [
                pa.array(_codes(values.field("label"), self._label_set.ids)),
                pa.array(_codes(values.field("certainty"), self._label_set.classes)),
                values.field("probability"),
            ],
            names=["label", "certainty", "probability"],
        )
        lengths = mentions.value_lengths().to_numpy(zero_copy_only=False)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), by_index)


def _sorted(tables: list[pa.Table]) -> pa.Table:
    together = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    order = np.argsort(together["at"].to_numpy(), kind="stable")
    return together.take(pa.array(order))


def _sentences_of(base: _BaseShard, rows: Indices, at: npt.NDArray[np.intp]) -> pa.Table:
    starts, counts = base.first_sentence[rows], np.diff(base.first_sentence)[rows]
    before = np.cumsum(counts) - counts
    places = np.arange(counts.sum()) + np.repeat(starts - before, counts)
    return base.sentences.take(pa.array(places)).append_column("at", pa.array(np.repeat(at, counts)))


def _codes(column: pa.Array | pa.ChunkedArray, names: tuple[str, ...]) -> npt.NDArray[np.int8]:
    """Index into `names` of each value; NO_CLASS where null."""
    found = pc.index_in(column.cast(pa.string()), value_set=pa.array(names, pa.string()))
    codes: npt.NDArray[np.int8] = found.fill_null(NO_CLASS).to_numpy().astype(np.int8)
    return codes


def codes_from(table: pa.Table, *, label_set: LabelSet) -> Codes:
    """Class codes (n, n_labels) of a table's label columns, NO_CLASS where null."""
    return np.stack([_codes(table[label_id], label_set.classes) for label_id in label_set.ids], axis=1)


def probabilities_from(table: pa.Table, *, label_set: LabelSet) -> Probabilities:
    """Probabilities (n, n_labels, n_classes) of a table's probability columns, NaN where null."""
    out = np.full((len(table), len(label_set.ids), len(label_set.classes)), np.nan, np.float32)
    for i, label_id in enumerate(label_set.ids):
        column = table[probability_column(label_id)].combine_chunks()
        there = column.is_valid().to_numpy(zero_copy_only=False)
        out[there, i] = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, len(label_set.classes))
    return out
