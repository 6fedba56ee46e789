"""A look at an input table before labelling it: which of our columns it has, and what is amiss in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import InputError
from schemas.tables import IMAGE_COLUMNS, REPORT_COLUMNS, InputColumn, Table

BATCH_ROWS = 16_384
BLANK = r"^\s*$"
UNIQUE_IDS = {Table.REPORTS: "report_id", Table.IMAGES: "image_id"}


@dataclass(frozen=True)
class ColumnLook:
    """One of our columns in the file; `type` is None where the file has none of that name."""

    name: str
    required: bool
    type: str | None
    nulls: int = 0
    blank: int = 0
    undecodable: int = 0
    repeated: int | None = None


@dataclass(frozen=True)
class InputLook:
    """What an input table holds; `others` are columns that are not read."""

    table: Table
    rows: int
    row_groups: int
    columns: tuple[ColumnLook, ...]
    others: tuple[str, ...]


def look_at_input(path: Path) -> InputLook:
    """Reads the columns that a job would read, and counts.

    Raises:
        InputError: it is not Parquet, damaged, empty, neither of our input tables, or lacks a column.
    """
    try:
        with pq.ParquetFile(path) as parquet:
            return _look(path, parquet)
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} is not a whole Parquet file (not Parquet, or cut short)") from error


def _look(path: Path, parquet: pq.ParquetFile) -> InputLook:
    schema: pa.Schema = parquet.schema_arrow
    table = _table_of(path, schema.names)
    if not parquet.metadata.num_rows:
        raise InputError(f"{path} holds no rows")
    ours = IMAGE_COLUMNS if table is Table.IMAGES else REPORT_COLUMNS
    looks = tuple(_look_at_column(path, parquet, column, unique=UNIQUE_IDS[table]) for column in ours)
    return InputLook(
        table=table,
        rows=parquet.metadata.num_rows,
        row_groups=parquet.num_row_groups,
        columns=looks,
        others=tuple(name for name in schema.names if name not in {look.name for look in looks}),
    )


def _table_of(path: Path, names: list[str]) -> Table:
    """The table that lacks nothing, else the one whose telling column is there."""
    for table, ours in ((Table.REPORTS, REPORT_COLUMNS), (Table.IMAGES, IMAGE_COLUMNS)):
        if all(column.found_in(names) for column in ours if column.required):
            return table
    raise InputError(
        f"{path} is neither a reports table (report_id, report_text) nor an images table (study_id, image_id); "
        f"it has: {', '.join(names)}. Other names are mapped by: ctlabel label --column THEIRS=OURS"
    )


def _look_at_column(path: Path, parquet: pq.ParquetFile, column: InputColumn, *, unique: str) -> ColumnLook:
    schema: pa.Schema = parquet.schema_arrow
    theirs = column.found_in(schema.names)
    if theirs is None:
        return ColumnLook(column.name, column.required, type=None)
    kind = schema.field(theirs).type
    _check_type(path, theirs, kind)
    nulls = blank = undecodable = 0
    seen: list[pl.Series] = []
    for values in _values(parquet, theirs):
        nulls += values.null_count
        blank += _count(pc.match_substring_regex(values, BLANK))
        undecodable += _undecodable(values)
        if column.name == unique:
            seen.append(pl.Series(values.drop_null().to_pylist(), dtype=pl.Binary))
    ids = pl.concat(seen) if seen else None
    repeated = None if ids is None else len(ids) - ids.n_unique()
    return ColumnLook(theirs, column.required, str(kind), nulls, blank, undecodable, repeated)


def _check_type(path: Path, name: str, kind: pa.DataType) -> None:
    value_type = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_null,
    )
    integers = name != "report_text" and pa.types.is_integer(value_type)
    if not (integers or any(test(value_type) for test in tests)):
        expected = "text" if name == "report_text" else "text or integers"
        raise InputError(f"{path}: column '{name}' is {kind}, expected {expected}")


def _values(parquet: pq.ParquetFile, name: str) -> Iterator[Any]:
    """The column as bytes, in batches."""
    for batch in parquet.iter_batches(batch_size=BATCH_ROWS, columns=[name]):
        values = batch.column(0)
        if pa.types.is_dictionary(values.type):
            values = values.dictionary_decode()
        if pa.types.is_integer(values.type) or pa.types.is_null(values.type):
            values = values.cast(pa.string())
        yield values.cast(pa.large_binary())


def _undecodable(values: Any) -> int:
    try:
        values.cast(pa.large_string())
    except pa.ArrowInvalid:
        return sum(not _decodes(value) for value in values.to_pylist() if value is not None)
    return 0


def _decodes(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _count(mask: Any) -> int:
    return int(pc.sum(mask, min_count=0).as_py())
