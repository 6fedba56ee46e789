"""From labelled sentences to the rows of the run's tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.aggregation import NO_CLASS, Codes, Decision, Probabilities, classes_of, decide
from pipeline.carrying import CarriedRows
from pipeline.inference import LabelledBatch
from pipeline.reading import ReportBatch
from pipeline.texts import SECTIONS
from schemas.label_set import LabelSet
from schemas.status import Reason, ReportStatus
from schemas.tables import (
    dictionary_column,
    mention_type,
    rejects_schema,
    report_labels_schema,
    sentences_schema,
)

STATUSES = tuple(status.value for status in ReportStatus)
REASONS = tuple(reason.value for reason in Reason)
SECTION_NAMES = tuple(section.value for section in SECTIONS)


@dataclass(frozen=True)
class ReportRows:
    """One entry per row of a shard; labels are NO_CLASS and NaN where a row has none."""

    reasons: list[Reason | None]
    sections: list[list[str] | None]
    n_sentences: npt.NDArray[np.int32]
    truncated: npt.NDArray[np.bool_]
    cleaned: list[list[str] | None]
    labels: Decision


@dataclass(frozen=True)
class SentenceRows:
    """One entry per sentence of the labelled rows; `report` is the row in the shard, ascending.

    `mentions` is list<struct<label: int8, certainty: int8, probability: float32>>, labels and classes by index.
    """

    report: npt.NDArray[np.int32]
    start: npt.NDArray[np.int32]
    end: npt.NDArray[np.int32]
    section: npt.NDArray[np.int8]
    read: npt.NDArray[np.bool_]
    mentions: pa.ListArray


@dataclass(frozen=True)
class ShardTables:
    """What one shard writes."""

    reports: pa.Table
    sentences: pa.Table
    rejects: pa.Table


def shard_rows(batch: LabelledBatch, *, ranks: tuple[int, ...]) -> tuple[ReportRows, SentenceRows]:
    """The rows that the labeler decided; others are there without labels."""
    reasons = _final_reasons(batch)
    decided = batch.text.to_label & np.array([reason is None for reason in reasons], np.bool_)
    sentences = batch.text.sentences
    kept = np.flatnonzero(decided[sentences.report])
    codes = classes_of(batch.probabilities)
    reports = _report_rows(batch, codes, reasons, kept, ranks)
    distinct_index = sentences.distinct_index[kept]
    rows = SentenceRows(
        report=sentences.report[kept],
        start=sentences.start[kept],
        end=sentences.end[kept],
        section=sentences.section[kept],
        read=sentences.read[kept],
        mentions=_mentions(distinct_index, codes, batch.probabilities),
    )
    return reports, rows


def _final_reasons(batch: LabelledBatch) -> list[Reason | None]:
    reasons = list(batch.text.reports.reasons)
    sentences = batch.text.sentences
    for sentence in np.flatnonzero(sentences.read):
        if batch.failed[sentences.distinct_index[sentence]]:
            reasons[sentences.report[sentence]] = Reason.LABELER_FAILED
    return reasons


def _report_rows(
    batch: LabelledBatch,
    codes: Codes,
    reasons: list[Reason | None],
    kept: npt.NDArray[np.intp],
    ranks: tuple[int, ...],
) -> ReportRows:
    sentences, n = batch.text.sentences, len(batch.text.reports)
    read = kept[sentences.read[kept]]
    which, groups = sentences.distinct_index[read], sentences.report[read]
    return ReportRows(
        reasons=reasons,
        sections=_sections_read(batch, read),
        n_sentences=np.bincount(sentences.report[kept], minlength=n).astype(np.int32),
        truncated=np.bincount(groups, weights=batch.truncated[which], minlength=n) > 0,
        cleaned=[[what.value for what in cleaned] or None for cleaned in batch.text.cleaned],
        labels=decide(codes[which], batch.probabilities[which], groups=groups, n_groups=n, ranks=ranks),
    )


def _sections_read(batch: LabelledBatch, read: npt.NDArray[np.intp]) -> list[list[str] | None]:
    """Per report the sections of the sentences that the labeler read, in order of appearance."""
    found: list[dict[str, None]] = [{} for _ in range(len(batch.text.reports))]
    sentences = batch.text.sentences
    for report, section in zip(sentences.report[read], sentences.section[read], strict=True):
        found[report].setdefault(SECTION_NAMES[section])
    return [list(sections) or None for sections in found]


def _mentions(
    distinct_index: npt.NDArray[np.int32], codes: Codes, probabilities: Probabilities
) -> pa.ListArray:
    """Per sentence the labels whose class is not the first, which says that nothing is said."""
    read = distinct_index >= 0
    said = np.zeros((len(distinct_index), codes.shape[1]), np.int8)
    said[read] = codes[distinct_index[read]]
    sentence, label = np.nonzero(said)
    certainty = said[sentence, label]
    offsets = np.concatenate([[0], np.cumsum((said != 0).sum(axis=1))]).astype(np.int32)
    return mention_lists(
        offsets, label.astype(np.int8), certainty, probabilities[distinct_index[sentence], label, certainty]
    )


def mention_lists(
    offsets: npt.NDArray[np.int32],
    label: npt.NDArray[np.int8],
    certainty: npt.NDArray[np.int8],
    probability: npt.NDArray[np.float32],
) -> pa.ListArray:
    """Mentions by index, as SentenceRows holds them."""
    arrays = [pa.array(label), pa.array(certainty), pa.array(probability)]
    values = pa.StructArray.from_arrays(arrays, names=["label", "certainty", "probability"])
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def merge_carried(
    reports: ReportRows, sentences: SentenceRows, carried: CarriedRows
) -> tuple[ReportRows, SentenceRows]:
    """Fills the rows that an earlier run has labelled with what it found."""
    for at, row in enumerate(carried.rows):
        reports.sections[row] = carried.sections[at]
        reports.cleaned[row] = carried.cleaned[at]
    reports.n_sentences[carried.rows] = carried.n_sentences
    reports.truncated[carried.rows] = carried.truncated
    reports.labels.codes[carried.rows] = carried.codes
    reports.labels.probabilities[carried.rows] = carried.probabilities
    both = np.concatenate([sentences.report, carried.sentence_report])
    order = np.argsort(both, kind="stable")
    mentions = pa.concat_arrays([sentences.mentions, carried.mentions])
    merged = SentenceRows(
        report=both[order],
        start=np.concatenate([sentences.start, carried.start])[order],
        end=np.concatenate([sentences.end, carried.end])[order],
        section=np.concatenate([sentences.section, carried.section])[order],
        read=np.concatenate([sentences.read, carried.read])[order],
        mentions=mentions.take(pa.array(order)),
    )
    return reports, merged


def shard_tables(
    batch: ReportBatch, reports: ReportRows, sentences: SentenceRows, *, label_set: LabelSet, with_text: bool
) -> ShardTables:
    """The shard's tables, of the schemas in `schemas.tables`."""
    return ShardTables(
        reports=_report_table(batch, reports, label_set),
        sentences=_sentence_table(batch, sentences, label_set, with_text=with_text),
        rejects=_reject_table(batch, reports.reasons),
    )


def _report_table(batch: ReportBatch, rows: ReportRows, label_set: LabelSet) -> pa.Table:
    columns = [
        pa.array(batch.report_ids, pa.string()),
        pa.array(batch.study_ids, pa.string()),
        pa.array(batch.patient_ids, pa.string()),
        *status_columns(rows.reasons),
        pa.array(rows.sections, pa.list_(pa.string())),
        pa.array(rows.n_sentences),
        pa.array(rows.truncated),
        pa.array(rows.cleaned, pa.list_(pa.string())),
        pa.array(batch.text_hashes, pa.string()),
        pa.array(batch.input_hashes, pa.string()),
        *label_columns(rows.labels, label_set=label_set, may_be_null=True),
    ]
    return pa.Table.from_arrays(columns, schema=report_labels_schema(label_set))


def status_columns(reasons: Sequence[Reason | None]) -> tuple[pa.Array, pa.Array]:
    """The `status` and `status_reason` columns; no reason means labelled."""
    statuses = [ReportStatus.LABELLED if reason is None else reason.status for reason in reasons]
    status_codes = pa.array([STATUSES.index(status) for status in statuses], pa.int8())
    reason_codes = pa.array([None if r is None else REASONS.index(r) for r in reasons], pa.int8())
    return dictionary_column(status_codes, STATUSES), dictionary_column(reason_codes, REASONS)


def label_columns(labels: Decision, *, label_set: LabelSet, may_be_null: bool) -> list[pa.Array]:
    """The columns of `label_fields`; null where the code is NO_CLASS."""
    nothing = labels.codes == NO_CLASS
    numbers = range(len(label_set.ids))
    classes = [
        dictionary_column(pa.array(labels.codes[:, i], mask=nothing[:, i]), label_set.classes)
        for i in numbers
    ]
    vectors = _nullable_vectors if may_be_null else _vectors
    return classes + [vectors(labels.probabilities[:, i], nothing[:, i]) for i in numbers]


def _vectors(rows: npt.NDArray[np.float32], _: npt.NDArray[np.bool_]) -> pa.Array:
    """Rows (n, n_classes) as lists of fixed size."""
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1)), rows.shape[1])


def _nullable_vectors(rows: npt.NDArray[np.float32], nothing: npt.NDArray[np.bool_]) -> pa.Array:
    """Rows (n, n_classes) as lists, null where `nothing`."""
    n_classes = rows.shape[1]
    sizes = np.where(nothing, 0, n_classes)
    offsets = pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))
    return pa.ListArray.from_arrays(offsets, pa.array(rows[~nothing].reshape(-1)), mask=pa.array(nothing))


def _sentence_table(
    batch: ReportBatch, rows: SentenceRows, label_set: LabelSet, *, with_text: bool
) -> pa.Table:
    columns = [
        pa.array([batch.report_ids[row] for row in rows.report], pa.string()),
        pa.array(_number_within(rows.report)),
        pa.array(rows.start),
        pa.array(rows.end),
        dictionary_column(pa.array(rows.section), SECTION_NAMES),
        pa.array(rows.read),
        _named_mentions(rows.mentions, label_set),
    ]
    if with_text:
        spans = zip(rows.report, rows.start, rows.end, strict=True)
        columns.append(
            pa.array([(batch.texts[row] or "")[start:end] for row, start, end in spans], pa.string())
        )
    return pa.Table.from_arrays(columns, schema=sentences_schema(with_text=with_text))


def _number_within(rows: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """0, 1, 2, ... anew for each report; `rows` is ascending."""
    _, starts, sizes = np.unique(rows, return_index=True, return_counts=True)
    return (np.arange(len(rows)) - np.repeat(starts, sizes)).astype(np.int32)


def _named_mentions(mentions: pa.ListArray, label_set: LabelSet) -> pa.ListArray:
    values = mentions.flatten()
    named = pa.StructArray.from_arrays(
        [
            dictionary_column(values.field("label"), label_set.ids),
            dictionary_column(values.field("certainty"), label_set.classes),
            values.field("probability"),
        ],
        fields=list(mention_type()),
    )
    lengths = mentions.value_lengths().to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), named)


def _reject_table(batch: ReportBatch, reasons: Sequence[Reason | None]) -> pa.Table:
    rows = [row for row, reason in enumerate(reasons) if reason is not None]
    columns = [
        pa.array([batch.shard.row_group.path] * len(rows), pa.string()),
        pa.array([batch.shard.row_group.index] * len(rows), pa.int32()),
        pa.array([batch.shard.first_row + row for row in rows], pa.int64()),
        pa.array([batch.report_ids[row] for row in rows], pa.string()),
        *status_columns([reasons[row] for row in rows]),
    ]
    return pa.Table.from_arrays(columns, schema=rejects_schema())
