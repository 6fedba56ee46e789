"""The folder of a run: where each file is, what is finished, and who may write."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.shards import RowGroup, Shard
from pipeline.storage import output_error, remove_temporary_files, write_text
from schemas.errors import InvariantError, OutputError
from schemas.run import (
    RUN_FILE,
    STATS_FILE,
    SUCCESS_FILE,
    WORK_DIR,
    RunManifest,
    ShardStats,
    is_finished,
    read_manifest,
)
from schemas.tables import Table

LOCK_FILE = ".lock"


@dataclass(frozen=True)
class RunFolder:
    """Paths of one run; nothing here is written in place."""

    path: Path

    @property
    def run_file(self) -> Path:
        """What was asked of what."""
        return self.path / RUN_FILE

    @property
    def stats_file(self) -> Path:
        """What came out."""
        return self.path / STATS_FILE

    @property
    def success_file(self) -> Path:
        """Written last of all."""
        return self.path / SUCCESS_FILE

    @property
    def work(self) -> Path:
        """Intermediate files; gone when the run is finished."""
        return self.path / WORK_DIR

    def table(self, table: Table, name: str) -> Path:
        """A shard of one of the tables."""
        return self.path / table / f"{name}.parquet"

    def mark(self, shard: Shard) -> Path:
        """Counts of a finished shard; there when all its files are."""
        return self.work / "shards" / f"{shard.name}.json"

    def scan(self, group: RowGroup) -> Path:
        """Keys of a row group."""
        return self.work / "scan" / f"{group.name}.npz"

    def plan(self, group: RowGroup) -> Path:
        """What the whole archive says of a row group."""
        return self.work / "plan" / f"{group.name}.npz"

    def dealt_reports(self, name: str) -> Path:
        """The labels of a shard, dealt into buckets of studies."""
        return self.work / "dealt" / "reports" / f"{name}.arrow"

    def dealt_images(self, group: RowGroup) -> Path:
        """A row group of the images table, dealt into buckets of studies."""
        return self.work / "dealt" / "images" / f"{group.name}.arrow"

    def image_mark(self, bucket: int) -> Path:
        """Counts of a finished bucket of the images."""
        return self.work / "images" / f"{bucket:05d}.json"

    def read_mark(self, shard: Shard) -> ShardStats | None:
        """The counts of a shard, None where it is not finished."""
        try:
            return ShardStats.model_validate_json(self.mark(shard).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None


@contextmanager
def claimed(folder: RunFolder, manifest: RunManifest) -> Iterator[None]:
    """The folder is this run's, and this process alone works in it, while the block runs.

    Raises:
        OutputError: another process is at work in it, or `claim` refuses it.
    """
    lock = folder.path / LOCK_FILE
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        stream = lock.open("ab")
    except OSError as error:
        raise output_error(folder.path, error) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputError(
                f"{folder.path}: another process is at work on this run; wait for it"
            ) from error
        try:
            claim(folder, manifest)
            yield
        finally:
            lock.unlink(missing_ok=True)


def claim(folder: RunFolder, manifest: RunManifest) -> None:
    """Makes the folder this run's, or goes on with the unfinished run of the same manifest that it holds.

    Raises:
        OutputError: it cannot be written, holds a finished run, another run, or anything else.
    """
    path = folder.path
    try:
        path.mkdir(parents=True, exist_ok=True)
        entries = sorted(entry.name for entry in path.iterdir())
    except OSError as error:
        raise output_error(path, error) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise OutputError(f"{path} cannot be written: no permission")
    if folder.run_file.exists():
        _check_same_run(folder, manifest)
        remove_temporary_files(path)
    elif [name for name in entries if not name.startswith(".")]:
        raise OutputError(f"{path} is not empty and holds no run of ctlabel; give an empty or new folder")
    else:
        write_text(folder.run_file, manifest.model_dump_json(indent=2) + "\n")


def _check_same_run(folder: RunFolder, manifest: RunManifest) -> None:
    there = read_manifest(folder.path)
    if there.run_id != manifest.run_id:
        raise OutputError(
            f"{folder.path} already holds another run ({there.run_id}, this one is {manifest.run_id}); "
            "give another folder"
        )
    if folder.success_file.exists():
        raise OutputError(f"{folder.path} already holds this run, finished; nothing was done")


def finish(folder: RunFolder) -> None:
    """Says that the run is whole, then clears the intermediate files: first, and a kill would cost them all."""
    remove_temporary_files(folder.path)
    write_text(folder.success_file, "")
    shutil.rmtree(folder.work, ignore_errors=True)


def finished_runs(folder: Path) -> list[Path]:
    """Finished runs directly under `folder`, oldest first by the time they were begun.

    Folders that hold no record of this version, such as those of other programs, are passed over.
    """
    runs = (path.parent for path in folder.glob(f"*/{SUCCESS_FILE}"))
    begun = [(manifest.created_at, run.name, run) for run in runs if (manifest := known_manifest(run))]
    return [run for *_, run in sorted(begun)]


def known_manifest(run: Path) -> RunManifest | None:
    """The record of a run folder; None where there is none that this version can read."""
    try:
        return read_manifest(run)
    except InvariantError:
        return None


def unfinished(runs: Iterable[Path], run_id: str) -> Path | None:
    """The first of the folders that holds the run and has not finished it."""
    for run in runs:
        manifest = None if is_finished(run) else known_manifest(run)
        if manifest is not None and manifest.run_id == run_id:
            return run
    return None
