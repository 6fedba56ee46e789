from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from pipeline.job import plan_job, run_job
from schemas.errors import InputError, OutputError, UsageError
from schemas.job import JobConfig
from schemas.precision import Precision
from schemas.run import RunStats, is_finished, read_manifest, read_stats
from schemas.status import ReportStatus
from schemas.tables import Table, read_stamp
from tests.archives import (
    assert_same_run,
    head_report,
    read_run_table,
    report_rows,
    write_images,
    write_reports,
)


def run(out: Path, bundle: Path, *reports: Path, **options: object) -> RunStats:
    config = JobConfig(reports=tuple(map(str, reports)), labeler=str(bundle), **options)  # type: ignore[arg-type]
    return run_job(plan_job(config), out)


def test_every_row_ends_in_one_status_and_a_finished_run_says_so(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(20)), row_group_size=7)

    stats = run(tmp_path / "run", tiny_bundle, archive, batch_rows=3)

    assert stats.statuses == {"excluded": 4, "labelled": 16}
    assert is_finished(tmp_path / "run")
    assert read_stats(tmp_path / "run") == stats
    reports = read_run_table(tmp_path / "run", Table.REPORTS)
    assert reports["report_id"].to_list() == [f"r{n}" for n in range(20)]
    assert not (tmp_path / "run" / "_work").exists()


def test_images_carry_the_labels_of_their_study(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(5)))
    images = write_images(tmp_path / "images.parquet", [0, 1, 4, 99])

    stats = run(tmp_path / "run", tiny_bundle, archive, images=str(images))

    table = read_run_table(tmp_path / "run", Table.IMAGES)
    reports = read_run_table(tmp_path / "run", Table.REPORTS)
    assert table["image_id"].to_list() == ["s0-1", "s0-2", "s1-1", "s1-2"]
    assert table["haemorrhage"][0] == reports["haemorrhage"][0]
    assert stats.images.images_in == 8
    assert stats.images.images_of_unlabelled_studies == 2
    assert stats.images.images_without_report == 2
    assert stats.images.studies_without_images == 2


def test_an_addendum_joins_the_report_of_its_study(tmp_path: Path, tiny_bundle: Path) -> None:
    rows = report_rows([0, 1])
    rows["study_id"] = ["s", "s"]
    archive = write_reports(tmp_path / "a.parquet", rows)

    run(tmp_path / "run", tiny_bundle, archive)

    assert read_run_table(tmp_path / "run", Table.IMAGES)["report_ids"].to_list() == [["r0", "r1"]]


def test_a_patient_is_in_one_split_only(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(60)))

    run(tmp_path / "run", tiny_bundle, archive)

    images = read_run_table(tmp_path / "run", Table.IMAGES)
    assert images.group_by("patient_id").agg(pl.col("split").n_unique())["split"].max() == 1
    assert images["split"].n_unique() > 1


def test_text_that_is_read_in_other_processes_gives_the_same_rows(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(40)), row_group_size=7)
    run(tmp_path / "alone", tiny_bundle, archive, batch_rows=3, workers=0)

    run(tmp_path / "helped", tiny_bundle, archive, batch_rows=3, workers=2)

    assert_same_run(tmp_path / "helped", tmp_path / "alone")


def test_a_small_archive_is_read_in_one_process(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(40)))

    plan = plan_job(JobConfig(reports=(str(archive),), labeler=str(tiny_bundle)))

    assert plan.text_workers == 0


def test_a_runner_with_processes_of_its_own_is_dealt_the_row_groups(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(5)))
    config = JobConfig(
        reports=(str(archive),), labeler=str(tiny_bundle), runner_options={"direct_num_workers": "2"}
    )

    assert plan_job(config).text_workers == 0
    with pytest.raises(ValueError, match="workers read text for one process"):
        JobConfig(workers=2, runner_options={"direct_num_workers": "2"})


def test_numbers_among_a_runners_options_are_read_as_numbers(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(5)))

    stats = run(tmp_path / "run", tiny_bundle, archive, runner_options={"direct_num_workers": "1"})

    assert stats.rows == 5


def test_batch_size_file_layout_and_order_change_no_row(tmp_path: Path, tiny_bundle: Path) -> None:
    whole = write_reports(tmp_path / "whole" / "a.parquet", report_rows(range(40)))
    parts = [
        write_reports(
            tmp_path / "parts" / f"{i}.parquet", report_rows(range(i * 10, i * 10 + 10)), row_group_size=4
        )
        for i in range(4)
    ]

    run(tmp_path / "one", tiny_bundle, whole)
    run(tmp_path / "many", tiny_bundle, *reversed(parts), batch_rows=3)

    for table in (Table.REPORTS, Table.SENTENCES, Table.IMAGES):
        one, many = (read_run_table(tmp_path / name, table) for name in ("one", "many"))
        assert one.equals(many), table


def test_every_table_says_which_run_labeler_and_label_set_made_it(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(3)))
    run(tmp_path / "run", tiny_bundle, archive)

    manifest = read_manifest(tmp_path / "run")
    for table in Table:
        [file] = (tmp_path / "run" / table).glob("*.parquet")
        stamp = read_stamp(pq.read_schema(file).metadata)
        assert stamp["run_id"] == manifest.run_id
        assert stamp["label_set_hash"] == manifest.label_set.hash
        assert stamp["labeler_fingerprint"] == manifest.fingerprints.labeler


def test_bad_rows_cost_only_themselves(tmp_path: Path, tiny_bundle: Path) -> None:
    texts = [
        head_report(0),
        None,
        "   ",
        b"CT head\n\xff\xfe",
        head_report(4),
        head_report(0),
        head_report(6),
    ]
    raw = [text.encode() if isinstance(text, str) else text for text in texts]
    rows = {
        "report_id": ["a", "b", "c", "d", None, "a", "a"],
        "report_text": pa.array(raw, pa.binary()),
        "modality": ["CT"] * 7,
        "exam_name": ["CT Head"] * 7,
    }
    archive = write_reports(tmp_path / "a.parquet", rows)

    run(tmp_path / "run", tiny_bundle, archive)

    rejects = read_run_table(tmp_path / "run", Table.REJECTS)
    assert dict(zip(rejects["row"], rejects["reason"], strict=True)) == {
        1: "no_report_text",
        2: "no_report_text",
        3: "undecodable_text",
        4: "no_report_id",
        5: "same_report",
        6: "id_reused",
    }
    assert read_run_table(tmp_path / "run", Table.REPORTS)["status"][0] == ReportStatus.LABELLED


def test_duplicates_are_found_across_files(tmp_path: Path, tiny_bundle: Path) -> None:
    first = write_reports(tmp_path / "1.parquet", report_rows([0, 1]))
    second = write_reports(tmp_path / "2.parquet", report_rows([1, 2]))

    stats = run(tmp_path / "run", tiny_bundle, first, second)

    assert stats.statuses == {"duplicate": 1, "labelled": 3}


def test_a_very_long_report_is_rejected_and_the_rest_is_labelled(tmp_path: Path, tiny_bundle: Path) -> None:
    rows = report_rows([0, 1])
    rows["report_text"][1] = "There is no haemorrhage. " * 200_000
    archive = write_reports(tmp_path / "a.parquet", rows)

    stats = run(tmp_path / "run", tiny_bundle, archive)

    assert stats.reasons == {"too_long": 1}


def test_markup_and_control_characters_are_read_through_and_spans_still_fit(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    rows = report_rows([0])
    rows["report_text"] = ["<p>CT head</p><p>There is <b>no</b> haemorrhage.\x00 No shift.</p>"]
    archive = write_reports(tmp_path / "a.parquet", rows)

    stats = run(tmp_path / "run", tiny_bundle, archive, with_text=True)

    sentences = read_run_table(tmp_path / "run", Table.SENTENCES)
    assert stats.cleaned == {"control": 1, "html": 1}
    for row in sentences.iter_rows(named=True):
        assert rows["report_text"][0][row["start"] : row["end"]] == row["text"]


def test_sentence_spans_point_into_the_raw_text(tmp_path: Path, tiny_bundle: Path) -> None:
    rows = report_rows(range(6))
    archive = write_reports(tmp_path / "a.parquet", rows)

    run(tmp_path / "run", tiny_bundle, archive, with_text=True)

    texts = dict(zip(rows["report_id"], rows["report_text"], strict=True))
    sentences = read_run_table(tmp_path / "run", Table.SENTENCES)
    assert len(sentences) > 6
    for row in sentences.iter_rows(named=True):
        assert texts[row["report_id"]][row["start"] : row["end"]] == row["text"]


def test_no_text_leaves_the_run_unless_it_is_asked_for(tmp_path: Path, tiny_bundle: Path) -> None:
    rows = report_rows([0])
    rows["report_text"] = ["CT head\nFindings: Zyxwvut haemorrhage is seen."]
    archive = write_reports(tmp_path / "a.parquet", rows)

    run(tmp_path / "run", tiny_bundle, archive)

    files = [path for path in (tmp_path / "run").rglob("*") if path.is_file()]
    assert files
    for file in files:
        assert b"Zyxwvut" not in file.read_bytes(), file
        if file.suffix == ".parquet":
            assert "Zyxwvut" not in str(pl.read_parquet(file).to_dicts()), file


def test_images_that_match_no_report_stop_the_job_before_it_labels(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows([0, 1]))
    images = write_images(tmp_path / "images.parquet", [7, 8])

    with pytest.raises(InputError, match=r"images\.parquet: no study_id .* is in the reports"):
        run(tmp_path / "run", tiny_bundle, archive, images=str(images))
    assert not is_finished(tmp_path / "run")


def test_a_finished_run_is_never_written_again(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows([0]))
    run(tmp_path / "run", tiny_bundle, archive)

    with pytest.raises(OutputError, match="already holds this run"):
        run(tmp_path / "run", tiny_bundle, archive)


def test_a_grown_archive_labels_only_what_is_new_and_ends_like_a_full_run(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    rows = report_rows(range(30))
    old = write_reports(tmp_path / "old.parquet", {name: values[:20] for name, values in rows.items()})
    changed = {name: list(values) for name, values in rows.items()}
    changed["report_text"][3] = head_report(103)
    new = write_reports(tmp_path / "new.parquet", changed, row_group_size=8)

    run(tmp_path / "base", tiny_bundle, old, batch_rows=6)
    grown = run(tmp_path / "grown", tiny_bundle, new, base=str(tmp_path / "base"), batch_rows=5)
    run(tmp_path / "full", tiny_bundle, new, batch_rows=5)

    assert grown.carried == 19
    assert grown.inferred_reports == 9
    assert_same_run(tmp_path / "grown", tmp_path / "full")


def test_a_base_run_serves_again_as_the_base_of_the_next(tmp_path: Path, tiny_bundle: Path) -> None:
    archives = [write_reports(tmp_path / f"{n}.parquet", report_rows(range(n))) for n in (6, 9, 12)]

    run(tmp_path / "1", tiny_bundle, archives[0], with_text=True)
    run(tmp_path / "2", tiny_bundle, archives[1], base=str(tmp_path / "1"), with_text=True)
    third = run(tmp_path / "3", tiny_bundle, archives[2], base=str(tmp_path / "2"), with_text=True)
    run(tmp_path / "full", tiny_bundle, archives[2], with_text=True)

    assert third.carried == 9
    assert_same_run(tmp_path / "3", tmp_path / "full")


def test_a_base_of_another_labeler_carries_nothing_and_says_so(
    tmp_path: Path, tiny_bundle: Path, other_tiny_bundle: Path
) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(4)))
    run(tmp_path / "base", other_tiny_bundle, archive)

    plan = plan_job(JobConfig(reports=(str(archive),), labeler=str(tiny_bundle), base=str(tmp_path / "base")))

    assert plan.base is None
    assert plan.notes == ("the base run's labels were made in another way: every report is labelled anew",)


def test_a_base_of_another_precision_carries_nothing(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(4)))
    run(tmp_path / "base", tiny_bundle, archive)
    config = JobConfig(reports=(str(archive),), labeler=str(tiny_bundle), base=str(tmp_path / "base"))

    assert plan_job(config).base == tmp_path / "base"
    assert plan_job(config.model_copy(update={"precision": Precision.BFLOAT16})).base is None


def test_a_run_on_a_gpu_is_another_run_whichever_gpu_it_is(
    tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    archive = write_reports(tmp_path / "a.parquet", report_rows([0]))

    def run_id(device: str) -> str:
        config = JobConfig(reports=(str(archive),), labeler=str(tiny_bundle), device=device)
        return plan_job(config).manifest.run_id

    assert run_id("cpu") != run_id("cuda") == run_id("cuda:1")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_only_a_runner_of_other_machines_may_have_a_gpu_that_is_not_here(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows([0]))
    config = JobConfig(reports=(str(archive),), labeler=str(tiny_bundle), device="cuda")

    with pytest.raises(UsageError, match="device 'cuda' is not there"):
        plan_job(config)
    assert plan_job(config.model_copy(update={"runner": "PortableRunner"})).manifest.config.device == "cuda"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_worker_without_the_gpu_says_so_and_labels_nothing(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows([0]))

    with pytest.raises(UsageError, match="device 'cuda' is not there"):
        run(tmp_path / "run", tiny_bundle, archive, device="cuda", runner="DirectRunner")
    assert not is_finished(tmp_path / "run")


def test_an_unfinished_run_cannot_be_a_base(tmp_path: Path, tiny_bundle: Path) -> None:
    archive = write_reports(tmp_path / "a.parquet", report_rows([0]))
    (tmp_path / "base").mkdir()

    with pytest.raises(UsageError, match="not a finished run"):
        plan_job(JobConfig(reports=(str(archive),), labeler=str(tiny_bundle), base=str(tmp_path / "base")))
