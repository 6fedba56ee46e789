"""Small archives of our own making for tests of the whole job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.tables import Table

SIDES = ("left", "right")
TERRITORIES = ("middle cerebral", "anterior cerebral", "posterior cerebral", "cerebellar")
FINDINGS = (
    "There is an acute {side} {territory} artery infarct.",
    "No intracranial haemorrhage. Old infarct in the {side} {territory} territory.",
    "Possible early ischaemia in the {side} {territory} territory. No midline shift.",
    "The ventricles are of normal size. There is no mass effect.",
    "A thin {side} subdural haematoma is present, with local sulcal effacement.",
)


def head_report(number: int) -> str:
    """A short head CT report; every number its own."""
    side, territory = SIDES[number % 2], TERRITORIES[number // 2 % 4]
    finding = FINDINGS[number % len(FINDINGS)].format(side=side, territory=territory)
    return f"CT head\nHistory: fall, case {number}.\nFindings: {finding} Sinuses are clear.\n"


def report_rows(numbers: Sequence[int]) -> dict[str, list[Any]]:
    """Columns of an export: each fourth patient has two studies, each fifth report is of the chest."""
    chest = "XR chest\nThe lungs are clear. No pleural effusion."
    return {
        "report_id": [f"r{n}" for n in numbers],
        "report_text": [chest if n % 5 == 4 else head_report(n) for n in numbers],
        "study_id": [f"s{n}" for n in numbers],
        "patient_id": [f"p{n - 1 if n % 4 == 1 else n}" for n in numbers],
        "modality": ["DX" if n % 5 == 4 else "CT" for n in numbers],
        "exam_name": ["XR Chest" if n % 5 == 4 else "CT Head" for n in numbers],
    }


def write_reports(
    path: Path, rows: Mapping[str, Sequence[Any] | pa.Array], *, row_group_size: int | None = None
) -> Path:
    """An export of these columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(dict(rows)), path, row_group_size=row_group_size)
    return path


def write_images(path: Path, numbers: Sequence[int]) -> Path:
    """Two series for each study."""
    ids = [(f"s{n}", f"s{n}-{series}") for n in numbers for series in (1, 2)]
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"study_id": [s for s, _ in ids], "image_id": [i for _, i in ids]}), path)
    return path


def read_run_table(run: Path, table: Table, *, without: Sequence[str] = ()) -> pl.DataFrame:
    """All shards of one of a run's tables, in order; categories as strings, so that shards compare."""
    files = sorted((run / table).glob("*.parquet"))
    frame = pl.concat([pl.from_arrow(_plain(pq.read_table(file))) for file in files])
    assert isinstance(frame, pl.DataFrame)
    return frame.drop(without)


def _plain(table: pa.Table) -> pa.Table:
    names = {"label": pa.string(), "certainty": pa.string()}
    fields = []
    for field in table.schema:
        if pa.types.is_dictionary(field.type):
            fields.append(pa.field(field.name, pa.string()))
        elif field.name == "mentions":
            struct = field.type.value_type
            inner = [pa.field(f.name, names.get(f.name, f.type)) for f in struct]
            fields.append(pa.field(field.name, pa.list_(pa.struct(inner))))
        else:
            fields.append(pa.field(field.name, field.type))
    return table.cast(pa.schema(fields))


def assert_same_run(one: Path, other: Path) -> None:
    """The same rows in all tables, to the last bit."""
    for table in Table:
        assert read_run_table(one, table).equals(read_run_table(other, table)), table
