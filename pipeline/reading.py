"""Reading report rows: a shard of a row group as columns, with a reason for each row that is no report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter

import pyarrow as pa

from pipeline.shards import RowGroup, Shard, shards
from pipeline.sources import damaged, decode, filled_each, find_columns, is_blank, open_parquet, to_binary
from schemas.hashing import hash_texts
from schemas.job import JobConfig
from schemas.status import Reason
from schemas.tables import Table


@dataclass(frozen=True)
class ReportBatch:
    """The rows of one shard as columns of equal length; `reasons` is None for a row that can be labelled.

    `text_hashes` and `input_hashes` are None where there is no text. The input hash covers all that decides
    a report's labels: text, modality and exam name.
    """

    shard: Shard
    report_ids: list[str | None]
    study_ids: list[str | None]
    patient_ids: list[str | None]
    modalities: list[str | None]
    exam_names: list[str | None]
    texts: list[str | None]
    reasons: list[Reason | None]
    text_hashes: list[str | None]
    input_hashes: list[str | None]
    seconds: float = 0.0

    def __len__(self) -> int:
        return len(self.report_ids)


def read_batches(group: RowGroup, *, config: JobConfig) -> Iterator[ReportBatch]:
    """The row group's shards in order; memory holds one at a time.

    Raises:
        InputError: the row group is damaged, or the file lacks a column.
    """
    with open_parquet(group.path) as parquet:
        columns = find_columns(group.path, parquet.schema_arrow.names, table=Table.REPORTS, config=config)
        batches = parquet.iter_batches(
            batch_size=config.batch_rows, row_groups=[group.index], columns=sorted(set(columns.values()))
        )
        for shard in shards(group, batch_rows=config.batch_rows):
            started = perf_counter()
            try:
                rows = _exactly(batches, shard.rows)
            except (pa.ArrowException, OSError, StopIteration) as error:
                raise damaged(group.path, group.index) from error
            batch = report_batch(rows, shard=shard, columns=columns, config=config)
            yield replace(batch, seconds=perf_counter() - started)


def _exactly(batches: Iterator[pa.RecordBatch], rows: int) -> pa.Table:
    """The next `rows` rows; a reader may give shorter batches than it was asked for."""
    table = pa.Table.from_batches([next(batches)])
    while table.num_rows < rows:
        table = pa.concat_tables([table, pa.Table.from_batches([next(batches)])])
    if table.num_rows != rows:
        raise pa.ArrowInvalid("row counts differ from the footer")
    return table


def report_batch(rows: pa.Table, *, shard: Shard, columns: dict[str, str], config: JobConfig) -> ReportBatch:
    """Columns decoded, hashed, and judged row by row."""
    decoded = {ours: _decoded(rows, theirs) for ours, theirs in columns.items()}
    nothing: tuple[list[str | None], list[bool]] = ([None] * len(rows), [False] * len(rows))
    report_ids, report_ids_broken = decoded["report_id"]
    texts, texts_broken = decoded["report_text"]
    study_ids, study_ids_broken = decoded.get("study_id", (list(report_ids), nothing[1]))
    patient_ids, patient_ids_broken = decoded.get("patient_id", nothing)
    modalities, _ = decoded.get("modality", nothing)
    exam_names, _ = decoded.get("exam_name", nothing)
    broken = zip(report_ids_broken, study_ids_broken, patient_ids_broken, strict=True)
    ids_broken = [report or study or patient for report, study, patient in broken]
    judged = zip(report_ids, ids_broken, texts, texts_broken, strict=True)
    text_hashes = hash_texts(texts)
    hashed = zip(text_hashes, modalities, exam_names, strict=True)
    return ReportBatch(
        shard=shard,
        report_ids=report_ids,
        study_ids=filled_each(study_ids),
        patient_ids=filled_each(patient_ids),
        modalities=modalities,
        exam_names=exam_names,
        texts=texts,
        reasons=[_judge(*row, max_chars=config.max_report_chars) for row in judged],
        text_hashes=text_hashes,
        input_hashes=hash_texts(
            None if text_hash is None else f"{text_hash}\0{modality or ''}\0{exam_name or ''}"
            for text_hash, modality, exam_name in hashed
        ),
    )


def _decoded(rows: pa.Table, name: str) -> tuple[list[str | None], list[bool]]:
    return decode(to_binary(rows[name].combine_chunks()))


def _judge(
    report_id: str | None, id_broken: bool, text: str | None, text_broken: bool, *, max_chars: int
) -> Reason | None:
    if id_broken:
        return Reason.UNDECODABLE_ID
    if is_blank(report_id):
        return Reason.NO_REPORT_ID
    if text_broken:
        return Reason.UNDECODABLE_TEXT
    if text is None or is_blank(text):
        return Reason.NO_REPORT_TEXT
    return Reason.TOO_LONG if len(text) > max_chars else None
