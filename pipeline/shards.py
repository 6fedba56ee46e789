"""How an archive is cut into work: row groups to read, and shards of some thousand rows to write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from schemas.run import InputFile

STEM_CHARS = 50


@dataclass(frozen=True)
class RowGroup:
    """One row group of one input file: the unit that is read and scanned."""

    path: str
    file_index: int
    index: int
    first_row: int
    rows: int

    @property
    def where(self) -> str:
        """For messages."""
        return f"{self.path}: row group {self.index}"

    @property
    def name(self) -> str:
        """Sorts in input order, and depends on the input alone."""
        return f"{self.file_index:05d}-{self.index:05d}-{self.stem}"

    @property
    def stem(self) -> str:
        """As much of the file's own name as fits into any file name, four bytes a character at most."""
        return PurePosixPath(self.path.replace("\\", "/")).stem[:STEM_CHARS]


@dataclass(frozen=True)
class Shard:
    """Consecutive rows of one row group, from its row `start` on: the unit that is labelled and written."""

    row_group: RowGroup
    start: int
    rows: int

    @property
    def name(self) -> str:
        """Sorts in input order, and depends on the input and `batch_rows` alone."""
        group = self.row_group
        return f"{group.file_index:05d}-{group.index:05d}-{self.start:09d}-{group.stem}"

    @property
    def first_row(self) -> int:
        """Number of the first row within its file, from 0."""
        return self.row_group.first_row + self.start


def row_groups(files: Iterable[InputFile]) -> Iterator[RowGroup]:
    """All row groups that hold rows, in input order."""
    for file_index, file in enumerate(files):
        first_row = 0
        for index, rows in enumerate(file.row_groups):
            if rows:
                yield RowGroup(file.path, file_index, index, first_row, rows)
            first_row += rows


def shards(group: RowGroup, *, batch_rows: int) -> Iterator[Shard]:
    """The shards of a row group, in order."""
    for start in range(0, group.rows, batch_rows):
        yield Shard(group, start, min(batch_rows, group.rows - start))
