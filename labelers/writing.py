"""Writing files: figures as JSON that can be read by eye, records as YAML, tables as Parquet."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from schemas.errors import OutputError

_PLAIN_LIST = re.compile(r"\[\n\s*([^\[\]{}]*?)\n\s*\]")  # no string of JSON holds a line break
_BREAK = re.compile(r",\s*\n\s*")


def to_json_text(figures: Mapping[str, Any]) -> str:
    """Indented, but for lists of plain values."""
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    return _PLAIN_LIST.sub(lambda found: "[" + _BREAK.sub(", ", found[1]) + "]", text) + "\n"


def write_json(figures: Mapping[str, Any], out: Path) -> None:
    """Writes the file, and its folder where there is none.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(to_json_text(figures), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error


def write_parquet(table: pa.Table, out: Path) -> None:
    """Writes the file, and its folder where there is none.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, out)
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error


def write_yaml(record: Mapping[str, Any], path: Path) -> None:
    """Writes the file, or leaves what was there.

    Raises:
        OutputError: the file cannot be written.
    """
    text = yaml.safe_dump(dict(record), sort_keys=False, allow_unicode=True, width=110)
    unfinished = path.with_name(f"{path.name}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
