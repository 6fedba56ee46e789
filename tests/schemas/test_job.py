from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas.errors import UsageError
from schemas.job import JobConfig, SplitShares, load_job
from schemas.precision import Precision


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "job.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_command_line_and_the_defaults_make_the_job() -> None:
    job = load_job(None, {"reports": ["a.parquet"], "batch_rows": 10})

    assert job == JobConfig(reports=("a.parquet",), batch_rows=10)
    assert (job.labeler, job.runner, job.max_report_chars) == ("default", "FnApiRunner", 200_000)


def test_the_command_line_is_laid_over_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, "labeler: bow_rf\nbatch_rows: 10\n")

    job = load_job(path, {"labeler": "caml", "images": None})

    assert (job.labeler, job.batch_rows, job.images) == ("caml", 10, None)


def test_false_on_the_command_line_is_an_answer(tmp_path: Path) -> None:
    assert load_job(write(tmp_path, "with_text: true"), {"with_text": False}).with_text is False


def test_columns_of_file_and_command_line_are_joined_and_the_command_line_wins(tmp_path: Path) -> None:
    path = write(tmp_path, "columns: {report_id: ACC, study_id: STUDY}")

    job = load_job(path, {"columns": {"study_id": "UID"}})

    assert job.columns == {"report_id": "ACC", "study_id": "UID"}


@pytest.mark.parametrize("text", ["", "columns:", "columns: {}"])
def test_a_file_with_nothing_set_is_a_job_of_defaults(tmp_path: Path, text: str) -> None:
    assert load_job(write(tmp_path, text), {}) == JobConfig()


@pytest.mark.parametrize("preset", ["nightly", "relabel"])
def test_a_preset_is_found_by_its_name(preset: str) -> None:
    assert load_job(preset, {"reports": ["a"]}).reports == ("a",)


def test_an_unknown_preset_is_an_error_that_guesses() -> None:
    with pytest.raises(UsageError, match=r"unknown job preset 'nightli'\. Did you mean 'nightly'\?"):
        load_job("nightli", {})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("labler: bow_rf", r"job\.yaml: unknown key 'labler'\. Did you mean 'labeler'\?"),
        ("- labeler", r"job\.yaml does not hold keys and values"),
        ("device: gpu", r"device: .*'gpu' is none of cpu, cuda or cuda:N"),
        ("batch_rows: 0", "batch_rows: Input should be greater than or equal to 1"),
        ("max_report_chars: many", "max_report_chars: Input should be a valid integer"),
        ("columns: [report_id]", "columns: "),
        ("columns: {report: ACC}", r"unknown column 'report'\. Did you mean 'report_"),
        ("columns: {images.report_id: ACC}", r"unknown column 'images\.report_id'"),
        (
            "split: {train: 0.8, validation: 0.1, test: 0.2}",
            r"train \+ validation \+ test must be 1, not 1\.1",
        ),
        ("split: {train: 1.2, validation: -0.1, test: -0.1}", r"split\.train"),
    ],
)
def test_a_file_that_does_not_fit_is_an_error_that_names_the_key(
    tmp_path: Path, text: str, problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        load_job(write(tmp_path, text), {})


def test_our_name_is_the_exports_where_nothing_is_mapped() -> None:
    assert JobConfig().report_column("report_id") == "report_id"
    assert JobConfig(columns={"report_id": "ACC"}).report_column("report_id") == "ACC"


def test_an_images_mapping_holds_for_the_images_table_alone() -> None:
    job = JobConfig(columns={"images.study_id": "StudyUID"})

    assert job.image_column("study_id", there=["StudyUID"]) == "StudyUID"
    assert job.report_column("study_id") == "study_id"


def test_a_shared_mapping_holds_for_images_only_where_they_have_the_column() -> None:
    job = JobConfig(columns={"study_id": "StudyUID"})

    assert job.image_column("study_id", there=["StudyUID", "study_id"]) == "StudyUID"
    assert job.image_column("study_id", there=["study_id"]) == "study_id"


def test_shares_that_add_up_only_but_for_rounding_are_accepted() -> None:
    assert SplitShares(train=0.7, validation=0.2, test=0.1).train == 0.7


def test_shares_cannot_be_negative() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        SplitShares(train=1.1, validation=-0.1, test=0)


def test_a_gpu_is_named_in_the_file_or_on_the_command_line_and_the_cpu_is_the_default(tmp_path: Path) -> None:
    path = write(tmp_path, "device: cuda:1")

    assert load_job(path, {}).device == "cuda:1"
    assert load_job(path, {"device": "cpu"}).device == JobConfig().device == "cpu"


def test_answers_differ_by_precision_and_by_kind_of_device_and_not_by_which_gpu_it_is() -> None:
    asked = ("cpu", "cuda", "cuda:0", "cuda:1")
    kinds = [JobConfig(device=device).arithmetic for device in asked]

    assert kinds[0] != kinds[1] == kinds[2] == kinds[3]
    assert JobConfig(precision=Precision.BFLOAT16).arithmetic != kinds[0]
