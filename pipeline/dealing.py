"""Report labels and images dealt into buckets of studies, once each, for the last pass to join bucket by bucket.

A dealt file in `_work` holds a batch for each bucket in turn, so that a bucket's rows are read without the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.aggregation import Decision
from pipeline.scanning import id_keys
from pipeline.storage import replacing
from schemas.status import ReportStatus
from schemas.tables import IMAGE_COLUMNS

ROWS_PER_BUCKET = 25_000
IMAGES_SCHEMA = pa.schema([pa.field(column.name, pa.string()) for column in IMAGE_COLUMNS])


@dataclass(frozen=True)
class Bucket:
    """One share of the studies, by a hash of their id."""

    index: int
    of: int

    @property
    def name(self) -> str:
        """Sorts in bucket order."""
        return f"{self.index:05d}-of-{self.of:05d}"


def buckets(rows: int) -> list[Bucket]:
    """As many buckets as keep each one's reports small; depends on the number of rows alone."""
    of = max(1, -(-rows // ROWS_PER_BUCKET))
    return [Bucket(index, of) for index in range(of)]


def bucket_of(study_ids: pa.Array, of: int) -> npt.NDArray[np.int64]:
    """The bucket of each id; an id that is null belongs to the first."""
    if of == 1:
        return np.zeros(len(study_ids), np.int64)
    distinct = study_ids.dictionary_encode()
    keys = id_keys(distinct.dictionary.to_pylist())
    places = np.append(keys % np.uint64(of), 0).astype(np.int64)
    found: npt.NDArray[np.int64] = places[distinct.indices.fill_null(len(keys)).to_numpy()]
    return found


def report_rows_schema(*, n_labels: int, n_classes: int) -> pa.Schema:
    """What the join needs of a report: codes int8 (n_labels), probabilities float32 (n_labels x n_classes)."""
    return pa.schema(
        [
            pa.field("study_id", pa.string()),
            pa.field("patient_id", pa.string()),
            pa.field("report_id", pa.string()),
            pa.field("labelled", pa.bool_()),
            pa.field("codes", pa.list_(pa.int8(), n_labels)),
            pa.field("probabilities", pa.list_(pa.float32(), n_labels * n_classes)),
        ]
    )


def deal_reports(path: Path, reports: pa.Table, labels: Decision, *, of: int) -> None:
    """Deals a shard's rows, of the reports table's schema, and their labels into a file.

    Raises:
        OutputError: the file cannot be written.
    """
    n_labels, n_classes = labels.probabilities.shape[1:]
    schema = report_rows_schema(n_labels=n_labels, n_classes=n_classes)
    codes, probabilities = labels.codes.reshape(-1), labels.probabilities.reshape(-1)
    columns = [
        *(reports[name].combine_chunks() for name in ("study_id", "patient_id", "report_id")),
        pc.equal(reports["status"].cast(pa.string()), ReportStatus.LABELLED.value).combine_chunks(),
        pa.FixedSizeListArray.from_arrays(pa.array(codes), n_labels),
        pa.FixedSizeListArray.from_arrays(pa.array(probabilities), n_labels * n_classes),
    ]
    deal(path, [pa.RecordBatch.from_arrays(columns, schema=schema)], schema=schema, of=of)


def deal(path: Path, batches: Iterable[pa.RecordBatch], *, schema: pa.Schema, of: int) -> None:
    """Writes each batch's rows as `of` batches, one for each bucket, with the rows of a bucket in their order.

    Raises:
        OutputError: the file cannot be written.
    """
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with (
        replacing(path) as temporary,
        pa.OSFile(str(temporary), "wb") as sink,
        pa.ipc.new_file(sink, schema, options=options) as writer,
    ):
        for batch in batches:
            for part in _parts(batch, of):
                writer.write_batch(part)


def _parts(batch: pa.RecordBatch, of: int) -> Iterator[pa.RecordBatch]:
    place = bucket_of(batch["study_id"], of)
    order = np.argsort(place, kind="stable")
    by_bucket = batch.take(pa.array(order))
    edges = np.searchsorted(place[order], np.arange(of + 1))
    for start, stop in pairwise(edges):
        yield by_bucket.slice(start, stop - start)


def read_dealt(path: Path, bucket: Bucket) -> Iterator[pa.RecordBatch]:
    """The bucket's rows of a file that `deal` wrote, in their order."""
    with pa.OSFile(str(path)) as source, pa.ipc.open_file(source) as reader:
        for number in range(bucket.index, reader.num_record_batches, bucket.of):
            yield reader.get_batch(number)
