from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import (
    check_columns,
    decode,
    describe_file,
    describe_images,
    describe_reports,
    filled_column,
    filled_each,
    find_columns,
    find_files,
    open_parquet,
    to_binary,
)
from schemas.errors import InputError
from schemas.job import JobConfig
from schemas.tables import Table

TWO_REPORTS = {"report_id": ["r1", "r2"], "report_text": ["No bleed.", "Old infarct."]}


def write(path: Path, columns: dict[str, Any] = TWO_REPORTS, **options: Any) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, **options)
    return str(path)


def reports(*patterns: str | Path, **options: Any) -> JobConfig:
    return JobConfig(reports=tuple(map(str, patterns)), **options)


def open_files() -> list[str]:
    return [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]


def columns_of(names: list[str], **columns: str) -> dict[str, str]:
    return find_columns("f", names, table=Table.REPORTS, config=JobConfig(columns=columns))


def test_files_folders_and_globs_are_found_each_once_and_sorted(tmp_path: Path) -> None:
    b = write(tmp_path / "b.parquet")
    a = write(tmp_path / "deep" / "a.parquet")
    c = write(tmp_path / "c.parquet")

    assert find_files([c, str(tmp_path), str(tmp_path / "*.parquet")]) == [b, c, a]
    assert find_files([str(tmp_path / "[bc].parquet")]) == [b, c]
    assert find_files([str(tmp_path / "**" / "a.parquet")]) == [a]


def test_a_file_named_in_two_ways_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absolute = write(tmp_path / "a.parquet")
    (tmp_path / "link.parquet").symlink_to(absolute)
    monkeypatch.chdir(tmp_path)

    assert len(find_files(["a.parquet", "./a.parquet", absolute])) == 1
    assert len(find_files([str(tmp_path)])) == 1


def test_a_folder_gives_its_parquet_files_and_no_hidden_ones(tmp_path: Path) -> None:
    a = write(tmp_path / "a.parquet")
    write(tmp_path / ".tmp-a.parquet")
    (tmp_path / "README.txt").write_text("about")

    assert find_files([str(tmp_path)]) == [a]


def test_a_folder_whose_name_ends_as_a_file_gives_the_files_in_it(tmp_path: Path) -> None:
    part = write(tmp_path / "reports.parquet" / "part-0.parquet")

    assert find_files([str(tmp_path)]) == [part]
    assert find_files([str(tmp_path / "reports.parquet")]) == [part]


def test_a_file_named_outright_needs_no_ending(tmp_path: Path) -> None:
    assert find_files([write(tmp_path / "export")]) == [str(tmp_path / "export")]


def test_a_name_with_signs_of_a_glob_is_still_a_name(tmp_path: Path) -> None:
    path = write(tmp_path / "reports[1].parquet")

    assert find_files([path]) == [path]


@pytest.mark.parametrize("missing", ["none.parquet", "empty", "*.parquet", "none/deeper.parquet"])
def test_a_pattern_that_matches_nothing_is_an_error_that_names_it(tmp_path: Path, missing: str) -> None:
    (tmp_path / "empty").mkdir()
    pattern = str(tmp_path / missing)

    with pytest.raises(InputError) as raised:
        find_files([write(tmp_path / "there.pq"), pattern])

    assert str(raised.value) == f"{pattern}: no such file, or a folder or glob without Parquet files"


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"report_id,report_text\n1,No bleed.\n", b"PAR1PAR1PAR1PAR1"]
)
def test_a_file_that_is_not_parquet_is_an_error_that_shows_none_of_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"a\.parquet is not a whole Parquet file") as raised:
        describe_reports(reports(path))

    assert "bleed" not in str(raised.value)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.99])
def test_a_parquet_file_that_was_cut_short_is_an_error(tmp_path: Path, kept: float) -> None:
    path = Path(write(tmp_path / "a.parquet"))
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])

    with pytest.raises(InputError, match=r"a\.parquet is not a whole Parquet file"):
        describe_reports(reports(path))


def test_a_file_is_described_without_reading_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", row_group_size=1)

    found = describe_file(path)

    assert (found.path, found.row_groups, found.rows) == (path, (1, 1), 2)
    assert found.bytes == Path(path).stat().st_size


def test_the_digest_follows_the_content_and_not_the_place(tmp_path: Path) -> None:
    one = describe_file(write(tmp_path / "one.parquet"))
    same = describe_file(write(tmp_path / "same.parquet"))
    other = describe_file(write(tmp_path / "other.parquet", {**TWO_REPORTS, "report_id": ["r1", "r3"]}))

    assert one.digest == same.digest != other.digest


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no list of open files")
def test_an_opened_file_is_closed_again(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet")

    with open_parquet(path) as parquet:
        assert path in open_files()

    assert parquet.metadata.num_rows == 2
    assert path not in open_files()


def test_no_reports_given_is_an_error() -> None:
    with pytest.raises(InputError, match="no reports given"):
        describe_reports(JobConfig())


def test_no_rows_in_any_file_is_an_error_and_no_rows_in_one_is_not(tmp_path: Path) -> None:
    empty = {name: pa.array([], pa.string()) for name in TWO_REPORTS}
    nothing = write(tmp_path / "a.parquet", empty)
    something = write(tmp_path / "b.parquet")

    with pytest.raises(InputError, match=r"a\.parquet: the reports table holds no rows"):
        describe_reports(reports(nothing))
    assert [file.rows for file in describe_reports(reports(nothing, something))] == [0, 2]


def test_a_job_without_images_table_has_no_files_of_images(tmp_path: Path) -> None:
    assert describe_images(reports(tmp_path)) == ()


def test_an_images_table_without_rows_is_an_error(tmp_path: Path) -> None:
    empty = {name: pa.array([], pa.string()) for name in ("study_id", "image_id")}

    with pytest.raises(InputError, match="the images table holds no rows"):
        describe_images(JobConfig(images=write(tmp_path / "images.parquet", empty)))


def test_a_missing_column_is_an_error_that_lists_what_is_there_and_how_to_map_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"ACC": ["1"], "report_text": ["No bleed."]})

    with pytest.raises(InputError) as raised:
        describe_reports(reports(path))

    assert str(raised.value) == (
        f"{path} has no column 'report_id' for 'report_id' of the reports table; it has: ACC, report_text. "
        "Map the right one with --column THEIRS=report_id"
    )


def test_a_missing_column_of_the_images_is_mapped_for_the_images_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "images.parquet", {"StudyUID": ["1"], "image_id": ["i"]})

    with pytest.raises(InputError, match=r"--column THEIRS=images\.study_id$"):
        describe_images(JobConfig(images=path))


def test_mapped_columns_are_found_by_their_own_names() -> None:
    found = columns_of(["ACC", "TXT", "study_id"], report_id="ACC", report_text="TXT")

    assert found == {"report_id": "ACC", "report_text": "TXT", "study_id": "study_id"}


def test_a_mapped_column_wins_over_one_of_our_name() -> None:
    assert columns_of(["ACC", "report_id", "report_text"], report_id="ACC")["report_id"] == "ACC"


def test_a_mapped_column_that_is_missing_is_an_error_even_where_it_is_optional() -> None:
    with pytest.raises(InputError, match="no column 'PID' for 'patient_id'"):
        columns_of(["report_id", "report_text", "patient_id"], patient_id="PID")


def test_an_optional_column_that_is_missing_is_left_out() -> None:
    assert set(columns_of(["report_id", "report_text"])) == {"report_id", "report_text"}


def test_an_alias_is_taken_where_our_name_is_missing() -> None:
    def image_column(names: list[str]) -> str:
        return find_columns("f", names, table=Table.IMAGES, config=JobConfig())["image_id"]

    assert image_column(["study_id", "series_uid"]) == "series_uid"
    assert image_column(["study_id", "series_uid", "image_id"]) == "image_id"


def test_a_column_that_is_there_twice_is_an_error(tmp_path: Path) -> None:
    table = pa.table([["1"], ["2"], ["No bleed."]], names=["report_id", "report_id", "report_text"])
    pq.write_table(table, tmp_path / "a.parquet")

    with pytest.raises(InputError, match=r"a\.parquet has 2 columns 'report_id'"):
        describe_reports(reports(tmp_path / "a.parquet"))


@pytest.mark.parametrize(
    ("name", "array", "expected"),
    [
        ("report_text", pa.array([1]), "is int64, expected text$"),
        ("report_text", pa.array([["a"]]), "is list<element: string>, expected text$"),
        ("report_text", pa.array([{"a": 1}]), "is struct<a: int64>, expected text$"),
        ("report_id", pa.array([1.5]), "is double, expected text or integers$"),
        ("report_id", pa.array([True]), "is bool, expected text or integers$"),
    ],
)
def test_a_column_of_another_type_is_an_error(
    tmp_path: Path, name: str, array: pa.Array, expected: str
) -> None:
    path = write(tmp_path / "a.parquet", {"report_id": ["r"], "report_text": ["t"], name: array})

    with pytest.raises(InputError, match=rf"a\.parquet: column '{name}' \({name}\) {expected}"):
        check_columns(path, table=Table.REPORTS, config=JobConfig())


TEXT_ARRAYS = [
    pa.array(["Ödem", None, ""]),
    pa.array(["Ödem", None, ""], pa.large_string()),
    pa.array(["Ödem", None, ""], pa.string_view()),
    pa.array([b"\xc3\x96dem", None, b""]),
    pa.array([b"\xc3\x96dem", None, b""], pa.large_binary()),
    pa.array(["Ödem", None, ""]).dictionary_encode(),
    pa.array([b"\xc3\x96dem", None, b""], pa.large_binary()).dictionary_encode(),
]


@pytest.mark.parametrize("array", TEXT_ARRAYS, ids=lambda array: str(array.type))
def test_text_of_any_arrow_type_is_read(tmp_path: Path, array: pa.Array) -> None:
    path = write(tmp_path / "a.parquet", {"report_id": array, "report_text": array})

    check_columns(path, table=Table.REPORTS, config=JobConfig())
    column = pq.read_table(path)["report_text"].combine_chunks()
    assert decode(to_binary(column)) == (["Ödem", None, ""], [False, False, False])


@pytest.mark.parametrize(
    "array",
    [
        pa.array([7, None, -1]),
        pa.array([7, None, -1], pa.int8()),
        pa.array([7, None, -1]).dictionary_encode(),
    ],
    ids=lambda array: str(array.type),
)
def test_integer_ids_become_text(tmp_path: Path, array: pa.Array) -> None:
    path = write(tmp_path / "a.parquet", {"report_id": array, "report_text": ["a", "b", "c"]})

    check_columns(path, table=Table.REPORTS, config=JobConfig())
    column = pq.read_table(path)["report_id"].combine_chunks()
    assert decode(to_binary(column))[0] == ["7", None, "-1"]


def test_a_column_of_nulls_is_read_as_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", {"report_id": ["r"], "report_text": pa.nulls(1)})

    check_columns(path, table=Table.REPORTS, config=JobConfig())
    assert decode(to_binary(pa.nulls(2))) == ([None, None], [False, False])


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()], ids=str)
def test_bytes_that_are_not_utf8_cost_only_their_value(kind: pa.DataType) -> None:
    binary = pa.large_binary() if kind == pa.large_string() else pa.binary()
    if kind == pa.string_view():
        binary = pa.binary_view()
    array = pa.array([b"ok", b"Bl\xfctung", None], binary).view(kind)

    assert decode(to_binary(array)) == (["ok", None, None], [False, True, False])


@pytest.mark.parametrize(
    "array",
    [
        pa.array(["s1", "", " \t\n", None, "\u00a0", "\x1c", "ß"]),
        pa.array(["s1", "", " \t\n", None, "\u00a0", "\x1c", "ß"], pa.large_string()),
        pa.array(["s1", "", " \t\n", None, "\u00a0", "\x1c", "ß"]).dictionary_encode(),
        pa.array([b"s1", b"", b" \t\n", None, b"\xff", b"\x1c", "ß".encode()], pa.binary()),
    ],
    ids=["string", "large_string", "dictionary", "broken bytes"],
)
def test_a_column_of_ids_has_nothing_where_a_value_is_blank_or_broken(array: pa.Array) -> None:
    found = filled_column(array)

    assert found.to_pylist() == ["s1", None, None, None, None, None, "ß"]
    assert found.type == pa.string()


def test_integer_ids_fill_a_column_as_text() -> None:
    assert filled_column(pa.array([7, None, 8])).to_pylist() == ["7", None, "8"]


@given(values=st.lists(st.none() | st.text(max_size=3)))
def test_a_column_is_filled_as_each_of_its_values(values: list[str | None]) -> None:
    assert filled_column(pa.array(values, pa.string())).to_pylist() == filled_each(values)
