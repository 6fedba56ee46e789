"""`ctlabel sample`: a made-up archive as a hospital would export it, to try the other commands on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import click
from tqdm import tqdm

from jobs.sampling.archive import MINUTES_PER_YEAR, Archive
from jobs.sampling.conf import ArchiveConf, ColumnNames, load_sample_conf
from jobs.sampling.rows import IMAGES_SCHEMA, Row
from jobs.sampling.tables import TableFile, open_table, share_evenly, write_reports
from jobs.sampling.texts import Writer
from pipeline.storage import output_error
from schemas.errors import OutputError, UsageError, unknown_name
from schemas.job import KNOWN_COLUMNS

IMAGES_FILE, LATER_FILE = "images.parquet", "later.parquet"
OUR_NAMES = ColumnNames(reports={}, images={})


@dataclass(frozen=True, slots=True)
class Sample:
    """What was written."""

    folder: Path
    reports: int
    images: int
    files: tuple[Path, ...]
    columns: ColumnNames


@click.command(
    epilog="\b\nExamples:\n  ctlabel sample demo/archive\n"
    "  ctlabel sample big --reports 1000000 --files 16 --seed 7\n"
    "  ctlabel sample theirs --columns hospital   # to try --column"
)
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--reports", default=2_000, show_default=True, help="Rows in all.")
@click.option("--files", default=4, show_default=True, help="Report files to share them among.")
@click.option("--seed", default=0, show_default=True, help="Another seed gives another archive.")
@click.option("--clean", is_flag=True, help="Leave out the dirt that real exports have.")
@click.option("--columns", metavar="NAME", help="Name the columns as another system does: hospital.")
def command(  # noqa: PLR0913 (one for each option)
    out: Path, *, reports: int, files: int, seed: int, clean: bool, columns: str | None
) -> None:
    """Write an example archive of made-up reports and their images table to OUT."""
    sample = write_sample(out, reports=reports, files=files, seed=seed, clean=clean, columns=columns)
    click.echo(f"wrote {sample.reports:,} reports ({len(sample.files)} files) to {out}")
    click.echo(f"wrote {sample.images:,} images to {out / IMAGES_FILE}")
    images = out / IMAGES_FILE
    click.echo(f"next: ctlabel label {out}/reports-*.parquet --images {images}{_mappings(sample)} --out RUN")


def write_sample(  # noqa: PLR0913 (one for each option)
    out: Path,
    *,
    reports: int = 2_000,
    seed: int = 0,
    files: int = 4,
    clean: bool = False,
    columns: str | None = None,
    later: int = 0,
) -> Sample:
    """Writes `reports-0000N-of-0000M.parquet` and `images.parquet`; the same options write the same rows.

    `later` is how many rows more go to `later.parquet`: what was exported afterwards.

    Raises:
        UsageError: a number or a name of columns that does not fit.
        OutputError: `out` holds something already or cannot be written.
    """
    if not 1 <= files <= reports:
        raise UsageError(f"--files must be from 1 to the number of reports ({reports}), not {files}")
    conf = load_sample_conf("archive", ArchiveConf)
    names = _column_names(conf, columns)
    _prepare(out)
    archive = Archive(
        conf=conf,
        writer=Writer.load(mr_share=conf.shares.mr),
        random=Random(seed),
        minutes_between=conf.years * MINUTES_PER_YEAR / (reports + later),
        clean=clean,
    )
    paths = tuple(out / f"reports-{at:05d}-of-{files:05d}.parquet" for at in range(files))
    with open_table(out / IMAGES_FILE, IMAGES_SCHEMA, names.images) as images:
        rows = _rows(archive, images)
        counts = {**share_evenly(reports, paths), **({out / LATER_FILE: later} if later else {})}
        progress = tqdm(rows, total=reports + later, unit=" reports", disable=None)
        write_reports(iter(progress), counts, names=names.reports)
        progress.close()
    return Sample(
        folder=out, reports=reports + later, images=images.count, files=tuple(counts), columns=names
    )


def _column_names(conf: ArchiveConf, columns: str | None) -> ColumnNames:
    if columns is None:
        return OUR_NAMES
    if columns not in conf.columns:
        raise unknown_name(kind="set of column names", name=columns, known=conf.columns)
    return conf.columns[columns]


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise OutputError(f"{out} is not empty; name a new folder")
    except OSError as error:
        raise output_error(out, error) from error


def _rows(archive: Archive, images: TableFile) -> Iterator[Row]:
    """The report rows; the images of a study are written as it comes by."""
    for study in archive.studies():
        for image in study.images:
            images.add(image)
        yield from study.reports


def _mappings(sample: Sample) -> str:
    """The options that map another system's names back to ours."""
    ours = {theirs: name for name, theirs in (sample.columns.images | sample.columns.reports).items()}
    return "".join(f" --column {theirs}={name}" for theirs, name in ours.items() if name in KNOWN_COLUMNS)
