"""Reports to studies to images: the last pass, in buckets of studies so that memory holds one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.aggregation import Decision, decide
from pipeline.beam_errors import located
from pipeline.carrying import codes_from, probabilities_from, shard_files
from pipeline.labelling import LabelStep, count_values
from pipeline.results import label_columns
from pipeline.scanning import id_key
from pipeline.sources import damaged, decode, filled, find_columns, open_parquet, to_binary
from pipeline.split import split_of
from pipeline.storage import write_table, write_text
from schemas.conf import Frozen
from schemas.job import JobConfig
from schemas.run import ImageStats, InputFile
from schemas.status import ReportStatus
from schemas.tables import IMAGE_COLUMNS, SPLITS, Table, dictionary_column, image_labels_schema

ROWS_PER_BUCKET = 200_000
IMAGES_BATCH_ROWS = 65_536


@dataclass(frozen=True)
class Bucket:
    """One share of the studies, by a hash of their id."""

    index: int
    of: int

    @property
    def name(self) -> str:
        """Sorts in bucket order."""
        return f"{self.index:05d}-of-{self.of:05d}"


class BucketStats(Frozen):
    """What one bucket of the images did."""

    images: ImageStats
    labels: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Studies:
    """The labelled studies of a bucket, sorted by id, and the ids of those that have only unlabelled reports."""

    study_ids: list[str]
    patient_ids: list[str | None]
    report_ids: list[list[str]]
    labels: Decision
    unlabelled: frozenset[str]
    reports_without_study_id: int


class LabelImages(beam.PTransform):  # type: ignore[misc]
    """Buckets to their names, each bucket's images written with a mark."""

    def __init__(self, *, step: LabelStep, images: Sequence[InputFile]) -> None:
        super().__init__()
        self._step = step
        self._images = tuple(images)

    def expand(self, buckets: Any) -> Any:
        """Spreads the buckets over the workers."""
        return (
            buckets
            | "Spread" >> beam.Reshuffle()
            | "Join" >> beam.Map(write_bucket, step=self._step, images=self._images)
        )


def buckets(rows: int) -> list[Bucket]:
    """As many buckets as keep each one's reports small; depends on the number of rows alone."""
    of = max(1, -(-rows // ROWS_PER_BUCKET))
    return [Bucket(index, of) for index in range(of)]


def write_bucket(bucket: Bucket, *, step: LabelStep, images: Sequence[InputFile]) -> str:
    """Writes the bucket's image labels and its mark; gives its name."""
    with located(f"{step.folder.path / Table.IMAGES}: bucket {bucket.name}"):
        studies = read_studies(bucket, step=step)
        if images:
            table, stats = _join(studies, read_images(bucket, images=images, config=step.config), step=step)
        else:
            table, stats = _one_row_per_study(studies, step=step)
        metadata = step.stamp.metadata(Table.IMAGES)
        write_table(step.folder.table(Table.IMAGES, bucket.name), table, metadata=metadata)
        labels = {label_id: count_values(table[label_id]) for label_id in step.label_set.ids}
        record = BucketStats(images=stats, labels=labels)
        write_text(step.folder.image_mark(bucket.index), record.model_dump_json())
    return bucket.name


def in_bucket(ids: Sequence[str | None], bucket: Bucket) -> npt.NDArray[np.bool_]:
    """Which ids belong to the bucket; an id that is null belongs to the first."""
    if bucket.of == 1:
        return np.ones(len(ids), np.bool_)
    keys = np.fromiter((id_key(value) for value in ids), np.uint64, len(ids))
    belongs: npt.NDArray[np.bool_] = keys % np.uint64(bucket.of) == bucket.index
    return belongs


def read_studies(bucket: Bucket, *, step: LabelStep) -> Studies:
    """Reports of the bucket's studies, joined into studies by the aggregation rule."""
    parts: list[pa.Table] = []
    others: set[str] = set()
    without_id = 0
    for path in shard_files(step.folder.path, Table.REPORTS):
        reports = pq.read_table(path)
        study_ids = reports["study_id"].to_pylist()
        mine = in_bucket(study_ids, bucket)
        labelled = reports["status"].cast(pa.string()).to_numpy() == ReportStatus.LABELLED.value
        has_id = reports["study_id"].is_valid().to_numpy()
        without_id += int((labelled & mine & ~has_id).sum())
        others.update(study_ids[row] for row in np.flatnonzero(mine & has_id & ~labelled))
        parts.append(reports.filter(pa.array(labelled & mine & has_id)))
    return _studies(pa.concat_tables(parts), others, without_id, step=step)


def _studies(reports: pa.Table, others: set[str], without_id: int, *, step: LabelStep) -> Studies:
    study_of_row = np.array(reports["study_id"].to_pylist(), dtype=object)
    study_ids, groups = np.unique(study_of_row, return_inverse=True)
    order = np.argsort(groups, kind="stable")
    labels = decide(
        codes_from(reports, label_set=step.label_set)[order],
        probabilities_from(reports, label_set=step.label_set)[order],
        groups=groups[order].astype(np.int32),
        n_groups=len(study_ids),
        ranks=step.ranks,
    )
    patients: list[str | None] = [None] * len(study_ids)
    report_ids: list[list[str]] = [[] for _ in study_ids]
    rows = zip(groups, reports["patient_id"].to_pylist(), reports["report_id"].to_pylist(), strict=True)
    for group, patient, report_id in rows:
        patients[group] = patients[group] or patient
        report_ids[group].append(report_id)
    names: list[str] = study_ids.tolist()
    return Studies(names, patients, report_ids, labels, frozenset(others - set(names)), without_id)


def read_images(bucket: Bucket, *, images: Sequence[InputFile], config: JobConfig) -> pl.DataFrame:
    """The bucket's rows of the images table, in input order: study_id, image_id, patient_id."""
    frames = [frame for file in images for frame in _image_frames(file, bucket, config)]
    return pl.concat(frames)


def _image_frames(file: InputFile, bucket: Bucket, config: JobConfig) -> Iterator[pl.DataFrame]:
    with open_parquet(file.path) as parquet:
        names = find_columns(file.path, parquet.schema_arrow.names, table=Table.IMAGES, config=config)
        for batch in _image_batches(file, parquet, columns=sorted(set(names.values()))):
            decoded = {ours: decode(to_binary(batch[theirs]))[0] for ours, theirs in names.items()}
            nothing: list[str | None] = [None] * batch.num_rows
            data = {
                column.name: [filled(value) for value in decoded.get(column.name, nothing)]
                for column in IMAGE_COLUMNS
            }
            frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String))
            yield frame.filter(pl.Series(in_bucket(data["study_id"], bucket)))


def _image_batches(
    file: InputFile, parquet: pq.ParquetFile, *, columns: list[str]
) -> Iterator[pa.RecordBatch]:
    for row_group in range(parquet.num_row_groups):
        try:
            yield from parquet.iter_batches(IMAGES_BATCH_ROWS, row_groups=[row_group], columns=columns)
        except (pa.ArrowException, OSError) as error:
            raise damaged(file.path, row_group) from error


def _join(studies: Studies, images: pl.DataFrame, *, step: LabelStep) -> tuple[pa.Table, ImageStats]:
    place = {study_id: at for at, study_id in enumerate(studies.study_ids)}
    found = [place.get(study_id, -1) for study_id in images["study_id"].to_list()]
    at = np.array(found, np.int64)
    labelled = images.filter(pl.Series(at >= 0))
    table = _image_table(
        studies,
        at[at >= 0],
        image_ids=labelled["image_id"].to_list(),
        image_patients=labelled["patient_id"].to_list(),
        step=step,
    )
    return table, _image_stats(studies, images, at, table)


def _one_row_per_study(studies: Studies, *, step: LabelStep) -> tuple[pa.Table, ImageStats]:
    at = np.arange(len(studies.study_ids))
    nothing: list[str | None] = [None] * len(at)
    table = _image_table(studies, at, image_ids=nothing, image_patients=nothing, step=step)
    images = pl.DataFrame(schema={column.name: pl.String for column in IMAGE_COLUMNS})
    stats = _image_stats(studies, images, np.zeros(0, np.int64), table)
    return table, stats.model_copy(update={"studies_without_images": 0})


def _image_table(
    studies: Studies,
    at: npt.NDArray[np.int64],
    *,
    image_ids: list[str | None],
    image_patients: list[str | None],
    step: LabelStep,
) -> pa.Table:
    """One row for each entry of `at`, an index into the studies."""
    patients = [studies.patient_ids[i] or other for i, other in zip(at, image_patients, strict=True)]
    study_ids = [studies.study_ids[i] for i in at]
    shares = step.config.split
    splits = [
        SPLITS.index(split_of(patient or study, shares=shares))
        for patient, study in zip(patients, study_ids, strict=True)
    ]
    labels = Decision(studies.labels.codes[at], studies.labels.probabilities[at])
    columns = [
        pa.array(image_ids, pa.string()),
        pa.array(study_ids, pa.string()),
        pa.array(patients, pa.string()),
        dictionary_column(pa.array(splits, pa.int8()), SPLITS),
        pa.array([studies.report_ids[i] for i in at], pa.list_(pa.string())),
        *label_columns(labels, label_set=step.label_set, may_be_null=False),
    ]
    return pa.Table.from_arrays(columns, schema=image_labels_schema(step.label_set))


def _image_stats(
    studies: Studies, images: pl.DataFrame, at: npt.NDArray[np.int64], table: pa.Table
) -> ImageStats:
    study_ids, patients = images["study_id"].to_list(), images["patient_id"].to_list()
    unlabelled = sum(study_id in studies.unlabelled for study_id in study_ids)
    without_id = sum(study_id is None for study_id in study_ids)
    mine = [studies.patient_ids[i] if i >= 0 else None for i in at]
    pairs = zip(mine, patients, strict=True)
    return ImageStats(
        studies_labelled=len(studies.study_ids),
        images_in=len(images),
        images_labelled=int((at >= 0).sum()),
        images_of_unlabelled_studies=unlabelled,
        images_without_study_id=without_id,
        images_without_report=len(images) - int((at >= 0).sum()) - unlabelled - without_id,
        studies_without_images=len(studies.study_ids) - len(np.unique(at[at >= 0])),
        reports_without_study_id=studies.reports_without_study_id,
        patient_mismatches=sum(bool(ours and theirs and ours != theirs) for ours, theirs in pairs),
        splits=count_values(table["split"]),
    )


def image_study_ids(images: Sequence[InputFile], *, config: JobConfig) -> Iterator[str | None]:
    """The study id of every row of the images table."""
    whole = Bucket(0, 1)
    for file in images:
        for frame in _image_frames(file, whole, config):
            yield from frame["study_id"].to_list()


def read_bucket_stats(path: Path) -> BucketStats:
    """The mark that a finished bucket left."""
    return BucketStats.model_validate_json(path.read_bytes())
