"""Labelled texts and plain texts from Parquet, for training and measuring."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from schemas.errors import InputError
from schemas.hashing import DIGEST_BYTES, hash_text
from schemas.label_set import LabelSet

TEXT_COLUMN = "text"
Targets = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LabelledTexts:
    """Texts, their class index for each label (n, n_L), and the group (report) that each belongs to."""

    texts: tuple[str, ...]
    targets: Targets
    groups: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def select(self, chosen: NDArray[np.bool_]) -> LabelledTexts:
        """The texts where `chosen` is true."""
        indices = np.flatnonzero(chosen)
        return LabelledTexts(
            texts=tuple(self.texts[i] for i in indices),
            targets=self.targets[indices],
            groups=tuple(self.groups[i] for i in indices),
        )


def read_labelled(path: Path, label_set: LabelSet, *, group_column: str | None = None) -> LabelledTexts:
    """A Parquet file with a text column and one column of class names for each label.

    Where `group_column` is given and the file has it, it becomes the texts' group.

    Raises:
        InputError: no such file, not Parquet, a missing column, no rows, a null text or an unknown class.
    """
    has_groups = group_column is not None and group_column in column_names(path)
    columns = [TEXT_COLUMN, *label_set.ids, *([group_column] if has_groups and group_column else [])]
    table = read_columns(path, columns)
    if table.num_rows == 0:
        raise InputError(f"{path}: there are no rows")
    targets = np.stack(
        [_class_indices(path, table, label, label_set.classes) for label in label_set.ids], axis=1
    )
    found = table[group_column].to_pylist() if has_groups else [None] * table.num_rows
    groups = [None if group is None else str(group) for group in found]
    return LabelledTexts(texts=_texts(path, table), targets=targets, groups=tuple(groups))


def read_texts(path: Path) -> tuple[str, ...]:
    """The text column of a Parquet file."""
    return _texts(path, read_columns(path, [TEXT_COLUMN]))


def column_names(path: Path) -> tuple[str, ...]:
    """Names of the file's columns.

    Raises:
        InputError: no such file, or not Parquet.
    """
    try:
        return tuple(pq.read_schema(path).names)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as Parquet: {type(error).__name__}") from error


def read_columns(path: Path, columns: Sequence[str]) -> pa.Table:
    """Some columns of a Parquet file.

    Raises:
        InputError: no such file, not Parquet, or a column is missing.
    """
    missing = sorted(set(columns) - set(column_names(path)))
    if missing:
        raise InputError(
            f"{path} has no column {', '.join(missing)}; there are: {', '.join(column_names(path))}"
        )
    try:
        return pq.read_table(path, columns=list(columns))
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read as Parquet: {type(error).__name__}") from error


def concatenate(parts: Iterable[LabelledTexts]) -> LabelledTexts:
    """All parts, one after the other."""
    found = list(parts)
    return LabelledTexts(
        texts=tuple(text for part in found for text in part.texts),
        targets=np.concatenate([part.targets for part in found]),
        groups=tuple(group for part in found for group in part.groups),
    )


def held_out_mask(groups: Sequence[str | None], *, share: float) -> NDArray[np.bool_]:
    """Which texts are held out: about `share` of the groups, by a hash of the group, so that it never changes."""
    threshold = share * 2**32
    held = {group: int(hash_text(group)[:8], 16) < threshold for group in groups if group is not None}
    return np.array([group is not None and held[group] for group in groups], dtype=np.bool_)


def hash_file(path: Path) -> str:
    """Hash of the file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)).hexdigest()


def _texts(path: Path, table: pa.Table) -> tuple[str, ...]:
    column = table[TEXT_COLUMN]
    if column.null_count:
        raise InputError(f"{path}: {column.null_count} texts are null")
    return tuple(str(text) for text in column.to_pylist())


def _class_indices(path: Path, table: pa.Table, label: str, classes: Sequence[str]) -> Targets:
    column = table[label].combine_chunks().cast(pa.string())
    indices = pc.index_in(column, pa.array(classes, type=pa.string()))
    if indices.null_count:
        raise InputError(f"{path}: column {label} has values other than {', '.join(classes)}")
    return np.asarray(indices, dtype=np.int64)
