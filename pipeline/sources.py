"""Finding and opening the input: files, folders and globs, local or on any of Beam's file systems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import InputError
from schemas.hashing import hash_bytes
from schemas.job import IMAGES_PREFIX, JobConfig
from schemas.run import InputFile
from schemas.tables import IMAGE_COLUMNS, REPORT_COLUMNS, InputColumn, Table

_NOTHING_PLAIN = "^[^!-~]*$"
"""What is blank has no ASCII character that is seen; the rest of Unicode is left to Python."""


def find_files(patterns: Iterable[str]) -> list[str]:
    """Paths of all Parquet files that the patterns mean, each once, sorted: the input order.

    Raises:
        InputError: a pattern matches nothing.
    """
    found: set[str] = set()
    for pattern in patterns:
        matches = _match(pattern)
        if not matches:
            raise InputError(f"{pattern}: no such file, or a folder or glob without Parquet files")
        found.update(matches)
    by_file: dict[str, str] = {}
    for path in sorted(found):
        by_file.setdefault(_identity(path), path)
    return list(by_file.values())


def _beam() -> Any:
    """Beam's file systems; imported where a file is opened, as processes that only read text need none."""
    from apache_beam.io.filesystems import FileSystems  # noqa: PLC0415

    return FileSystems


def _identity(path: str) -> str:
    """The same for two names of one file."""
    return path if _beam().get_scheme(path) is not None else str(Path(path).resolve())


def _match(pattern: str) -> list[str]:
    if _beam().get_scheme(pattern) is not None:
        folder = pattern.rstrip("/") + "/**.parquet"
        return _match_beam(pattern) or _match_beam(folder)
    path = Path(pattern)
    if path.is_dir():
        files = (file for file in path.rglob("*.parquet") if file.is_file())
        return [str(file) for file in files if not file.name.startswith(".")]
    if path.is_file():
        return [str(path)]
    return _match_beam(pattern)


def _match_beam(pattern: str) -> list[str]:
    try:
        [result] = _beam().match([pattern])
    except OSError as error:
        raise InputError(f"{pattern} cannot be listed: {type(error).__name__}") from error
    return [metadata.path for metadata in result.metadata_list]


def open_file(path: str) -> IO[bytes]:
    """A seekable stream of the file's bytes.

    Raises:
        InputError: it cannot be opened.
    """
    try:
        if _beam().get_scheme(path) is None:
            return Path(path).open("rb")
        stream: IO[bytes] = _beam().open(path)
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {type(error).__name__}") from error
    return stream


@contextmanager
def open_parquet(path: str) -> Iterator[pq.ParquetFile]:
    """The file, with its footer read.

    Raises:
        InputError: it is not Parquet, or cut short.
    """
    with open_file(path) as stream:
        try:
            parquet = pq.ParquetFile(stream, pre_buffer=True)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{path} is not a whole Parquet file (not Parquet, or cut short)") from error
        try:
            yield parquet
        finally:
            parquet.close(force=True)


def damaged(path: str, row_group: int) -> InputError:
    """The error for rows that cannot be read although the footer can."""
    return InputError(f"{path}: row group {row_group} is damaged and cannot be read; export the file again")


def describe_file(path: str) -> InputFile:
    """Size, row counts and a hash of the footer, without reading any rows.

    Raises:
        InputError: it is not a whole Parquet file.
    """
    with open_parquet(path) as parquet:
        groups = tuple(parquet.metadata.row_group(i).num_rows for i in range(parquet.num_row_groups))
    with open_file(path) as stream:
        size = stream.seek(0, 2)
        stream.seek(size - 8)
        footer_bytes = int.from_bytes(stream.read(4), "little")
        stream.seek(size - 8 - footer_bytes)
        digest = hash_bytes(stream.read(footer_bytes))
    return InputFile(path=path, bytes=size, digest=digest, row_groups=groups)


def find_columns(path: str, names: Sequence[str], *, table: Table, config: JobConfig) -> dict[str, str]:
    """Our name to the file's name for each of our columns that the file has.

    Raises:
        InputError: a required or mapped column is missing, or there twice; says which are there.
    """
    found: dict[str, str] = {}
    for column in _columns(table):
        theirs = _their_name(column, names, table=table, config=config)
        if names.count(theirs) > 1:
            raise InputError(f"{path} has {names.count(theirs)} columns '{theirs}'; rename all but one")
        if theirs in names:
            found[column.name] = theirs
        elif column.required or theirs != column.name:
            ours = IMAGES_PREFIX + column.name if table is Table.IMAGES else column.name
            raise InputError(
                f"{path} has no column '{theirs}' for '{column.name}' of the {table} table; "
                f"it has: {', '.join(names)}. Map the right one with --column THEIRS={ours}"
            )
    return found


def _columns(table: Table) -> tuple[InputColumn, ...]:
    return IMAGE_COLUMNS if table is Table.IMAGES else REPORT_COLUMNS


def _their_name(column: InputColumn, names: Sequence[str], *, table: Table, config: JobConfig) -> str:
    if table is Table.IMAGES:
        theirs = config.image_column(column.name, there=names)
    else:
        theirs = config.report_column(column.name)
    if theirs in names or theirs != column.name:
        return theirs
    return column.found_in(names) or theirs


def check_columns(path: str, *, table: Table, config: JobConfig) -> None:
    """Holds a file's columns against what an input table must have.

    Raises:
        InputError: a required or mapped column is missing, or one has a type that cannot be read.
    """
    with open_parquet(path) as parquet:
        schema = parquet.schema_arrow
    for ours, theirs in find_columns(path, schema.names, table=table, config=config).items():
        _check_type(path, schema.field(theirs), ours=ours)


def _check_type(path: str, field: pa.Field, *, ours: str) -> None:
    value_type = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    readable = _is_text(value_type) or (ours != "report_text" and pa.types.is_integer(value_type))
    if not (readable or pa.types.is_null(value_type)):
        expected = "text" if ours == "report_text" else "text or integers"
        raise InputError(f"{path}: column '{field.name}' ({ours}) is {field.type}, expected {expected}")


def _is_text(value_type: pa.DataType) -> bool:
    kinds = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_binary,
        pa.types.is_large_binary,
    )
    return any(kind(value_type) for kind in kinds)


def describe_reports(config: JobConfig) -> tuple[InputFile, ...]:
    """Every report file of the job, checked, in input order.

    Raises:
        InputError: no file, a damaged one, a missing column, or not a single row in all of them.
    """
    return _describe(config.reports, table=Table.REPORTS, config=config)


def describe_images(config: JobConfig) -> tuple[InputFile, ...]:
    """The files of the images table, checked; none where the job has no images table.

    Raises:
        InputError: no file, a damaged one, a missing column, or not a single row.
    """
    if config.images is None:
        return ()
    return _describe((config.images,), table=Table.IMAGES, config=config)


def _describe(patterns: Sequence[str], *, table: Table, config: JobConfig) -> tuple[InputFile, ...]:
    if not patterns:
        raise InputError(f"no {table} given: name files, folders or globs")
    files = tuple(describe_file(path) for path in find_files(patterns))
    for file in files:
        check_columns(file.path, table=table, config=config)
    if not sum(file.rows for file in files):
        raise InputError(f"{', '.join(patterns)}: the {table} table holds no rows")
    return files


def to_binary(array: pa.Array) -> pa.Array:
    """Text or integers as bytes, so that one value that is not UTF-8 does not cost the others."""
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_integer(array.type) or pa.types.is_null(array.type):
        array = array.cast(pa.string())
    if pa.types.is_string_view(array.type):
        array = array.cast(pa.large_string())
    if pa.types.is_string(array.type):
        return array.view(pa.binary())
    if pa.types.is_large_string(array.type):
        return array.view(pa.large_binary())
    return array


def decode(array: Any) -> tuple[list[str | None], list[bool]]:
    """Values as strings, and for each whether it was undecodable (then it is given as None)."""
    try:
        return array.cast(pa.large_string()).to_pylist(), [False] * len(array)
    except pa.ArrowInvalid:  # one value at least is not UTF-8
        return _decode_each(array.to_pylist())


def _decode_each(values: list[bytes | None]) -> tuple[list[str | None], list[bool]]:
    texts: list[str | None] = []
    broken: list[bool] = []
    for value in values:
        text, bad = _decode_value(value)
        texts.append(text)
        broken.append(bad)
    return texts, broken


def is_blank(value: str | None) -> bool:
    """Whether there is nothing to read: none, empty, or spaces alone."""
    return not value or value.isspace()


def filled_each(values: Iterable[str | None]) -> list[str | None]:
    """None in place of empty and blank values."""
    return [None if is_blank(value) else value for value in values]


def filled_column(array: pa.Array) -> pa.Array:
    """Text or integers as strings; null in place of an empty, blank or undecodable value."""
    try:
        texts = to_binary(array).cast(pa.string())
    except pa.ArrowInvalid:  # one value at least is not UTF-8
        texts = pa.array(_decode_each(to_binary(array).to_pylist())[0], pa.string())
    if not pc.any(pc.match_substring_regex(texts, _NOTHING_PLAIN), min_count=0).as_py():
        return texts
    return pa.array(filled_each(texts.to_pylist()), pa.string())


def _decode_value(value: bytes | None) -> tuple[str | None, bool]:
    if value is None:
        return None, False
    try:
        return value.decode("utf-8"), False
    except UnicodeDecodeError:
        return None, True
