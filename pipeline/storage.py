"""Writing files so that a half-written one never looks finished: a temporary name first, then a rename."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.errors import OutputError

TEMPORARY_PREFIX = ".tmp-"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary path beside `path` and renames it to `path` when the block ends without an error.

    Raises:
        OutputError: the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _flush_to_disk(temporary)
        temporary.replace(path)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    """So that a name never outlives a power cut without its content."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def output_error(path: Path, error: OSError) -> OutputError:
    """The user's view of an operating-system error on a path of the output."""
    if error.errno == errno.ENOSPC:
        return OutputError(f"no space left on the disk of {path.parent}; free some and run the command again")
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return OutputError(f"{path} cannot be written: {reason}")


def write_text(path: Path, text: str) -> None:
    """Writes a small text file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_table(path: Path, table: pa.Table, *, metadata: dict[str, str]) -> None:
    """Writes a Parquet file whole or not at all; the same rows give the same bytes."""
    stamped = table.replace_schema_metadata(metadata)
    with replacing(path) as temporary:
        pq.write_table(stamped, temporary, compression="zstd", write_page_index=False)


@contextmanager
def open_table(path: Path, schema: pa.Schema, *, metadata: dict[str, str]) -> Iterator[TableWriter]:
    """A Parquet file to be written in slices, each a row group; whole when the block ends, or not at all."""
    stamped = schema.with_metadata(metadata)
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(temporary, stamped, compression="zstd", write_page_index=False) as writer,
    ):
        yield TableWriter(writer, stamped)


class TableWriter:
    """Writes slices of one table."""

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._writer = writer
        self._schema = schema

    def write(self, rows: pa.Table) -> None:
        """Adds the rows as a row group."""
        self._writer.write_table(rows.replace_schema_metadata(self._schema.metadata))


def remove_temporary_files(folder: Path) -> None:
    """Clears what a killed process left behind under `folder`."""
    for leftover in folder.rglob(f"{TEMPORARY_PREFIX}*"):
        leftover.unlink(missing_ok=True)
