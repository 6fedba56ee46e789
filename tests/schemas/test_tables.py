from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.errors import InvariantError
from schemas.label_set import LabelSet
from schemas.tables import (
    Stamp,
    Table,
    check_schema,
    dictionary_column,
    image_labels_schema,
    label_fields,
    read_stamp,
    report_labels_schema,
    sentences_schema,
    table_schema,
)

LABELS = LabelSet.model_validate(
    {
        "id": "two",
        "version": 1,
        "classes": ["no", "maybe", "yes"],
        "labels": [
            {"id": name, "name": name, "kind": "finding", "variants": [name], "description": ""}
            for name in ("bleed", "oedema")
        ],
    }
)
EXPECTED = pa.schema([("report_id", pa.string()), ("row", pa.int64())])
STAMP = Stamp(run_id="r1", label_set_id="two", label_set_hash="h", labeler="bow_rf", labeler_fingerprint="f")


def test_a_label_set_gives_a_class_and_a_probability_column_for_each_label() -> None:
    fields = label_fields(LABELS, may_be_null=False)

    assert [field.name for field in fields] == [
        "bleed",
        "oedema",
        "bleed_probabilities",
        "oedema_probabilities",
    ]
    assert fields[0].type == pa.dictionary(pa.int8(), pa.string())
    assert fields[2].type == pa.list_(pa.float32(), 3)


def test_the_tables_of_images_have_no_null_labels_and_those_of_reports_may() -> None:
    assert not image_labels_schema(LABELS).field("bleed").nullable
    assert report_labels_schema(LABELS).field("bleed").nullable


@pytest.mark.parametrize("table", Table)
def test_every_table_survives_parquet_with_its_schema(table: Table, tmp_path: Path) -> None:
    schema = table_schema(table, LABELS, with_text=True)
    pq.write_table(schema.empty_table(), tmp_path / "t.parquet")

    check_schema(pq.read_schema(tmp_path / "t.parquet"), schema, where="t")


def test_text_is_a_column_of_sentences_only_where_asked_for() -> None:
    assert "text" not in sentences_schema(with_text=False).names
    assert sentences_schema(with_text=True).names[-1] == "text"


def test_the_tables_of_reports_and_images_never_hold_text() -> None:
    for schema in (report_labels_schema(LABELS), image_labels_schema(LABELS)):
        assert not {"text", "report_text"} & set(schema.names)


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ([("report_id", pa.string())], "column 'row' is missing"),
        ([], "column 'report_id' is missing"),
        ([("row", pa.int64()), ("report_id", pa.string())], "column 1 is 'row', expected 'report_id'"),
        ([("report_id", pa.string()), ("row", pa.int32())], "column 'row' is int32, expected int64"),
        ([*EXPECTED, ("more", pa.string())], "unexpected column 'more'"),
    ],
)
def test_a_table_that_breaks_its_contract_is_an_error_that_says_where(found: list, problem: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(InvariantError, match=f"^f.parquet: {problem}$"):
        check_schema(pa.schema(found), EXPECTED, where="f.parquet")


def test_a_table_of_its_schema_passes_whatever_its_metadata() -> None:
    check_schema(EXPECTED.with_metadata({"a": "b"}), EXPECTED, where="f")


def test_codes_become_names_and_null_stays_null() -> None:
    column = dictionary_column(pa.array([1, None, 0], pa.int8()), ("no", "yes"))

    assert column.to_pylist() == ["yes", None, "no"]


def test_the_stamp_of_a_file_says_which_run_and_labeler_made_it(tmp_path: Path) -> None:
    table = EXPECTED.empty_table().replace_schema_metadata(STAMP.metadata(Table.REJECTS))
    pq.write_table(table, tmp_path / "t.parquet")

    assert read_stamp(pq.read_schema(tmp_path / "t.parquet").metadata) == {
        "schema_version": "1",
        "table": "rejects",
        "run_id": "r1",
        "label_set": "two",
        "label_set_hash": "h",
        "labeler": "bow_rf",
        "labeler_fingerprint": "f",
    }


def test_a_file_of_another_maker_has_no_stamp() -> None:
    assert read_stamp(None) == {}
    assert read_stamp({b"pandas": b"{}"}) == {}
