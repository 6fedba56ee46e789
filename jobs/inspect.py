"""`ctlabel inspect`: what a run did, read off its records; never a word of a report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from jobs.label import warnings
from jobs.layout import percent, plural, table
from schemas.errors import InputError
from schemas.run import RUN_FILE, RunManifest, RunStats, is_finished, read_manifest, read_stats
from schemas.status import Reason, ReportStatus, Split
from schemas.tables import Table

EXAMPLES_PER_REASON = 3
Record = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a row that was not labelled stands in the input."""

    file: str
    row_group: int
    row: int


@click.command(epilog="\b\nExamples:\n  ctlabel inspect demo/run\n  ctlabel inspect demo/run --json")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(run: Path, *, as_json: bool) -> None:
    """Show what the run in folder RUN did: counts, reasons, prevalence, warnings, time.

    Rows are numbered from 0 within their file. No report text is read or shown.
    """
    if not (run / RUN_FILE).is_file():
        raise InputError(f"{run} is not a run folder: it has no {RUN_FILE}")
    manifest = read_manifest(run)
    if not is_finished(run):
        _show_unfinished(run, manifest, as_json=as_json)
        return
    stats = read_stats(run)
    examples = find_examples(run, stats.reasons)
    if as_json:
        click.echo(json.dumps(as_record(run, manifest, stats, examples)))
        return
    for title, lines in _sections(run, manifest, stats, examples):
        click.echo(click.style(title, bold=True))
        for line in lines:
            click.echo(f"  {line}")
        click.echo()


def find_examples(run: Path, reasons: dict[str, int]) -> dict[str, list[Place]]:
    """The first few rows of each reason, reading no more of `rejects/` than that takes."""
    import pyarrow.parquet as pq

    wanted = {reason: min(count, EXAMPLES_PER_REASON) for reason, count in reasons.items()}
    found: dict[str, list[Place]] = {reason: [] for reason in reasons}
    for path in sorted((run / Table.REJECTS).glob("*.parquet")):
        rows = pq.read_table(path, columns=["file", "row_group", "row", "reason"]).to_pylist()
        for row in rows:
            places = found.setdefault(row["reason"], [])
            if len(places) < EXAMPLES_PER_REASON:
                places.append(Place(row["file"], row["row_group"], row["row"]))
        if all(len(found[reason]) >= count for reason, count in wanted.items()):
            break
    return found


def _show_unfinished(run: Path, manifest: RunManifest, *, as_json: bool) -> None:
    from pipeline.run_folder import RunFolder
    from pipeline.shards import row_groups, shards

    folder = RunFolder(run)
    batch_rows = manifest.config.batch_rows
    planned = [s for group in row_groups(manifest.reports) for s in shards(group, batch_rows=batch_rows)]
    done = sum(shard.rows for shard in planned if folder.mark(shard).exists())
    if as_json:
        record = {"run": str(run), "finished": False, "rows": manifest.rows, "rows_done": done}
        click.echo(
            json.dumps({**record, "manifest": manifest.model_dump(mode="json", exclude={"label_set"})})
        )
        return
    click.echo(click.style("RUN", bold=True))
    for line in _run_lines(run, manifest):
        click.echo(f"  {line}")
    click.echo()
    click.echo(
        f"Not finished: {done:,} of {plural(manifest.rows, 'row')} labelled so far, and no result yet."
    )
    click.echo("The command that began it goes on where it stopped.")


def as_record(run: Path, manifest: RunManifest, stats: RunStats, examples: dict[str, list[Place]]) -> Record:
    """Everything that is shown, for machines."""
    return {
        "run": str(run),
        "finished": True,
        "manifest": manifest.model_dump(mode="json", exclude={"label_set"}),
        "stats": stats.model_dump(mode="json"),
        "reasons": {
            reason: {
                "count": count,
                "meaning": Reason(reason).describe,
                "examples": [vars(place) for place in examples.get(reason, [])],
            }
            for reason, count in stats.reasons.items()
        },
        "warnings": warnings(stats),
        "rows_per_second": stats.rows / stats.wall_seconds if stats.wall_seconds else None,
    }


def _sections(
    run: Path, manifest: RunManifest, stats: RunStats, examples: dict[str, list[Place]]
) -> Iterator[tuple[str, list[str]]]:
    yield "RUN", _run_lines(run, manifest)
    yield f"REPORTS: {plural(stats.rows, 'row')}", _status_lines(stats)
    if stats.reasons:
        yield "WHERE (the first rows of each reason)", _example_lines(stats, examples)
    yield "IMAGES", _image_lines(manifest, stats)
    yield "PREVALENCE, in %", _prevalence_lines(manifest, stats)
    noted = warnings(stats)
    if noted:
        yield "WARNINGS", noted
    yield "TIME", _time_lines(stats)


def _run_lines(run: Path, manifest: RunManifest) -> list[str]:
    base = manifest.base_run_id or "none: every report was read"
    label_set = manifest.label_set
    classes = ", ".join(label_set.classes)
    return table(
        [
            [
                "folder",
                f"{run} (run {manifest.run_id}, begun {manifest.created_at[:19].replace('T', ' ')} UTC)",
            ],
            ["labeler", f"{manifest.labeler} ({manifest.fingerprints.labeler[:12]})"],
            ["label set", f"{label_set.id}: {plural(len(label_set.ids), 'label')}; {classes}"],
            ["reports", _files(manifest.reports)],
            ["images", _files(manifest.images) if manifest.images else "no table: one row for each study"],
            ["base", base],
        ]
    )


def _files(files: Any) -> str:
    rows = sum(file.rows for file in files)
    return f"{plural(rows, 'row')} in {plural(len(files), 'file')}"


def _status_lines(stats: RunStats) -> list[str]:
    rows = []
    for status in ReportStatus:
        count = stats.statuses.get(status, 0)
        rows.append([status.value, f"{count:,}", percent(count, stats.rows), ""])
        for reason in Reason:
            if reason.status is status and stats.reasons.get(reason):
                of = stats.reasons[reason]
                rows.append([f"  {reason.value}", f"{of:,}", percent(of, stats.rows), reason.describe])
    lines = table([["status", "rows", "%", ""], *rows], numeric={1, 2})
    extra = {
        "carried over from the base run": stats.carried,
        "longer than the labeler reads": stats.truncated,
    }
    lines += [f"{count:,} {what}" for what, count in extra.items() if count]
    cleaned = ", ".join(f"{what} {count:,}" for what, count in stats.cleaned.items())
    return lines + ([f"cleaned before reading: {cleaned}"] if cleaned else [])


def _example_lines(stats: RunStats, examples: dict[str, list[Place]]) -> list[str]:
    return table([[reason, _places(examples.get(reason, []))] for reason in stats.reasons])


def _places(places: list[Place]) -> str:
    groups = groupby(places, key=lambda place: (Path(place.file).name, place.row_group))
    return "; ".join(
        f"{file} row group {row_group}: {', '.join(str(place.row) for place in group)}"
        for (file, row_group), group in groups
    )


def _image_lines(manifest: RunManifest, stats: RunStats) -> list[str]:
    images = stats.images
    total = sum(images.splits.values())
    shares = ", ".join(f"{split} {images.splits.get(split, 0):,}" for split in Split)
    rows = [["labelled studies", f"{images.studies_labelled:,}"]]
    if manifest.images:
        rows += [
            ["images in the table", f"{images.images_in:,}"],
            ["images labelled", f"{images.images_labelled:,}"],
            ["images of studies without labels", f"{images.images_of_unlabelled_studies:,}"],
        ]
    return [*table(rows, numeric={1}), f"splits, by patient: {shares} (of {total:,})"]


def _prevalence_lines(manifest: RunManifest, stats: RunStats) -> list[str]:
    said = tuple(reversed(manifest.label_set.classes[1:]))
    labelled = stats.statuses.get(ReportStatus.LABELLED, 0)
    rows_of_images = sum(stats.images.splits.values())
    unit = "images" if manifest.images else "studies"
    head = ["label", *said, "|", *said]
    rows = [
        [
            label_id,
            *(percent(stats.labels[label_id].get(name, 0), labelled) for name in said),
            "|",
            *(percent(stats.image_labels[label_id].get(name, 0), rows_of_images) for name in said),
        ]
        for label_id in manifest.label_set.ids
    ]
    title = f"of {plural(labelled, 'labelled report')} | of {rows_of_images:,} {unit}"
    return [title, *table([head, *rows], numeric=range(1, len(head)))]


def _time_lines(stats: RunStats) -> list[str]:
    rows = [[name, f"{seconds:.2f}"] for name, seconds in stats.seconds.items()]
    rate = f"{stats.rows / stats.wall_seconds:,.0f} rows/s" if stats.wall_seconds else ""
    sentences = (
        f"{plural(stats.sentences, 'sentence')}, {stats.sentences_read:,} for the labeler, "
        f"{stats.sentences_inferred:,} inferred after removing repeats"
    )
    return [
        *table([["stage", "seconds"], *rows, ["in all", f"{stats.wall_seconds:.2f}"]], numeric={1}),
        f"{rate}, peak memory {stats.peak_memory_mib:,.0f} MiB",
        sentences,
    ]
