"""A job that is killed and started again ends like one that nobody disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.speed.runs import family, resident_mib
from pipeline.job import plan_job, run_job
from schemas.job import JobConfig
from schemas.run import is_finished
from schemas.tables import Table
from tests.archives import assert_same_run, report_rows, write_images, write_reports

REPORTS = 240
BATCH_ROWS = 3
LIMIT_SECONDS = 120


def files_in(folder: Path) -> int:
    return sum(1 for path in folder.glob("*") if not path.name.startswith("."))


KILL_POINTS: list[Callable[[Path], bool]] = [
    lambda run: (run / "run.json").exists(),
    lambda run: files_in(run / "_work" / "scan") > 0,
    lambda run: files_in(run / Table.REPORTS) > 5,
    lambda run: files_in(run / "_work" / "shards") > 40,
    lambda run: files_in(run / Table.IMAGES) > 0,
]


@pytest.fixture
def job(tmp_path: Path, tiny_bundle: Path) -> JobConfig:
    archive = write_reports(tmp_path / "in" / "a.parquet", report_rows(range(REPORTS)), row_group_size=60)
    images = write_images(tmp_path / "images.parquet", range(REPORTS))
    return JobConfig(
        reports=(str(archive),), images=str(images), labeler=str(tiny_bundle), batch_rows=BATCH_ROWS
    )


def start(job: JobConfig, out: Path, tmp_path: Path, *options: str) -> subprocess.Popen[bytes]:
    config = tmp_path / "job.yaml"
    config.write_text(f"batch_rows: {job.batch_rows}\nlabeler: {job.labeler}\nimages: {job.images}\n")
    command = [
        sys.executable,
        "-m",
        "jobs.cli",
        "label",
        *job.reports,
        "--config",
        str(config),
        "--out",
        str(out),
        *options,
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_when(process: subprocess.Popen[bytes], reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not reached() and process.poll() is None:
        assert time.monotonic() < deadline, "the job came to nothing"
        time.sleep(0.002)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    process.wait()


def ended(processes: list[int]) -> bool:
    deadline = time.monotonic() + LIMIT_SECONDS
    while any(map(resident_mib, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(resident_mib, processes))


def test_killed_at_five_points_it_resumes_and_ends_with_the_same_rows(job: JobConfig, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    killed = 0
    for reached in KILL_POINTS:
        process = start(job, out, tmp_path)
        kill_when(process, lambda reached=reached: reached(out))  # type: ignore[misc]
        killed += process.returncode == -signal.SIGKILL
        assert is_finished(out) == (process.returncode == 0)

    if not is_finished(out):
        assert start(job, out, tmp_path).wait(LIMIT_SECONDS) == 0
    run_job(plan_job(job), tmp_path / "undisturbed")

    assert killed >= 4
    assert_same_run(out, tmp_path / "undisturbed")
    assert not list(out.rglob(".tmp-*"))


def test_processes_that_read_text_end_with_the_job_that_was_killed(job: JobConfig, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    process = start(job, out, tmp_path, "--workers", "2")
    children: list[int] = []

    def reading() -> bool:
        children[:] = family(process.pid)[1:]
        return len(children) >= 2 and files_in(out / "_work" / "shards") > 5

    kill_when(process, reading)

    assert process.returncode == -signal.SIGKILL
    assert ended(children)


def test_an_interrupted_job_says_so_by_its_exit_code(job: JobConfig, tmp_path: Path) -> None:
    out = tmp_path / "interrupted"
    process = start(job, out, tmp_path)
    deadline = time.monotonic() + LIMIT_SECONDS
    while files_in(out / "_work" / "shards") < 5 and time.monotonic() < deadline:
        time.sleep(0.002)

    process.send_signal(signal.SIGINT)

    assert process.wait(LIMIT_SECONDS) == 130
    assert not is_finished(out)


def test_finished_shards_are_kept_when_a_run_goes_on(job: JobConfig, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    process = start(job, out, tmp_path)
    kill_when(process, lambda: files_in(out / "_work" / "shards") > 20)
    kept = {path: path.stat().st_mtime_ns for path in (out / "_work" / "shards").glob("*.json")}
    tables = [out / Table.REPORTS / f"{path.stem}.parquet" for path in kept]
    written = {path: path.stat().st_mtime_ns for path in tables}

    run_job(plan_job(job), out)

    assert len(kept) > 20
    assert {path: path.stat().st_mtime_ns for path in tables} == written
