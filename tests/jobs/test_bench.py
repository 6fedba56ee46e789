"""What `ctlabel bench` measures, on some hundred reports; no time is held against anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from jobs.bench import command
from jobs.speed.archives import make_archive
from jobs.speed.runs import STAGES, MeasuredJob, family, resident_mib
from schemas.errors import InputError
from schemas.job import JobConfig
from tests.archives import report_rows, write_images, write_reports

REPORTS, LATER = 150, 15


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bench")
    options = ["--reports", REPORTS, "--base-growth", LATER / REPORTS, "--compare", "--labeler", tiny_bundle]
    options += ["--work", folder / "work", "--out", folder / "speed.json", "--sentences", 50]
    result = CliRunner().invoke(command, list(map(str, options)), catch_exceptions=False)
    assert "reports/s" in result.output
    record: dict[str, Any] = json.loads((folder / "speed.json").read_text())
    return record


def test_every_stage_of_the_job_has_its_seconds(figures: dict[str, Any]) -> None:
    run = figures["run"]

    assert set(run["stages"]) == {*STAGES, "other", "start"}
    assert all(run["stages"][stage] > 0 for stage in STAGES)
    assert sum(run["stages"].values()) == pytest.approx(run["seconds"], rel=0.2)
    assert run["reports"] == REPORTS


def test_sentences_are_counted_before_and_after_removing_repeats(figures: dict[str, Any]) -> None:
    run = figures["run"]

    assert run["sentences"] > run["read"] > run["unique"] > 0
    assert run["repeat_rate"] == 1 - run["unique"] / run["read"]


def test_the_labelers_rate_stands_beside_that_of_a_product(figures: dict[str, Any]) -> None:
    alone = figures["alone"]

    assert alone["sentences"] >= 50
    assert alone["tokens"] > alone["sentences"]
    assert alone["flops_per_second"] == alone["flops"] / alone["seconds"]
    assert set(alone["product_rates"]) == {"float32", "bfloat16"}


def test_the_rerun_of_the_grown_archive_carries_the_rest_over(figures: dict[str, Any]) -> None:
    full, rerun = figures["growth"]["full"], figures["growth"]["rerun"]

    assert full["reports"] == rerun["reports"] == REPORTS + LATER
    assert full["carried"] == 0
    assert REPORTS - 10 < rerun["carried"] <= REPORTS
    assert figures["growth"]["ratio"] == full["seconds"] / rerun["seconds"]


def test_other_ways_are_compared_with_ours(figures: dict[str, Any]) -> None:
    sides = {side["name"]: side for side in figures["comparison"]}

    assert sides["ours"]["ratio"] == pytest.approx(1)
    assert {"every sentence anew", "batches of 1, padded to 50", "batches of 32, padded to 50"} < set(sides)


def test_figures_say_what_they_were_measured_on(figures: dict[str, Any]) -> None:
    assert f"{os.cpu_count()} core" in figures["hardware"]
    assert figures["measured"][:2] == "20"
    assert figures["labeler"] == "tiny"


def test_resampling_keeps_a_reports_text_but_for_its_dates(tmp_path: Path) -> None:
    rows = report_rows(range(5))
    rows["report_text"][0] = "CT head 03/11/2019\nFindings: compared with 7.2.18, 3/4 of 10.5.2 is unchanged."
    rows["report_text"][1] = None
    source = JobConfig(reports=(str(write_reports(tmp_path / "real.parquet", rows)),))

    archive = make_archive(tmp_path / "out", reports=10, later=2, seed=1, resample=source)

    frames = [pl.read_parquet(path) for path in archive.grown]
    dealt = pl.concat(frames)
    assert len(frames[-1]) == 2
    assert dealt["report_id"].n_unique() == 12
    assert not set(dealt["report_id"]) & set(rows["report_id"])
    assert dealt["report_text"].null_count() in {2, 3}
    dated = [text for text in dealt["report_text"] if text and "compared" in text]
    assert len(dated) in {2, 3}
    for text in dated:
        assert "03/11/2019" not in text
        assert text.endswith(", 3/4 of 10.5.2 is unchanged.")
        assert len(text.split()[2]) == len("03/11/2019")


def test_every_report_comes_once_before_one_comes_again(tmp_path: Path) -> None:
    source = JobConfig(reports=(str(write_reports(tmp_path / "real.parquet", report_rows(range(20)))),))

    archive = make_archive(tmp_path / "out", reports=20, later=0, seed=1, resample=source)

    dealt = pl.concat([pl.read_parquet(path) for path in archive.reports])
    assert dealt["report_text"].sort().equals(pl.Series(report_rows(range(20))["report_text"]).sort())
    assert len(pl.read_parquet(archive.images)) == 40


def test_a_job_that_fails_says_why(tmp_path: Path) -> None:
    images = write_images(tmp_path / "images.parquet", [1])

    with pytest.raises(InputError, match=r"gone\.parquet: no such file"):
        MeasuredJob(images, "default").measure([tmp_path / "gone.parquet"], out=tmp_path / "run")


def test_a_labeler_that_is_no_network_is_measured_in_sentences_alone() -> None:
    options = ["--reports", "40", "--labeler", "rules", "--workers", "1", "--compare", "--json"]

    result = CliRunner().invoke(command, options, catch_exceptions=False)

    record = json.loads(result.stdout)
    assert record["labeler"] == "rules"
    assert record["alone"]["sentences"] > 0
    assert record["alone"]["flops_per_second"] is None
    assert [side["name"] for side in record["comparison"]][:1] == ["ours"]


def test_memory_is_that_of_a_process_and_its_children() -> None:
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'], stdin=sys.stdin)"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, text=True) as parent:
        together: list[float] = []
        while len(together) < 2 or min(together) < 1:  # the child is on its way
            assert parent.poll() is None
            together = [resident_mib(pid) for pid in family(parent.pid)]
        parent.communicate("\n")

    assert len(together) == 2
    assert resident_mib(parent.pid) == 0
