import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from jobs.cli import main
from schemas.run import RUN_FILE, STATS_FILE, SUCCESS_FILE
from tests.archives import report_rows, write_images, write_reports


def validate(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["validate", str(path), *arguments])


def problems(path: Path) -> list[str]:
    """What is found wrong; the exit code must agree."""
    result = validate(path, "--json")
    record = json.loads(result.stdout)
    assert result.exit_code == (0 if record["valid"] else 6), result.output
    found: list[str] = record["problems"]
    return found


@pytest.fixture
def run(small_run: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(small_run, tmp_path / "run"))


def shard(run: Path, table: str) -> Path:
    return sorted((run / table).glob("*.parquet"))[0]


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    table = pq.read_table(path)
    changed = change(table)
    metadata = changed.schema.metadata or table.schema.metadata
    pq.write_table(changed.replace_schema_metadata(metadata), path)


def with_column(table: pa.Table, name: str, change: Callable[[list[Any]], list[Any]]) -> pa.Table:
    """The table with the values of one column changed, its type kept."""
    at, field = table.schema.get_field_index(name), table.schema.field(name)
    values = change(table[name].to_pylist())
    if pa.types.is_dictionary(field.type):
        column = pa.array(values, field.type.value_type).dictionary_encode().cast(field.type)
    else:
        column = pa.array(values, field.type)
    return table.set_column(at, field, column)


def damage(path: Path, column: str, change: Callable[[list[Any]], list[Any]]) -> None:
    rewrite(path, lambda table: with_column(table, column, change))


def first(value: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda values: [value, *values[1:]]


def first_to_last(values: list[Any]) -> list[Any]:
    return [*values[1:], values[0]]


def test_a_run_of_ours_is_valid(small_run: Path) -> None:
    result = validate(small_run)
    assert result.exit_code == 0, result.output
    assert result.output == f"{small_run} is valid.\n"


def test_an_unfinished_run_is_not_valid(run: Path) -> None:
    (run / SUCCESS_FILE).unlink()
    assert problems(run) == ["no _SUCCESS: the run is not finished; run its command again to go on"]


@pytest.mark.parametrize("table", ["reports", "sentences", "rejects"])
def test_a_missing_shard_is_found(run: Path, table: str) -> None:
    path = shard(run, table)
    path.unlink()
    assert f"{table}/{path.name}: missing" in problems(run)


def test_missing_images_are_found(run: Path) -> None:
    shard(run, "images").unlink()
    assert any(problem.startswith("images: 0 rows, expected ") for problem in problems(run))


@pytest.mark.parametrize("table", ["reports", "images", "sentences", "rejects"])
def test_a_damaged_file_is_found(run: Path, table: str) -> None:
    path = shard(run, table)
    path.write_bytes(path.read_bytes()[:-20])
    assert f"{table}/{path.name}: damaged, not a whole Parquet file" in problems(run)


def test_a_shard_too_many_is_found(run: Path) -> None:
    path = shard(run, "rejects")
    shutil.copy(path, path.with_name("more.parquet"))
    assert "rejects/more.parquet: belongs to no shard of the input" in problems(run)


def test_a_column_of_another_type_is_found(run: Path) -> None:
    path = shard(run, "reports")
    rewrite(path, lambda t: t.set_column(6, "n_sentences", t["n_sentences"].cast(pa.int64())))
    assert f"reports/{path.name}: column 'n_sentences' is int64, expected int32" in problems(run)


def test_a_file_of_another_run_is_found(run: Path) -> None:
    path = shard(run, "sentences")

    def restamp(table: pa.Table) -> pa.Table:
        return table.replace_schema_metadata({**table.schema.metadata, b"ctlabel.run_id": b"another"})

    rewrite(path, restamp)
    wanted = f"sentences/{path.name}: its metadata does not name this run, label set and labeler"
    assert wanted in problems(run)


def test_a_lost_row_is_found(run: Path) -> None:
    rewrite(shard(run, "reports"), lambda table: table.slice(1))
    found = problems(run)
    assert any("4 rows, 5 in the input" in problem for problem in found)
    assert "run.json: 33 rows in, 32 in reports/" in found


@pytest.mark.parametrize(
    ("table", "column", "change", "expected"),
    [
        ("reports", "status", first("fine"), "row 0: status is not one that a row here can have"),
        ("reports", "status", first("excluded"), "row 0: 'status_reason' does not belong to the status"),
        ("reports", "infarct", first(None), "row 0: no class, but the row is labelled"),
        ("reports", "infarct", first("perhaps"), "row 0: a class that the label set does not have"),
        ("reports", "infarct", lambda v: ["positive"] * len(v), "class given, but the row is not labelled"),
        ("reports", "n_sentences", first(99), "not as many sentences as n_sentences says"),
        ("reports", "report_id", first("r1"), "an earlier row of the same report id"),
        ("reports", "infarct_probabilities", first([0.5, 0.5]), "not as many probabilities as classes"),
        ("reports", "infarct_probabilities", first([float("nan")] * 4), "negative or no number"),
        ("reports", "infarct_probabilities", first([0.1, 0.1, 0.1, 0.1]), "do not add up to 1"),
        (
            "reports",
            "infarct_probabilities",
            first([1.0, 0.0, 0.0, 0.0]),
            "the class is not the most probable",
        ),
        ("images", "split", first_to_last, "in another split than its patient"),
        ("images", "report_ids", first(["r29"]), "its reports are not the labelled ones of its study"),
        ("images", "study_id", first("s9"), "its reports are not the labelled ones of its study"),
        ("sentences", "end", first(0), "row 0: a span that is empty or turned round"),
        ("sentences", "start", lambda v: [v[0], v[0], *v[2:]], "begins before the last one's end"),
        ("sentences", "sentence", first(4), "row 0: sentences are not numbered"),
        ("sentences", "mentions", lambda v: [[] for _ in v], "the mentions do not give the labels"),
        (
            "sentences",
            "report_id",
            lambda v: ["r29" if i == v[0] else i for i in v],
            "its reports are not the labelled ones",
        ),
        ("rejects", "reason", first("id_reused"), "'reason' does not belong to the status"),
        ("rejects", "row", first(3), "not exactly the 1 of the shard that were not labelled"),
    ],
)
def test_a_broken_rule_is_found(
    run: Path, table: str, column: str, change: Callable[[list[Any]], list[Any]], expected: str
) -> None:
    damage(shard(run, table), column, change)
    assert any(expected in problem for problem in problems(run)), problems(run)


def test_image_labels_that_differ_from_their_reports_are_found(run: Path) -> None:
    path = shard(run, "images")
    damage(path, "infarct", first("uncertain"))
    damage(path, "infarct_probabilities", first([0.0, 0.0, 1.0, 0.0]))
    assert f"images/{path.name}: row 0: its labels are not those of its reports" in problems(run)


def test_counts_that_the_tables_do_not_bear_out_are_found(run: Path) -> None:
    stats = json.loads((run / STATS_FILE).read_text())
    stats["statuses"]["labelled"] += 1
    (run / STATS_FILE).write_text(json.dumps(stats))
    assert any(problem.startswith("stats.json: statuses is ") for problem in problems(run))


def test_a_run_record_that_cannot_be_read_is_an_error_of_its_own(run: Path) -> None:
    (run / RUN_FILE).write_text("{}")
    result = validate(run)
    assert result.exit_code == 6
    assert "is not a record of this version of ctlabel" in result.stderr


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    assert validate(tmp_path).exit_code == 3


def test_at_most_twenty_problems_are_shown_and_all_are_counted(run: Path) -> None:
    for table in ("reports", "sentences", "rejects"):
        for path in (run / table).glob("*.parquet"):
            path.unlink()
    result = validate(run)
    assert len(result.stdout.splitlines()) == 20
    assert "the first 20 shown" in result.stderr


@pytest.mark.parametrize("table", ["reports", "images", "sentences", "rejects"])
def test_one_file_of_a_run_is_checked_alone(run: Path, table: str) -> None:
    assert problems(shard(run, table)) == []
    elsewhere = Path(shutil.copy(shard(run, table), run.parent / "copy.parquet"))
    assert problems(elsewhere) == []


def test_a_broken_file_of_a_run_is_found_alone(run: Path) -> None:
    path = shard(run, "reports")
    damage(path, "infarct", first(None))
    assert problems(path) == [f"{path}: label 'infarct': row 0: no class, but the row is labelled"]


def test_an_input_table_is_described(tmp_path: Path) -> None:
    rows: dict[str, Any] = report_rows(range(6))
    rows["report_id"] = ["a", "a", None, "b", "c", "d"]
    rows["report_text"] = pa.array([b"x", b"\xff", b" ", None, b"", b"y"], pa.binary())
    rows["site"] = ["one"] * 6
    path = write_reports(tmp_path / "export.parquet", rows)

    result = validate(path, "--json")

    assert result.exit_code == 0, result.output
    look = json.loads(result.stdout)
    columns = {column["name"]: column for column in look["columns"]}
    assert look["table"] == "reports"
    assert look["others"] == ["site"]
    assert columns["report_id"]["nulls"] == 1
    assert columns["report_id"]["repeated"] == 1
    assert columns["report_text"]["blank"] == 2
    assert columns["report_text"]["undecodable"] == 1
    assert "It can be labelled" in validate(path).output


def test_an_images_table_is_described(tmp_path: Path) -> None:
    path = write_images(tmp_path / "images.parquet", [0, 1])
    look = json.loads(validate(path, "--json").stdout)
    assert look["table"] == "images"
    assert [column["type"] for column in look["columns"]] == ["string", "string", None]


def test_an_images_table_with_another_name_for_its_images_is_described(tmp_path: Path) -> None:
    path = tmp_path / "images.parquet"
    pq.write_table(pa.table({"study_id": ["s1", "s1"], "series_uid": ["1.2", "1.3"]}), path)

    result = validate(path)

    assert result.exit_code == 0
    assert "series_uid" in result.output


def test_integer_ids_are_fine(tmp_path: Path) -> None:
    path = write_reports(
        tmp_path / "export.parquet", {"report_id": [1, 1, 2], "report_text": ["a", "b", "c"]}
    )
    columns = json.loads(validate(path, "--json").stdout)["columns"]
    assert columns[0]["repeated"] == 1


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"id": ["a"], "text": ["b"]}, "it has: id, text. Other names are mapped by"),
        ({"report_id": ["a"], "report_text": [1.5]}, "column 'report_text' is double, expected text"),
        ({"report_id": pa.array([], pa.string()), "report_text": pa.array([], pa.string())}, "holds no rows"),
    ],
    ids=["missing columns", "mistyped column", "no rows"],
)
def test_an_input_table_that_cannot_be_labelled_is_refused(
    tmp_path: Path, rows: dict[str, Any], expected: str
) -> None:
    result = validate(write_reports(tmp_path / "export.parquet", rows))
    assert result.exit_code == 3
    assert expected in result.stderr


def test_what_is_not_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text("report_id,report_text\n")
    assert "is not a whole Parquet file" in validate(tmp_path / "export.csv").stderr
    assert "does not exist" in validate(tmp_path / "nowhere.parquet").stderr
