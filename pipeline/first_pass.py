"""The first pass over the archive as a Beam transform: report row groups to keys, image row groups into buckets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.beam_errors import located
from pipeline.dealing import IMAGES_SCHEMA, deal
from pipeline.run_folder import RunFolder
from pipeline.scanning import save_arrays, scan_row_group
from pipeline.shards import RowGroup, row_groups
from pipeline.sources import damaged, filled_column, find_columns, open_parquet
from schemas.job import JobConfig
from schemas.run import InputFile
from schemas.tables import Table

IMAGES_BATCH_ROWS = 65_536


class FirstPass(beam.PTransform):  # type: ignore[misc]
    """Row groups of reports and images, each with its table, to their names.

    The keys of reports go to `_work/scan`, images to `_work/dealt`, in as many buckets as there are to be.
    """

    def __init__(self, *, folder: RunFolder, config: JobConfig, buckets: int) -> None:
        super().__init__()
        self._given = {"folder": folder, "config": config, "buckets": buckets}

    def expand(self, groups: Any) -> Any:
        """Spreads the row groups over the workers."""
        return groups | "Spread" >> beam.Reshuffle() | "Read" >> beam.Map(_read, **self._given)


def _read(element: tuple[Table, RowGroup], *, folder: RunFolder, config: JobConfig, buckets: int) -> str:
    table, group = element
    with located(group.where):
        if table is Table.IMAGES:
            deal_images(group, folder=folder, config=config, buckets=buckets)
        else:
            save_arrays(folder.scan(group), scan_row_group(group, config=config))
    return group.name


def deal_images(group: RowGroup, *, folder: RunFolder, config: JobConfig, buckets: int) -> None:
    """Deals a row group of the images table into buckets.

    Raises:
        InputError: the row group is damaged.
    """
    batches = read_images(group, config=config)
    deal(folder.dealt_images(group), batches, schema=IMAGES_SCHEMA, of=buckets)


def read_images(group: RowGroup, *, config: JobConfig) -> Iterator[pa.RecordBatch]:
    """Study, image and patient id of a row group of the images table; blank and broken ones as null.

    Raises:
        InputError: the row group is damaged, or the file lacks a column.
    """
    with open_parquet(group.path) as parquet:
        names = find_columns(group.path, parquet.schema_arrow.names, table=Table.IMAGES, config=config)
        for batch in _batches(group, parquet, columns=sorted(set(names.values()))):
            nothing = pa.nulls(batch.num_rows, pa.string())
            columns = [
                filled_column(batch[names[ours]]) if ours in names else nothing
                for ours in IMAGES_SCHEMA.names
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=IMAGES_SCHEMA)


def _batches(group: RowGroup, parquet: pq.ParquetFile, *, columns: list[str]) -> Iterator[pa.RecordBatch]:
    try:
        yield from parquet.iter_batches(IMAGES_BATCH_ROWS, row_groups=[group.index], columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise damaged(group.path, group.index) from error


def image_study_ids(images: Sequence[InputFile], *, config: JobConfig) -> Iterator[str | None]:
    """The study id of every row of the images table."""
    for group in row_groups(images):
        for batch in read_images(group, config=config):
            yield from batch["study_id"].to_pylist()
