from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.run_folder import RunFolder, claim, claimed, finish, finished_runs, unfinished
from pipeline.shards import RowGroup, Shard
from pipeline.storage import write_text
from schemas.errors import InvariantError, OutputError
from schemas.job import JobConfig
from schemas.label_set import load_label_set
from schemas.run import Fingerprints, RunManifest, ShardStats, read_manifest
from schemas.tables import Table

SHARD = Shard(RowGroup("a.parquet", 0, 0, 0, 4), 0, 4)
STATS = ShardStats(
    shard=SHARD.name,
    rows=4,
    statuses={"labelled": 4},
    reasons={},
    cleaned={},
    truncated=0,
    carried=0,
    inferred_reports=4,
    sentences=9,
    sentences_read=5,
    sentences_unique=5,
    sentences_inferred=5,
    seconds={},
    labels={},
)


def manifest(run_id: str = "run1", *, created_at: str = "2024-01-01T00:00:00") -> RunManifest:
    fingerprints = Fingerprints(
        labeler="a", label_set="b", text="c", eligibility="d", aggregation="e", max_report_chars=1, tables=1
    )
    return RunManifest(
        schema_version=1,
        ctlabel_version="0",
        run_id=run_id,
        created_at=created_at,
        config=JobConfig(),
        labeler="l",
        labeler_bundle="b",
        unit="sentence",
        label_set=load_label_set(),
        fingerprints=fingerprints,
        reports=(),
        images=(),
        base_run_id=None,
        versions={},
    )


def run_in(
    path: Path, run_id: str = "run1", *, created_at: str = "2024", finished: bool = False
) -> RunFolder:
    folder = RunFolder(path)
    claim(folder, manifest(run_id, created_at=created_at))
    if finished:
        finish(folder)
    return folder


@pytest.mark.parametrize("name", ["new", "new/and/deep", "empty"])
def test_a_new_or_empty_folder_becomes_the_runs(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()

    folder = run_in(tmp_path / name)

    assert read_manifest(folder.path) == manifest(created_at="2024")


def test_hidden_files_do_not_make_a_folder_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").touch()

    assert run_in(tmp_path).run_file.exists()


def test_an_unfinished_run_goes_on_with_the_record_of_its_beginning(tmp_path: Path) -> None:
    run_in(tmp_path, created_at="2023")

    run_in(tmp_path, created_at="2024")

    assert read_manifest(tmp_path).created_at == "2023"


def test_another_run_is_never_overwritten(tmp_path: Path) -> None:
    run_in(tmp_path, "run1")

    with pytest.raises(OutputError, match=r"already holds another run \(run1, this one is run2\)"):
        claim(RunFolder(tmp_path), manifest("run2"))

    assert read_manifest(tmp_path).run_id == "run1"


def test_a_finished_run_is_never_written_again(tmp_path: Path) -> None:
    run_in(tmp_path, finished=True)

    with pytest.raises(OutputError, match="already holds this run, finished; nothing was done"):
        claim(RunFolder(tmp_path), manifest())


def test_a_folder_that_holds_anything_else_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / ".tmp-of-another-program").touch()

    with pytest.raises(OutputError, match="is not empty and holds no run of ctlabel"):
        claim(RunFolder(tmp_path), manifest())

    assert len(list(tmp_path.rglob("*"))) == 3


def test_a_folder_with_a_damaged_record_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{", encoding="utf-8")

    with pytest.raises(InvariantError, match=r"run\.json is not a record"):
        claim(RunFolder(tmp_path), manifest())


def test_a_file_in_the_folders_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "run").touch()

    with pytest.raises(OutputError, match="run cannot be written: File exists"):
        claim(RunFolder(tmp_path / "run"), manifest())
    with pytest.raises(OutputError, match="run/below cannot be written: Not a directory"):
        claim(RunFolder(tmp_path / "run" / "below"), manifest())


def test_going_on_clears_what_a_killed_process_left_half_written(tmp_path: Path) -> None:
    folder = run_in(tmp_path)
    leftover = folder.table(Table.REPORTS, "x").with_name(".tmp-123")
    write_text(leftover.with_name("kept.parquet"), "")
    leftover.touch()

    run_in(tmp_path)

    assert [path.name for path in leftover.parent.iterdir()] == ["kept.parquet"]


def test_a_shard_is_finished_when_its_mark_can_be_read(tmp_path: Path) -> None:
    folder = run_in(tmp_path)
    assert folder.read_mark(SHARD) is None

    write_text(folder.mark(SHARD), '{"shard"')
    assert folder.read_mark(SHARD) is None

    write_text(folder.mark(SHARD), STATS.model_dump_json())
    assert folder.read_mark(SHARD) == STATS


def test_a_finished_run_has_its_mark_and_no_intermediate_files(tmp_path: Path) -> None:
    folder = run_in(tmp_path)
    write_text(folder.mark(SHARD), STATS.model_dump_json())

    finish(folder)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["_SUCCESS", "run.json"]


def test_finished_runs_are_listed_by_the_time_they_were_begun(tmp_path: Path) -> None:
    run_in(tmp_path / "a", created_at="2024-02", finished=True)
    run_in(tmp_path / "b", created_at="2024-01", finished=True)
    run_in(tmp_path / "c", created_at="2024-03")

    assert [run.name for run in finished_runs(tmp_path)] == ["b", "a"]


def test_folders_of_other_programs_are_no_runs(tmp_path: Path) -> None:
    for name in ("spark", "damaged"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "_SUCCESS").touch()
    (tmp_path / "damaged" / "run.json").write_text("{")

    assert finished_runs(tmp_path) == []
    assert unfinished([tmp_path / "spark", tmp_path], "id") is None


def test_the_unfinished_run_of_a_job_is_found_again(tmp_path: Path) -> None:
    finished = run_in(tmp_path / "a", "run1", finished=True).path
    other = run_in(tmp_path / "b", "run2").path
    mine = run_in(tmp_path / "c", "run1").path
    (tmp_path / "d").mkdir()

    assert unfinished([tmp_path / "d", finished, other, mine], "run1") == mine
    assert unfinished([finished, other], "run1") is None


def test_two_processes_never_work_on_one_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")

    with claimed(folder, manifest()):
        with pytest.raises(OutputError, match="another process is at work"), claimed(folder, manifest()):
            pass
        assert folder.run_file.exists()

    with claimed(folder, manifest()):
        pass
    assert [path.name for path in folder.path.iterdir()] == ["run.json"]
