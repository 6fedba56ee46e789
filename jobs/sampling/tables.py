"""Writing an archive's Parquet files row by row, one row group in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.sampling.rows import REPORTS_SCHEMA, ImageRow, Row
from pipeline.storage import replacing

ROW_GROUP_ROWS = 10_000


@dataclass(slots=True)
class TableFile:
    """An open Parquet file that takes rows one by one and keeps one row group in memory."""

    writer: pq.ParquetWriter
    schema: pa.Schema
    count: int = 0
    _rows: list[Row | ImageRow] = field(default_factory=list)

    def add(self, row: Row | ImageRow) -> None:
        """Takes one row."""
        self._rows.append(row)
        self.count += 1
        if len(self._rows) >= ROW_GROUP_ROWS:
            self.flush()

    def flush(self) -> None:
        """Writes what is held as a row group."""
        if self._rows:
            columns = zip(*self._rows, strict=True)
            arrays = [pa.array(values, each.type) for values, each in zip(columns, self.schema, strict=True)]
            self.writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
            self._rows.clear()


@contextmanager
def open_table(path: Path, schema: pa.Schema, names: Mapping[str, str]) -> Iterator[TableFile]:
    """A file of this schema, its columns renamed where `names` has them; it is there when the block ends well."""
    renamed = pa.schema([each.with_name(names.get(each.name, each.name)) for each in schema])
    with replacing(path) as temporary, pq.ParquetWriter(temporary, renamed, compression="zstd") as writer:
        table = TableFile(writer, renamed)
        yield table
        table.flush()


def write_reports(
    rows: Iterator[Row], counts: Mapping[Path, int], *, names: Mapping[str, str] | None = None
) -> None:
    """So many rows to each file, in the order of the files."""
    for path, count in counts.items():
        with open_table(path, REPORTS_SCHEMA, names or {}) as table:
            for row in islice(rows, count):
                table.add(row)


def share_evenly(total: int, paths: Sequence[Path]) -> dict[Path, int]:
    """How many of `total` rows each file gets."""
    n = len(paths)
    return {path: total * (at + 1) // n - total * at // n for at, path in enumerate(paths)}
