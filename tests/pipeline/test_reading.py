from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.reading import ReportBatch, read_batches
from pipeline.shards import row_groups
from pipeline.sources import describe_file
from schemas.errors import InputError
from schemas.hashing import hash_text
from schemas.job import JobConfig
from schemas.status import Reason


def read(path: Path, **options: Any) -> list[ReportBatch]:
    config = JobConfig(**options)
    groups = row_groups([describe_file(str(path))])
    return [batch for group in groups for batch in read_batches(group, config=config)]


def read_rows(tmp_path: Path, table: dict[str, Any], /, **options: Any) -> ReportBatch:
    """The only batch of a small file."""
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    [batch] = read(tmp_path / "a.parquet", **options)
    return batch


def reasons(tmp_path: Path, columns: dict[str, Any], **options: Any) -> list[Reason | None]:
    return read_rows(tmp_path, columns, **options).reasons


def texts(*values: Any) -> dict[str, Any]:
    return {"report_id": [f"r{number}" for number in range(len(values))], "report_text": list(values)}


def ids(*values: Any) -> dict[str, Any]:
    return {"report_id": list(values), "report_text": ["No bleed."] * len(values)}


def test_a_row_with_an_id_and_a_text_can_be_labelled(tmp_path: Path) -> None:
    batch = read_rows(tmp_path, {"report_id": [" r1"], "report_text": [" Kein Ödem.\n"]})

    assert batch.reasons == [None]
    assert batch.report_ids == [" r1"]
    assert batch.texts == [" Kein Ödem.\n"]
    assert batch.text_hashes == [hash_text(" Kein Ödem.\n")]


def test_null_empty_and_blank_texts_are_no_report_text(tmp_path: Path) -> None:
    assert reasons(tmp_path, texts("ok", None, "", " \n\t\u00a0")) == [None, *[Reason.NO_REPORT_TEXT] * 3]


def test_null_empty_and_blank_ids_are_no_report_id(tmp_path: Path) -> None:
    assert reasons(tmp_path, ids("r1", None, "", "  ")) == [None, *[Reason.NO_REPORT_ID] * 3]


def test_a_text_that_is_not_utf8_costs_only_its_row(tmp_path: Path) -> None:
    batch = read_rows(tmp_path, texts(b"before", b"Isch\xe4mie", b"after"))

    assert batch.reasons == [None, Reason.UNDECODABLE_TEXT, None]
    assert batch.texts == ["before", None, "after"]
    assert batch.text_hashes[1] is None
    assert batch.input_hashes[1] is None


def test_a_string_column_with_bytes_that_are_not_utf8_costs_only_their_row(tmp_path: Path) -> None:
    broken = pa.array([b"before", b"Isch\xe4mie", b"after"]).view(pa.string())

    batch = read_rows(tmp_path, {"report_id": ["r1", "r2", "r3"], "report_text": broken})

    assert batch.reasons == [None, Reason.UNDECODABLE_TEXT, None]


@pytest.mark.parametrize("column", ["report_id", "study_id", "patient_id"])
def test_an_id_that_is_not_utf8_costs_only_its_row(tmp_path: Path, column: str) -> None:
    columns = {"study_id": [b"s1", b"s2"], "patient_id": [b"p1", b"p2"], **ids(b"r1", b"r2")}
    columns[column] = [b"ok", b"\xff"]

    assert reasons(tmp_path, columns) == [None, Reason.UNDECODABLE_ID]


def test_the_longest_text_that_is_read_is_read(tmp_path: Path) -> None:
    assert reasons(tmp_path, texts("x" * 10, "x" * 11, "ö" * 10), max_report_chars=10) == [
        None,
        Reason.TOO_LONG,
        None,
    ]


def test_what_is_wrong_with_the_id_is_said_before_what_is_wrong_with_the_text(tmp_path: Path) -> None:
    columns = {"report_id": [b"\xff", None], "report_text": [None, b"\xff"]}

    assert reasons(tmp_path, columns) == [Reason.UNDECODABLE_ID, Reason.NO_REPORT_ID]


def test_without_a_study_column_a_report_is_its_own_study(tmp_path: Path) -> None:
    assert read_rows(tmp_path, ids("r1", "r2", " ")).study_ids == ["r1", "r2", None]


def test_with_a_study_column_a_blank_study_is_none(tmp_path: Path) -> None:
    columns = {**ids("r1", "r2", "r3"), "study_id": ["s", None, " "]}

    assert read_rows(tmp_path, columns).study_ids == ["s", None, None]


def test_optional_columns_are_read_where_they_are(tmp_path: Path) -> None:
    columns = {
        **ids("r1", "r2"),
        "patient_id": [7, None],
        "modality": ["CT", None],
        "exam_name": ["Head", ""],
    }

    batch = read_rows(tmp_path, columns)

    assert batch.patient_ids == ["7", None]
    assert (batch.modalities, batch.exam_names) == (["CT", None], ["Head", ""])
    assert read_rows(tmp_path, ids("r1")).patient_ids == [None]


def test_mapped_columns_are_read_by_their_own_names(tmp_path: Path) -> None:
    columns = {"ACC": [1, 2], "TXT": ["a", "b"], "report_id": ["no", "no"]}

    batch = read_rows(tmp_path, columns, columns={"report_id": "ACC", "report_text": "TXT"})

    assert (batch.report_ids, batch.texts) == (["1", "2"], ["a", "b"])


def test_one_column_can_serve_as_two_of_ours(tmp_path: Path) -> None:
    batch = read_rows(tmp_path, ids("r1"), columns={"study_id": "report_id"})

    assert batch.study_ids == batch.report_ids == ["r1"]


def test_a_column_with_a_dot_in_its_name_is_read(tmp_path: Path) -> None:
    batch = read_rows(
        tmp_path, {"report.id": ["r1"], "report_text": ["t"]}, columns={"report_id": "report.id"}
    )

    assert batch.report_ids == ["r1"]


def test_the_input_hash_follows_text_modality_and_exam_and_no_id(tmp_path: Path) -> None:
    columns = {
        "report_id": ["a", "b", "c", "d", "e"],
        "patient_id": ["p1", "p2", "p3", "p4", "p5"],
        "report_text": ["t", "t", "t2", "t", "t"],
        "modality": ["CT", "CT", "CT", "MR", None],
        "exam_name": [None, None, None, None, "CT"],
    }

    hashes = read_rows(tmp_path, columns).input_hashes

    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 5, 7, 100])
@pytest.mark.parametrize("row_group_size", [3, 100])
def test_batches_hold_every_row_once_in_order_with_its_number(
    tmp_path: Path, batch_rows: int, row_group_size: int
) -> None:
    pq.write_table(pa.table(ids(*range(7))), tmp_path / "a.parquet", row_group_size=row_group_size)

    batches = read(tmp_path / "a.parquet", batch_rows=batch_rows)

    assert [id_ for batch in batches for id_ in batch.report_ids] == [str(number) for number in range(7)]
    for batch in batches:
        assert len(batch) == batch.shard.rows <= batch_rows
        assert batch.report_ids[0] == str(batch.shard.first_row)


def test_categories_that_change_their_dictionary_within_a_row_group_are_read(tmp_path: Path) -> None:
    values = [f"report number {number} " * 30 for number in range(3000)]
    table = pa.table({"report_id": range(3000), "report_text": pa.array(values).dictionary_encode()})
    pq.write_table(table, tmp_path / "a.parquet", dictionary_pagesize_limit=10_000, data_page_size=10_000)

    batches = read(tmp_path / "a.parquet", batch_rows=700)

    assert [len(batch) for batch in batches] == [700, 700, 700, 700, 200]
    assert [text for batch in batches for text in batch.texts] == values


def test_a_damaged_row_group_is_an_error_that_names_it_and_shows_none_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    columns = texts(*[f"No bleed in {number}." for number in range(2000)])
    pq.write_table(pa.table(columns), path, row_group_size=1000, compression="zstd")
    meta = pq.read_metadata(path).row_group(1).column(1)
    start = meta.dictionary_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + meta.total_compressed_size] = b"\x5a" * meta.total_compressed_size
    path.write_bytes(content)

    with pytest.raises(InputError) as raised:
        read(path)

    assert str(raised.value) == (f"{path}: row group 1 is damaged and cannot be read; export the file again")
