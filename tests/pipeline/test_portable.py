"""The job on Beam's portable runner: the contract that Flink, Spark and Dataflow keep."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.job import plan_job, run_job
from schemas.errors import InputError
from schemas.job import JobConfig
from tests.archives import assert_same_run, report_rows, write_images, write_reports

START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def service(module: str, port: int, *options: str) -> Iterator[str]:
    """A Beam service of its own process on a port of this machine."""
    command = [sys.executable, "-m", module, *options]
    # The worker pool starts its workers with whatever `python` the path gives.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        wait_for(process, port)
        yield f"localhost:{port}"
    finally:
        process.kill()
        process.wait()


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("localhost", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the service did not start")


@pytest.fixture(scope="module")
def job_service() -> Iterator[str]:
    port = free_port()
    module = "apache_beam.runners.portability.local_job_service_main"
    with service(module, port, "--port", str(port)) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def worker_pool() -> Iterator[str]:
    port = free_port()
    module = "apache_beam.runners.worker.worker_pool_main"
    with service(module, port, "--service_port", str(port)) as endpoint:
        yield endpoint


@pytest.fixture
def job(tmp_path: Path, tiny_bundle: Path) -> JobConfig:
    archive = write_reports(tmp_path / "a.parquet", report_rows(range(40)), row_group_size=10)
    images = write_images(tmp_path / "images.parquet", range(40))
    return JobConfig(reports=(str(archive),), images=str(images), labeler=str(tiny_bundle), batch_rows=4)


def portable(job: JobConfig, **options: str) -> JobConfig:
    return job.model_copy(update={"runner": "PortableRunner", "runner_options": options})


def test_the_portable_runner_with_loopback_workers_gives_the_same_rows(
    job: JobConfig, job_service: str, tmp_path: Path
) -> None:
    run_job(plan_job(job), tmp_path / "direct")
    config = portable(job, job_endpoint=job_service, environment_type="LOOPBACK")
    run_job(plan_job(config), tmp_path / "portable")

    assert_same_run(tmp_path / "portable", tmp_path / "direct")


def test_the_portable_runner_with_a_separate_worker_pool_gives_the_same_rows(
    job: JobConfig, job_service: str, worker_pool: str, tmp_path: Path
) -> None:
    run_job(plan_job(job), tmp_path / "direct")
    config = portable(
        job, job_endpoint=job_service, environment_type="EXTERNAL", environment_config=worker_pool
    )
    run_job(plan_job(config), tmp_path / "portable")

    assert_same_run(tmp_path / "portable", tmp_path / "direct")


def test_an_error_in_a_remote_worker_comes_back_as_one_line(
    job: JobConfig, job_service: str, tmp_path: Path
) -> None:
    config = portable(job, job_endpoint=job_service, environment_type="LOOPBACK")
    plan = plan_job(config)
    damaged = Path(job.reports[0])
    data = bytearray(damaged.read_bytes())
    data[4:400] = b"\xff" * 396
    damaged.write_bytes(data)

    with pytest.raises(InputError) as caught:
        run_job(plan, tmp_path / "run")

    assert str(caught.value).startswith(f"{damaged}: row group ")
    assert "\n" not in str(caught.value)
