from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelers.statistics.__main__ import main, read_corpus
from schemas.errors import InputError, UsageError

ANNOTATED = {
    "first": [["A"], ["A", "B"], [], ["C"]],
    "second": [["A"], ["B"], [], []],
    "third": [["A"], ["B"], ["A"], []],
    "truth": [["A"], ["B"], [], []],
}


@pytest.fixture
def annotated(tmp_path: Path) -> Path:
    pq.write_table(pa.table({**ANNOTATED, "name": list("abcd")}), tmp_path / "annotated.parquet")
    return tmp_path / "annotated.parquet"


def run(*arguments: str | Path, out: Path) -> dict[str, Any]:
    main([*map(str, arguments), "--out", str(out)])
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_agreement_is_told_of_the_columns_that_annotators_filled(annotated: Path, tmp_path: Path) -> None:
    found = run("agreement", annotated, "--annotators", "first", "second", "third", out=tmp_path / "out.json")

    assert [entry["file"] for entry in found["data"]] == ["annotated.parquet"]
    assert (found["figures"]["documents"], found["figures"]["codes"]) == (4, 3)
    assert found["figures"]["kappa_by_code"]["B"] == 1.0
    assert found["figures"]["kappa"]["low"] <= found["figures"]["kappa"]["estimate"]


def test_codes_of_another_column_alone_are_counted(annotated: Path, tmp_path: Path) -> None:
    options = ("--annotators", "first", "second", "third", "--codes", "truth")
    found = run("agreement", annotated, *options, out=tmp_path / "out.json")

    assert list(found["figures"]["kappa_by_code"]) == ["A", "B"]


@pytest.mark.parametrize(
    ("annotators", "code", "message"),
    [
        (["first"], UsageError.exit_code, "two --annotators or more"),
        (["first", "name"], InputError.exit_code, "name does not hold a list of codes"),
        (["first", "fourth"], InputError.exit_code, "has no column fourth"),
    ],
)
def test_columns_that_are_no_annotators_are_refused(
    annotated: Path, annotators: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["agreement", str(annotated), "--annotators", *annotators])

    assert stopped.value.code == code
    assert message in capsys.readouterr().err


def test_lexical_figures_are_printed_without_any_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(pa.table({"text": ["No bleed, no mass.", "No Bleed?"]}), tmp_path / "texts.parquet")

    main(["lexical", str(tmp_path / "texts.parquet"), "--sample-words", "4"])

    printed = capsys.readouterr().out
    figures = json.loads(printed)["figures"]
    assert (figures["whole"]["texts"], figures["whole"]["words"], figures["whole"]["unique_words"]) == (
        2,
        6,
        3,
    )
    assert figures["of_one_size"]["words"] == 4
    assert "bleed" not in printed


def test_more_words_than_there_are_cannot_be_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pq.write_table(pa.table({"text": ["No bleed."]}), tmp_path / "texts.parquet")

    with pytest.raises(SystemExit) as stopped:
        main(["lexical", str(tmp_path / "texts.parquet"), "--sample-words", "3"])

    assert stopped.value.code == InputError.exit_code
    assert "do not have 3 words" in capsys.readouterr().err


def test_rows_of_a_group_make_one_text_of_all_columns(tmp_path: Path) -> None:
    path = tmp_path / "texts.parquet"
    pq.write_table(
        pa.table({"id": ["r1", "r2", "r1"], "a": ["one", "two", "three"], "b": [None, "x", "y"]}), path
    )

    assert read_corpus([path], ["a", "b"], "id") == ["one\nthree\ny", "two\nx"]
    assert read_corpus([path, path], ["b"]) == ["", "x", "y", "", "x", "y"]
