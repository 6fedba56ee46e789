"""Archives to measure on: made of `sample`'s templates, or of a real archive's reports dealt out anew."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random

from jobs.sample import IMAGES_FILE, LATER_FILE, write_sample
from jobs.sampling.rows import IMAGES_SCHEMA, ImageRow, Row
from jobs.sampling.tables import TableFile, open_table, share_evenly, write_reports
from pipeline.reading import read_batches
from pipeline.shards import row_groups
from pipeline.sources import describe_reports
from schemas.job import JobConfig

FILES = 4
IMAGES_PER_STUDY = 2
BEGIN = datetime(2024, 1, 1)
_DATE = re.compile(r"(?<![\d./-])\d{1,2}([./-])\d{1,2}\1(?:19|20)?\d{2}(?![\d./-])")


@dataclass(frozen=True, slots=True)
class MeasuredArchive:
    """The files of an archive; `later` holds the rows by which it has grown."""

    reports: tuple[Path, ...]
    later: Path | None
    images: Path

    @property
    def grown(self) -> tuple[Path, ...]:
        """All report files."""
        return self.reports if self.later is None else (*self.reports, self.later)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What is kept of a real report."""

    text: str | None
    modality: str | None
    exam_name: str | None


def make_archive(
    folder: Path, *, reports: int, later: int, seed: int, resample: JobConfig | None
) -> MeasuredArchive:
    """Writes an archive of `reports` and `later` rows to a new folder.

    Raises:
        CtlabelError: the archive to resample cannot be read, or the folder cannot be written.
    """
    files = min(FILES, reports)
    if resample is None:
        paths = write_sample(folder, reports=reports, files=files, seed=seed, later=later).files[:files]
    else:
        paths = tuple(folder / f"reports-{at:05d}-of-{files:05d}.parquet" for at in range(files))
        counts = {**share_evenly(reports, paths), **({folder / LATER_FILE: later} if later else {})}
        with open_table(folder / IMAGES_FILE, IMAGES_SCHEMA, {}) as images:
            write_reports(_dealt_rows(read_source(resample), Random(seed), images), counts)
    return MeasuredArchive(paths, folder / LATER_FILE if later else None, folder / IMAGES_FILE)


def read_source(config: JobConfig) -> list[SourceReport]:
    """All reports of an archive, in memory.

    Raises:
        InputError: it cannot be read.
    """
    batches = (
        batch
        for group in row_groups(describe_reports(config))
        for batch in read_batches(group, config=config)
    )
    return [
        SourceReport(*row)
        for batch in batches
        for row in zip(batch.texts, batch.modalities, batch.exam_names, strict=True)
    ]


def _dealt_rows(source: Sequence[SourceReport], random: Random, images: TableFile) -> Iterator[Row]:
    """Rounds over all reports for ever, each in another order, with new ids and other dates."""
    numbers = count()
    while True:
        for report in random.sample(source, len(source)):
            row = _dealt(report, next(numbers), random)
            for _ in range(IMAGES_PER_STUDY):
                images.add(ImageRow(row.study_id or "", f"2.25.{images.count}", row.patient_id, row.modality))
            yield row


def _dealt(report: SourceReport, number: int, random: Random) -> Row:
    return Row(
        report_id=f"B{number:010d}",
        study_id=f"S{number:010d}",
        patient_id=f"P{number // 2:010d}",
        exam_datetime=BEGIN + timedelta(minutes=5 * number),
        modality=report.modality or "",
        exam_name=report.exam_name,
        report_text=None if report.text is None else _other_dates(report.text, random),
    )


def _other_dates(text: str, random: Random) -> str:
    """Each written date as another one of the same form."""

    def another(match: re.Match[str]) -> str:
        first, second, year = match[0].split(match[1])
        days = (random.randint(1, 12), random.randint(1, 12))
        parts = [str(day).zfill(len(old)) for day, old in zip(days, (first, second), strict=True)]
        return match[1].join([*parts, f"{year[:-2]}{random.randint(0, 29):02d}"])

    return _DATE.sub(another, text)
