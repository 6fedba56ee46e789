"""`ctlabel bench`: how fast the whole job is on this machine, and where the time goes."""

from __future__ import annotations

import json
import math
import shlex
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobs.layout import plural, table

if TYPE_CHECKING:
    from jobs.speed.archives import MeasuredArchive
    from jobs.speed.records import Benchmark, Growth, LabelerFigures, RunSpeed, Side
    from jobs.speed.runs import MeasuredJob
    from schemas.job import JobConfig

LIBRARIES = ("apache-beam", "numpy", "pyarrow", "torch")
EXAMPLES = """
\b
Examples:
  ctlabel bench
  ctlabel bench --reports 121556 --base-growth 0.01 --out speed.json
  ctlabel bench --reports 20000 --resample export/ --compare
"""


@click.command(epilog=EXAMPLES)
@click.option("--reports", default=2_000, show_default=True, type=click.IntRange(min=1), help="Rows in all.")
@click.option("--seed", default=0, show_default=True, help="Another seed gives another archive.")
@click.option(
    "--resample",
    metavar="ARCHIVE",
    help="Deal out the reports of a real archive, with other ids and dates, instead of making some up.",
)
@click.option("--column", "columns", multiple=True, metavar="THEIRS=OURS", help="A column of ARCHIVE.")
@click.option(
    "--labeler", default="default", show_default=True, help="Name, bundle folder, or file of a committee."
)
@click.option("--workers", type=click.IntRange(min=0), help="As `ctlabel label` has it.")
@click.option(
    "--base-growth",
    type=click.FloatRange(min=0, min_open=True),
    help="Measure the archive grown by this share, too: labelled whole, and with --base.",
)
@click.option("--compare", "compares", is_flag=True, help="Measure other ways of labelling, side by side.")
@click.option(
    "--sentences",
    default=20_000,
    show_default=True,
    type=click.IntRange(min=1),
    help="About how many distinct ones are enough to measure the labeler alone.",
)
@click.option("--work", type=click.Path(path_type=Path), help="New folder for archive and runs, to be kept.")
@click.option("--out", type=click.Path(path_type=Path), help="JSON file for the figures.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(  # noqa: PLR0913 (one for each option)
    *,
    reports: int,
    seed: int,
    resample: str | None,
    columns: tuple[str, ...],
    labeler: str,
    workers: int | None,
    base_growth: float | None,
    compares: bool,
    sentences: int,
    work: Path | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Make an archive, label it in a process of its own from Parquet to _SUCCESS, and print what that took.

    Sentences of made-up reports repeat themselves more than real ones: state the repeat rate beside a speed.
    """
    from jobs.speed.archives import make_archive
    from jobs.speed.runs import MeasuredJob
    from pipeline.storage import write_text

    later = math.ceil(reports * base_growth) if base_growth else 0
    with _folder(work) as folder:
        archive = make_archive(
            folder / "archive", reports=reports, later=later, seed=seed, resample=_source(resample, columns)
        )
        benchmark = _measure(
            archive,
            folder,
            made="resampled" if resample else "made up",
            job=MeasuredJob(archive.images, labeler, workers),
            growth=base_growth,
            sentences=sentences,
            compares=compares,
        )
    record = json.dumps(as_record(benchmark), indent=2)
    if out is not None:
        write_text(out, record + "\n")
    click.echo(record if as_json else "\n".join(_lines(benchmark)))


def _source(resample: str | None, columns: tuple[str, ...]) -> JobConfig | None:
    from jobs.label import read_columns
    from schemas.job import load_job

    if resample is None:
        return None
    return load_job(None, {"reports": (resample,), "columns": read_columns(columns)})


@contextmanager
def _folder(work: Path | None) -> Iterator[Path]:
    """The folder that was named, or one that goes when the block ends."""
    if work is not None:
        yield work
        return
    with tempfile.TemporaryDirectory(prefix="ctlabel-bench-") as name:
        yield Path(name)


def _measure(  # noqa: PLR0913 (one for each option)
    archive: MeasuredArchive,
    folder: Path,
    *,
    made: str,
    job: MeasuredJob,
    growth: float | None,
    sentences: int,
    compares: bool,
) -> Benchmark:
    """The jobs first, each alone on the machine; what is measured in this process comes after them."""
    from jobs.speed.records import Benchmark
    from jobs.speed.sides import compare, measure_alone, read_archive_texts, without_opinion
    from labelers.hardware import describe_hardware
    from labelers.loading import load_labeler

    run = job.measure(archive.reports, out=folder / "run")
    grown = _measure_growth(archive, folder, job=job, share=growth) if growth else None
    loaded = load_labeler(job.labeler)
    bare = without_opinion(loaded)
    texts = read_archive_texts(archive.reports, loaded, most=sentences)
    return Benchmark(
        measured=datetime.now(UTC).isoformat(timespec="seconds"),
        command=shlex.join(["ctlabel", *sys.argv[1:]]),
        hardware=describe_hardware(),
        versions={name: version(name) for name in LIBRARIES},
        archive=made,
        labeler=loaded.name,
        fingerprint=loaded.fingerprint,
        run=run,
        growth=grown,
        alone=measure_alone(bare, texts),
        comparison=compare(bare, texts) if compares else (),
    )


def _measure_growth(archive: MeasuredArchive, folder: Path, *, job: MeasuredJob, share: float) -> Growth:
    from jobs.speed.records import Growth

    return Growth(
        share=share,
        full=job.measure(archive.grown, out=folder / "full"),
        rerun=job.measure(archive.grown, out=folder / "rerun", base=folder / "run"),
    )


def as_record(benchmark: Benchmark) -> dict[str, Any]:
    """The figures and what follows from them, for machines."""
    record: dict[str, Any] = {**benchmark.model_dump(mode="json"), "run": _run_record(benchmark.run)}
    record["alone"]["flops_per_second"] = benchmark.alone.rate
    if benchmark.growth is not None:
        growth = benchmark.growth
        runs = {"full": _run_record(growth.full), "rerun": _run_record(growth.rerun)}
        record["growth"] = {"share": growth.share, "ratio": growth.ratio, **runs}
    return record


def _run_record(run: RunSpeed) -> dict[str, Any]:
    return {**run.model_dump(mode="json"), "reports_per_second": run.rate, "repeat_rate": run.repeat_rate}


def _lines(benchmark: Benchmark) -> list[str]:
    head = f"{plural(benchmark.run.reports, 'report')}, {benchmark.archive}; labeler {benchmark.labeler}"
    lines = [head, f"{benchmark.hardware}, {benchmark.measured}", "", *_run_lines(benchmark.run)]
    lines += ["", *_alone_lines(benchmark.alone)]
    if benchmark.growth is not None:
        lines += ["", *_growth_lines(benchmark.growth)]
    if benchmark.comparison:
        lines += ["", *_comparison_lines(benchmark.comparison)]
    return lines


def _run_lines(run: RunSpeed) -> list[str]:
    stages = [
        [name, f"{seconds:.2f}", percent_of(seconds, run.seconds)] for name, seconds in run.stages.items()
    ]
    repeats = "-" if run.repeat_rate is None else f"{100 * run.repeat_rate:.1f} %"
    return [
        *table([["stage", "seconds", "%"], *stages, ["in all", f"{run.seconds:.2f}", ""]], numeric={1, 2}),
        f"{run.rate:,.0f} reports/s, peak memory {run.peak_memory_mib:,.0f} MiB",
        f"{plural(run.read, 'sentence')} for the labeler, {run.unique:,} of them new: repeat rate {repeats}",
    ]


def _alone_lines(alone: LabelerFigures) -> list[str]:
    lines = [
        f"labeler alone: {alone.sentences:,} distinct sentences, {alone.sentences / alone.seconds:,.0f}/s"
    ]
    if alone.rate is None:
        return lines
    lines.append(f"{alone.tokens:,} tokens, {alone.rate / 1e9:,.1f} GFLOP/s without padding")
    for name, product in alone.product_rates.items():
        share = percent_of(alone.rate, product)
        lines.append(f"  {share} % of a matrix product in {name}: {product / 1e9:,.1f} GFLOP/s")
    return lines


def _growth_lines(growth: Growth) -> list[str]:
    return [
        f"grown by {100 * growth.share:g} %: {growth.full.seconds:.2f} s whole, {growth.rerun.seconds:.2f} s with "
        f"--base ({growth.rerun.carried:,} carried, {growth.rerun.unique:,} sentences for the labeler)",
        f"  {growth.ratio:.1f} times as fast",
    ]


def _comparison_lines(sides: tuple[Side, ...]) -> list[str]:
    rows = [
        [side.name, f"{side.count:,} {side.unit}", f"{side.rate:,.0f}", f"{side.ratio:.2f}"] for side in sides
    ]
    return table([["side by side", "over", "a second", "ours is"], *rows], numeric={2, 3})


def percent_of(part: float, whole: float) -> str:
    """A share in per cent with one decimal."""
    return f"{100 * part / whole:.1f}"
