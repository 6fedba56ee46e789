"""`ctlabel label`: a report archive in, a run folder of label Parquet out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobs.devices import device_option
from jobs.progress import progress
from schemas.errors import UsageError
from schemas.job import JobConfig, load_job
from schemas.precision import Precision

if TYPE_CHECKING:
    from pipeline.job import Plan
    from schemas.run import RunStats

LAST_RUN = "last"

EXAMPLES = """
\b
Examples:
  ctlabel label export/ --out runs/first
  ctlabel label 'export/*.parquet' --images series.parquet --out runs/first
  ctlabel label export/ --column Accession=study_id --column Text=report_text --out runs/first
  ctlabel label export/ --base runs/first --out runs/second
  ctlabel label export/ --config nightly --runs runs/
"""


@click.command(epilog=EXAMPLES)
@click.argument("reports", nargs=-1)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the run; new, empty, or to be resumed."
)
@click.option("--images", help="Images table: study_id, image_id and where there is one patient_id.")
@click.option(
    "--labeler", help="Name of a labeler, folder of a bundle, or file of a committee.  [default: default]"
)
@click.option(
    "--precision",
    type=click.Choice([one.value for one in Precision]),
    help="What a network multiplies in; bfloat16 is faster where the processor has it.  [default: float32]",
)
@device_option(default=None)
@click.option("--config", help="Job preset (see `ctlabel list jobs`) or a YAML file of your own.")
@click.option("--base", help="Finished run whose labels are carried over where nothing has changed.")
@click.option(
    "--runs", help="Folder of runs: a new one is made in it; with base 'last' the last is the base."
)
@click.option(
    "--column", "columns", multiple=True, metavar="THEIRS=OURS", help="Maps a column of the export."
)
@click.option("--with-text/--no-text", default=None, help="Put each sentence's text into sentences/.")
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    help="Processes that read text beside the one that labels, a quarter GiB each.  [default: as many as pay]",
)
@click.option("--runner", help="Beam runner.  [default: FnApiRunner, in this process]")
@click.option(
    "--runner-option", "runner_options", multiple=True, metavar="KEY=VALUE", help="Option of the runner."
)
@click.option("--dry-run", is_flag=True, help="Check everything, print the plan, label nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(
    reports: tuple[str, ...], *, dry_run: bool, as_json: bool, out: Path | None, **options: Any
) -> None:
    """Label the reports in REPORTS: Parquet files, folders or globs.

    Killed at any moment, the same command goes on where it stopped. A folder without _SUCCESS is no result.
    """
    from pipeline.job import plan_job, run_job

    config = _config(reports, options)
    config = _with_base(config)
    plan = plan_job(config)
    folder = _folder(plan, out)
    if dry_run:
        _print_plan(plan, folder, as_json=as_json)
        return
    for note in plan.notes:
        click.echo(f"ctlabel: {note}", err=True)
    with progress(plan.manifest.rows, quiet=as_json) as advance:
        stats = run_job(plan, folder, progress=advance)
    _print_stats(stats, folder, as_json=as_json)


def _config(reports: tuple[str, ...], options: dict[str, Any]) -> JobConfig:
    columns = read_columns(options.pop("columns"))
    runner_options = dict(read_pairs(options.pop("runner_options"), option="--runner-option"))
    overrides = {
        **{key: value for key, value in options.items() if key != "config"},
        "reports": reports or None,
        "columns": columns,
        "runner_options": runner_options or None,
    }
    return load_job(options.get("config"), overrides)


def read_columns(values: tuple[str, ...]) -> dict[str, str]:
    """What `--column` gives, by our names: one column of the export may be several of ours.

    Raises:
        UsageError: one has not the form THEIRS=OURS, or two are given for one of ours.
    """
    columns: dict[str, str] = {}
    for theirs, ours in read_pairs(values, option="--column"):
        if ours in columns:
            raise UsageError(f"--column gives two columns for {ours}: {columns[ours]} and {theirs}")
        columns[ours] = theirs
    return columns


def read_pairs(values: tuple[str, ...], *, option: str) -> list[tuple[str, str]]:
    """`LEFT=RIGHT` as given with an option.

    Raises:
        UsageError: one has not that form.
    """
    pairs: list[tuple[str, str]] = []
    for value in values:
        left, sign, right = value.partition("=")
        if not (left and sign and right):
            raise UsageError(f"{option} takes LEFT=RIGHT, not '{value}'")
        pairs.append((left, right))
    return pairs


def _with_base(config: JobConfig) -> JobConfig:
    """The configuration with `last` replaced by the last finished run of the folder of runs, if there is one."""
    from pipeline.run_folder import finished_runs

    if config.base != LAST_RUN:
        return config
    if config.runs is None:
        raise UsageError("base 'last' needs a folder of runs: give --runs FOLDER")
    runs = finished_runs(Path(config.runs))
    return config.model_copy(update={"base": str(runs[-1]) if runs else None})


def _folder(plan: Plan, out: Path | None) -> Path:
    """Where the run goes: `--out`, or under `--runs` its unfinished folder or a new one named after the time."""
    from pipeline.run_folder import unfinished

    runs = plan.manifest.config.runs
    if (out is None) == (runs is None):
        raise UsageError("give either --out FOLDER or --runs FOLDER")
    if out is not None:
        return out
    folder = Path(runs or "")
    there = sorted(path for path in folder.glob("*") if path.is_dir())
    again = unfinished(there, plan.manifest.run_id)
    return again or folder / datetime.now(UTC).strftime("run-%Y%m%dT%H%M%S%fZ")


def _print_plan(plan: Plan, folder: Path, *, as_json: bool) -> None:
    manifest = plan.manifest
    if as_json:
        record = {"out": str(folder), "shards": len(plan.shards), **manifest.model_dump(mode="json")}
        click.echo(json.dumps({key: value for key, value in record.items() if key != "label_set"}))
        return
    labels = f"{manifest.label_set.id}, {len(manifest.label_set.ids)} labels"
    images = f"{sum(file.rows for file in manifest.images):,} rows" if manifest.images else "one row a study"
    lines = {
        "run": f"{folder} ({manifest.run_id})",
        "reports": f"{manifest.rows:,} rows in {len(manifest.reports)} files, {len(plan.shards)} shards",
        "images": images,
        "labeler": f"{manifest.labeler} ({manifest.labeler_bundle})",
        "label set": labels,
        "base": manifest.base_run_id or "none",
    }
    for name, value in lines.items():
        click.echo(f"{name:<10} {value}")
    for note in plan.notes:
        click.echo(f"note       {note}")
    click.echo("configuration:")
    for key, value in manifest.config.model_dump(mode="json").items():
        click.echo(f"  {key}: {json.dumps(value)}")
    click.echo("Dry run: nothing was labelled.")


def _print_stats(stats: RunStats, folder: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"out": str(folder), **stats.model_dump(mode="json")}))
        return
    counts = ", ".join(f"{count:,} {status}" for status, count in stats.statuses.items())
    click.echo(f"{stats.rows:,} reports: {counts}")
    for reason, count in sorted(stats.reasons.items(), key=lambda item: -item[1]):
        click.echo(f"  {count:>9,}  {reason}")
    images = stats.images
    click.echo(f"{sum(images.splits.values()):,} rows in {folder / 'images'}")
    for warning in warnings(stats):
        click.echo(f"  warning: {warning}")
    rate = stats.rows / stats.wall_seconds
    click.echo(
        f"{stats.wall_seconds:.1f} s, {rate:,.0f} reports/s; look closer with: ctlabel inspect {folder}"
    )


def warnings(stats: RunStats) -> list[str]:
    """What a reader of the images table should know, in words; empty where all is well."""
    images = stats.images
    counted = {
        "labelled studies without images": images.studies_without_images,
        "images without any report": images.images_without_report,
        "images without a study id": images.images_without_study_id,
        "labelled reports without a study id": images.reports_without_study_id,
        "images whose patient id is not the report's": images.patient_mismatches,
    }
    return [f"{count:,} {what}" for what, count in counted.items() if count]
