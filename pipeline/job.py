"""A whole job: plan it, scan the archive, label its shards, join the images, account for every row."""

from __future__ import annotations

import platform
import resource
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any

import apache_beam as beam

import labelers
from labelers.device import find_device
from labelers.hardware import usable_cores
from labelers.loading import load_labeler
from labelers.recipe import Unit
from labelers.registry import locate_labeler
from labelers.text.report import ReportReader
from labelers.text.sections import SectionKind
from pipeline.beam_errors import from_beam, was_interrupted
from pipeline.carrying import index_base
from pipeline.dealing import buckets
from pipeline.eligibility import Eligibility
from pipeline.first_pass import FirstPass, image_study_ids
from pipeline.images import BucketStats, LabelImages, read_bucket_stats
from pipeline.labelling import LabelRowGroups, LabelStep
from pipeline.run_folder import RunFolder, claimed, finish, known_manifest
from pipeline.runner import pipeline_options
from pipeline.scanning import any_in_common, load_scan, plan_rows, save_arrays
from pipeline.shards import RowGroup, Shard, row_groups, shards
from pipeline.sources import describe_images, describe_reports
from pipeline.storage import write_text
from pipeline.totals import add_up, total
from schemas.aggregation import load_aggregation
from schemas.errors import InputError, InvariantError, UsageError
from schemas.hashing import hash_bytes, hash_json
from schemas.job import IN_THIS_PROCESS, JobConfig
from schemas.run import (
    Fingerprints,
    ImageStats,
    ReportCounts,
    RunManifest,
    RunStats,
    ShardStats,
    is_finished,
    read_manifest,
)
from schemas.tables import SCHEMA_VERSION, Stamp, Table

POLL_SECONDS = 0.5
MOST_TEXT_WORKERS = 4
"""More read faster than one process labels and writes."""
ROWS_FOR_A_TEXT_WORKER = 5_000
"""A worker takes a second to start: in that time this many rows are read."""
LIBRARIES = ("apache-beam", "numpy", "polars", "pyarrow", "torch")
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Plan:
    """A job that can be run: everything is checked, nothing is written yet."""

    manifest: RunManifest
    base: Path | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know before the job runs."""
        if self.manifest.config.base is not None and self.base is None:
            return ("the base run's labels were made in another way: every report is labelled anew",)
        return ()

    @property
    def text_workers(self) -> int:
        """Processes that read text beside this one: as many as were asked for, or as pay."""
        config = self.manifest.config
        if config.workers is not None:
            return config.workers
        if not config.in_one_process or self.base is not None:
            return 0
        return min(MOST_TEXT_WORKERS, usable_cores(), self.manifest.rows // ROWS_FOR_A_TEXT_WORKER)

    @property
    def row_groups(self) -> list[RowGroup]:
        """The units of reading, in input order."""
        return list(row_groups(self.manifest.reports))

    @property
    def shards(self) -> list[Shard]:
        """The units of writing, in input order."""
        batch_rows = self.manifest.config.batch_rows
        return [shard for group in self.row_groups for shard in shards(group, batch_rows=batch_rows)]


def plan_job(config: JobConfig) -> Plan:
    """Finds and checks inputs, labeler, rules and base run.

    Raises:
        CtlabelError: anything that would keep the job from running.
    """
    pipeline_options(config)
    reports, images = describe_reports(config), describe_images(config)
    bundle = locate_labeler(config.labeler)
    if config.runner == IN_THIS_PROCESS:
        find_device(config.device)
    labeler = load_labeler(bundle)
    aggregation = load_aggregation(config.aggregation)
    aggregation.ranks(labeler.label_set)
    fingerprints = Fingerprints(
        labeler=labeler.fingerprint,
        label_set=labeler.label_set.hash,
        text=ReportReader.load().fingerprint,
        code=code_fingerprint(),
        eligibility=Eligibility.load(config.eligibility).fingerprint,
        aggregation=aggregation.fingerprint,
        max_report_chars=config.max_report_chars,
        tables=SCHEMA_VERSION,
    )
    base = _base_run(config, fingerprints)
    base_run_id = None if base is None else read_manifest(base).run_id
    manifest = RunManifest(
        schema_version=SCHEMA_VERSION,
        ctlabel_version=version("ctlabel"),
        run_id=_run_id(config, fingerprints, (*reports, *images), base_run_id),
        created_at=datetime.now(UTC).isoformat(timespec="microseconds"),
        config=config,
        labeler=labeler.name,
        labeler_bundle=str(bundle),
        unit=labeler.unit.value,
        sections=labeler.sections,
        label_set=labeler.label_set,
        fingerprints=fingerprints,
        reports=reports,
        images=images,
        base_run_id=base_run_id,
        versions={"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    )
    return Plan(manifest, base)


def code_fingerprint() -> str:
    """Hash of the Python files that labels come from: a run is never carried over into other code's."""
    packages = (Path(__file__).parent, Path(labelers.__file__).parent)
    files = [(package, file) for package in packages for file in package.rglob("*.py")]
    return hash_json(
        {
            file.relative_to(package.parent).as_posix(): hash_bytes(file.read_bytes())
            for package, file in files
        }
    )


def _run_id(
    config: JobConfig, fingerprints: Fingerprints, files: Iterable[Any], base_run_id: str | None
) -> str:
    """The same for the same question, on any machine at any time; how it is run does not count.

    Whether a GPU computes does, as then the last digits differ, so that a run is all of one kind.
    """
    how = {"base", "runs", "runner", "runner_options", "workers", "labeler", "device"}
    asked = [config.model_dump(mode="json", exclude=how), config.arithmetic]
    inputs = [file.model_dump(mode="json") for file in files]
    return hash_json([asked, fingerprints.combined, inputs, base_run_id])[:16]


def _base_run(config: JobConfig, fingerprints: Fingerprints) -> Path | None:
    """The base run's folder; None where none was named or its labels were made in another way."""
    if config.base is None:
        return None
    base = Path(config.base)
    if not is_finished(base):
        raise UsageError(f"{base} is not a finished run (it has no _SUCCESS), so it cannot be the base")
    there = known_manifest(base)
    if there is None or there.fingerprints.combined != fingerprints.combined:
        return None
    return base if there.config.arithmetic == config.arithmetic else None


def run_job(plan: Plan, out: Path, *, progress: Progress = lambda _: None) -> RunStats:
    """Runs the job, or goes on with it where `out` holds it unfinished; `progress` is told of rows done.

    Raises:
        CtlabelError: bad input, an output that cannot be written, or rows that do not add up.
    """
    started = perf_counter()
    folder = RunFolder(out)
    with claimed(folder, plan.manifest):
        seconds = _run_stages(plan, folder, progress)
        stats = _account(plan, folder, seconds=seconds, wall_seconds=perf_counter() - started)
        write_text(folder.stats_file, stats.model_dump_json(indent=2) + "\n")
        finish(folder)
    return stats


def _run_stages(plan: Plan, folder: RunFolder, progress: Progress) -> dict[str, float]:
    """All passes, and what each took in seconds."""
    seconds: dict[str, float] = {}
    step = label_step(plan, folder)
    with _timed(seconds, "scan"):
        _scan(plan, folder)
    with _timed(seconds, "label"), _watched(plan, folder, progress):
        _label(plan, step)
    with _timed(seconds, "images"):
        _label_images(plan, step)
    return seconds


def label_step(plan: Plan, folder: RunFolder) -> LabelStep:
    """What each worker is given."""
    manifest = plan.manifest
    return LabelStep(
        folder=folder,
        config=manifest.config,
        label_set=manifest.label_set,
        ranks=load_aggregation(manifest.config.aggregation).ranks(manifest.label_set),
        stamp=Stamp(
            run_id=manifest.run_id,
            label_set_id=manifest.label_set.id,
            label_set_hash=manifest.label_set.hash,
            labeler=manifest.labeler,
            labeler_fingerprint=manifest.fingerprints.labeler,
        ),
        base=None if plan.base is None else RunFolder(plan.base),
        bundle=manifest.labeler_bundle,
        buckets=len(buckets(manifest.rows)),
        unit=Unit(manifest.unit),
        sections=frozenset(SectionKind(section) for section in manifest.sections),
        text_workers=plan.text_workers,
    )


def _scan(plan: Plan, folder: RunFolder) -> None:
    config = plan.manifest.config
    reports = [(Table.REPORTS, group) for group in plan.row_groups if not folder.scan(group).exists()]
    groups = row_groups(plan.manifest.images)
    dealt = [(Table.IMAGES, group) for group in groups if not folder.dealt_images(group).exists()]
    look = FirstPass(folder=folder, config=config, buckets=len(buckets(plan.manifest.rows)))
    _run_beam([*reports, *dealt], look, name="Scan", config=config)
    scans = [load_scan(folder.scan(group)) for group in plan.row_groups]
    images = plan.manifest.images
    if images and not any_in_common(scans, image_study_ids(images, config=config)):
        raise InputError(
            f"{config.images}: no study_id of the images table is in the reports; "
            "map the right columns with --column THEIRS=study_id or THEIRS=images.study_id"
        )
    base = None if plan.base is None else index_base(plan.base)
    for group, rows in zip(plan.row_groups, plan_rows(scans, base=base), strict=True):
        save_arrays(folder.plan(group), rows)


def _label(plan: Plan, step: LabelStep) -> None:
    unfinished = {shard.row_group for shard in plan.shards if step.folder.read_mark(shard) is None}
    todo = [group for group in plan.row_groups if group in unfinished]
    # In one element, workers read ahead from one row group into the next; without them, Beam deals groups out.
    elements = [tuple(todo)] if todo and step.text_workers else [(group,) for group in todo]
    _run_beam(elements, LabelRowGroups(step), name="Label", config=step.config)


def _label_images(plan: Plan, step: LabelStep) -> None:
    todo = [b for b in buckets(plan.manifest.rows) if not step.folder.image_mark(b.index).exists()]
    images = LabelImages(step=step, images=plan.manifest.images)
    _run_beam(todo, images, name="Images", config=step.config)


def _run_beam(elements: Sequence[Any], transform: Any, *, name: str, config: JobConfig) -> None:
    if not elements:
        return
    try:
        with beam.Pipeline(options=pipeline_options(config)) as pipeline:
            _ = pipeline | "Plan" >> beam.Create(elements) | name >> transform
    except Exception as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from None
        raise from_beam(error) from None


class _timed:  # noqa: N801 - reads as a statement
    """Adds what the block took to `seconds`."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name, self._started = seconds, name, 0.0

    def __enter__(self) -> None:
        self._started = perf_counter()

    def __exit__(self, *_: object) -> None:
        self._seconds[self._name] = perf_counter() - self._started


class _watched:  # noqa: N801 - reads as a statement
    """Tells `progress` of finished shards while the block runs: Beam gives no handle before the end."""

    def __init__(self, plan: Plan, folder: RunFolder, progress: Progress) -> None:
        self._left = plan.shards
        self._folder = folder
        self._progress = progress
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._report()

    def _watch(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            self._report()

    def _report(self) -> None:
        done = {shard for shard in self._left if self._folder.mark(shard).exists()}
        self._left = [shard for shard in self._left if shard not in done]
        if done:
            self._progress(sum(shard.rows for shard in done))


def _account(plan: Plan, folder: RunFolder, *, seconds: dict[str, float], wall_seconds: float) -> RunStats:
    """Sums all marks and holds them against the rows of the input.

    Raises:
        InvariantError: a shard is missing, or rows in are not rows out.
    """
    marks = [_finished(folder, shard) for shard in plan.shards]
    joined = [read_bucket_stats(folder.image_mark(b.index)) for b in buckets(plan.manifest.rows)]
    stats = _sum_stats(plan, marks, joined, seconds=seconds, wall_seconds=wall_seconds)
    accounted = sum(stats.statuses.values())
    if not plan.manifest.rows == stats.rows == accounted:
        raise InvariantError(
            f"{folder.path}: {plan.manifest.rows} rows in, {stats.rows} rows out, {accounted} accounted for"
        )
    return stats


def _finished(folder: RunFolder, shard: Shard) -> ShardStats:
    stats = folder.read_mark(shard)
    if stats is None or stats.rows != shard.rows:
        raise InvariantError(f"{folder.path}: shard {shard.name} was not written; run the command again")
    return stats


def _sum_stats(
    plan: Plan,
    marks: list[ShardStats],
    joined: list[BucketStats],
    *,
    seconds: dict[str, float],
    wall_seconds: float,
) -> RunStats:
    inside = add_up([mark.seconds for mark in marks])
    peak_kib = max(
        resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return RunStats(
        **dict(total(marks, ReportCounts)),
        run_id=plan.manifest.run_id,
        images=total([part.images for part in joined], ImageStats),
        image_labels=add_up([part.labels for part in joined]),
        seconds={**seconds, **{f"label.{name}": value for name, value in inside.items()}},
        wall_seconds=wall_seconds,
        peak_memory_mib=peak_kib / 1024,
    )
