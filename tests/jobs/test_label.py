"""What `ctlabel label` does with its options; the job itself is tested in tests/pipeline."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from jobs.cli import main
from jobs.label import read_columns
from labelers.loading import load_labeler
from schemas.errors import UsageError
from schemas.precision import Precision
from schemas.run import is_finished, read_manifest, read_stats
from tests.archives import assert_same_run, head_report, report_rows, write_images, write_reports


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_reports(tmp_path / "export" / "a.parquet", report_rows(range(10)))


def label(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["label", *map(str, arguments)])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_it_prints_counts_reasons_and_where_the_labels_are(
    archive: Path, tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = label(capsys, archive, "--labeler", tiny_bundle, "--out", tmp_path / "run")

    assert code == 0
    assert out.startswith("10 reports: 2 excluded, 8 labelled\n")
    assert f"8 rows in {tmp_path / 'run' / 'images'}\n" in out


def test_json_is_one_object_and_nothing_else(
    archive: Path, tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, err = label(capsys, archive, "--labeler", tiny_bundle, "--out", tmp_path / "run", "--json")

    assert json.loads(out)["statuses"] == {"excluded": 2, "labelled": 8}
    assert err == ""


def test_the_precision_is_part_of_what_was_asked(
    archive: Path, tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, _ = label(
        capsys, archive, "--labeler", tiny_bundle, "--precision", "bfloat16", "--out", tmp_path / "run"
    )

    assert code == 0
    assert read_manifest(tmp_path / "run").config.precision is Precision.BFLOAT16


def test_a_committee_labels_an_archive_as_any_labeler_does(
    archive: Path,
    tiny_bundle: Path,
    other_tiny_bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    both = tmp_path / "both.yaml"
    members = [str(tiny_bundle), str(other_tiny_bundle)]
    both.write_text(json.dumps({"kind": "committee", "name": "both", "members": members}), encoding="utf-8")

    code, out, _ = label(capsys, archive, "--labeler", both, "--out", tmp_path / "run")

    assert code == 0
    assert out.startswith("10 reports: 2 excluded, 8 labelled\n")
    manifest = read_manifest(tmp_path / "run")
    assert manifest.labeler == "both"
    assert manifest.fingerprints.labeler == load_labeler(both).fingerprint


def test_to_name_the_cpu_is_to_say_nothing(
    archive: Path, tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = (archive, "--labeler", tiny_bundle, "--out")

    assert label(capsys, *named, tmp_path / "default")[0] == 0
    assert label(capsys, *named, tmp_path / "cpu", "--device", "cpu")[0] == 0

    assert read_manifest(tmp_path / "cpu").run_id == read_manifest(tmp_path / "default").run_id
    assert_same_run(tmp_path / "cpu", tmp_path / "default")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_gpu_that_is_not_there_is_refused_before_anything_is_written(
    options: tuple[str, ...],
    archive: Path,
    tiny_bundle: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "run"

    code, _, err = label(
        capsys, archive, "--labeler", tiny_bundle, "--out", out, "--device", "cuda:1", *options
    )

    assert code == 2
    assert "device 'cuda:1' is not there" in err
    assert not out.exists()


def test_a_dry_run_shows_plan_and_configuration_and_writes_nothing(
    archive: Path, tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = label(capsys, archive, "--labeler", tiny_bundle, "--out", tmp_path / "run", "--dry-run")

    assert "10 rows in 1 files, 1 shards" in out
    assert '  eligibility: "head_ct_mr"' in out
    assert not (tmp_path / "run").exists()


def test_columns_of_other_names_are_mapped_for_reports_and_images(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows: dict[str, Any] = report_rows(range(4))
    renamed = {"ID": rows["report_id"], "Befund": rows["report_text"], "Accession": rows["study_id"]}
    archive = write_reports(tmp_path / "a.parquet", renamed)
    images = write_images(tmp_path / "images.parquet", range(4))
    columns = ["--column", "ID=report_id", "--column", "Befund=report_text", "--column", "Accession=study_id"]

    code, out, _ = label(
        capsys, archive, "--images", images, "--labeler", tiny_bundle, "--out", tmp_path / "run", *columns
    )

    assert code == 0
    assert "8 rows in" in out


def test_one_column_may_be_several_of_ours_and_one_of_ours_has_one_column() -> None:
    assert read_columns(("Acc=study_id", "Acc=images.study_id")) == {
        "study_id": "Acc",
        "images.study_id": "Acc",
    }
    with pytest.raises(UsageError, match="two columns for study_id: Acc and Other"):
        read_columns(("Acc=study_id", "Other=study_id"))


def test_a_column_that_is_not_there_is_named_with_those_that_are(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = write_reports(tmp_path / "a.parquet", {"report_id": ["a"], "text": [head_report(0)]})

    code, _, err = label(capsys, archive, "--labeler", tiny_bundle, "--out", tmp_path / "run")

    assert code == 3
    assert re.fullmatch(
        r"ctlabel: error: .*a\.parquet has no column 'report_text' .* it has: report_id, text\. .*\n", err
    )


def test_night_after_night_each_run_builds_on_the_last(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    for night in (5, 9):
        archive = write_reports(tmp_path / "export.parquet", report_rows(range(night)))
        code, _, _ = label(capsys, archive, "--config", "nightly", "--runs", runs, "--labeler", tiny_bundle)
        assert code == 0

    first, second = sorted(runs.iterdir())
    assert is_finished(first)
    assert read_manifest(second).base_run_id == read_manifest(first).run_id
    assert read_stats(second).carried == 5
    assert read_stats(second).inferred_reports == 4


def test_an_unfinished_night_is_gone_on_with(
    archive: Path, tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    night = ["--config", "nightly", "--runs", runs, "--labeler", tiny_bundle]
    label(capsys, archive, *night)
    [run] = runs.iterdir()
    (run / "_SUCCESS").unlink()

    code, _, _ = label(capsys, archive, *night)

    assert code == 0
    assert list(runs.iterdir()) == [run]
    assert is_finished(run)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give either --out FOLDER or --runs FOLDER"),
        (["--base", "last", "--out", "x"], "base 'last' needs a folder of runs"),
        (["--column", "text", "--out", "x"], "--column takes LEFT=RIGHT, not 'text'"),
        (["--column", "a=report_txt", "--out", "x"], "Did you mean 'report_text'"),
        (["--config", "nightli", "--out", "x"], "Did you mean 'nightly'"),
        (["--labeler", "bigru", "--out", "x"], "bigru"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(
    archive: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = label(capsys, archive, *arguments)

    assert code in {2, 5}
    assert message in err
    assert err.count("\n") == 1
