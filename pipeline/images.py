"""Reports to studies to images: the last pass, in buckets of studies so that memory holds one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.aggregation import Decision, decide
from pipeline.beam_errors import located
from pipeline.carrying import shard_files
from pipeline.dealing import IMAGES_SCHEMA, Bucket, read_dealt, report_rows_schema
from pipeline.labelling import LabelStep, count_values
from pipeline.results import label_columns
from pipeline.shards import row_groups
from pipeline.split import split_of
from pipeline.storage import open_table, write_text
from pipeline.totals import add_up, total
from schemas.conf import Frozen
from schemas.job import SplitShares
from schemas.run import ImageStats, InputFile
from schemas.tables import SPLITS, Table, dictionary_column, image_labels_schema

ROWS_AT_ONCE = 32_768
"""About how many images are joined at once, and make a row group of the output."""

Places = npt.NDArray[np.int64]


class BucketStats(Frozen):
    """What one bucket of the images did."""

    images: ImageStats
    labels: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Studies:
    """The labelled studies of a bucket, sorted by id, and the ids of those that have only unlabelled reports.

    `report_ids` is a list of strings for each study.
    """

    study_ids: pa.StringArray
    patient_ids: pa.StringArray
    report_ids: pa.ListArray
    labels: Decision
    unlabelled: pa.StringArray
    reports_without_study_id: int

    def __len__(self) -> int:
        return len(self.study_ids)


@dataclass(frozen=True)
class _Slice:
    """Some image labels; `at` is the study of each row, and `stats` lacks what only the whole bucket can say."""

    table: pa.Table
    at: Places
    stats: ImageStats


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


def write_bucket(bucket: Bucket, *, step: LabelStep, images: Sequence[InputFile]) -> str:
    """Writes the bucket's image labels and its mark; gives its name.

    What it reads was dealt before: the images in the first pass, the reports when they were labelled.
    """
    with located(f"{step.folder.path / Table.IMAGES}: bucket {bucket.name}"):
        studies = read_studies(bucket, step=step)
        slices = _joined(studies, bucket, step=step, images=images) if images else _alone(studies, step=step)
        record = _write(slices, studies, bucket, step=step)
        write_text(step.folder.image_mark(bucket.index), record.model_dump_json())
    return bucket.name


def _write(slices: Iterator[_Slice], studies: Studies, bucket: Bucket, *, step: LabelStep) -> BucketStats:
    """Writes slice by slice, each as a row group, and counts."""
    stats: list[ImageStats] = []
    labels: list[dict[str, dict[str, int]]] = []
    seen = np.zeros(len(studies), np.bool_)
    path, metadata = step.folder.table(Table.IMAGES, bucket.name), step.stamp.metadata(Table.IMAGES)
    with open_table(path, image_labels_schema(step.label_set), metadata=metadata) as table:
        for part in slices:
            table.write(part.table)
            seen[part.at] = True
            stats.append(part.stats)
            labels.append({label_id: count_values(part.table[label_id]) for label_id in step.label_set.ids})
    of_bucket = {
        "studies_labelled": len(studies),
        "studies_without_images": int((~seen).sum()),
        "reports_without_study_id": studies.reports_without_study_id,
    }
    return BucketStats(images=total(stats, ImageStats).model_copy(update=of_bucket), labels=add_up(labels))


def read_studies(bucket: Bucket, *, step: LabelStep) -> Studies:
    """Reports of the bucket's studies, joined into studies by the aggregation rule."""
    shards = [path.stem for path in shard_files(step.folder.path, Table.REPORTS)]
    batches = [batch for name in shards for batch in read_dealt(step.folder.dealt_reports(name), bucket)]
    n_labels, n_classes = len(step.label_set.ids), len(step.label_set.classes)
    schema = report_rows_schema(n_labels=n_labels, n_classes=n_classes)
    reports = pa.Table.from_batches(batches, schema)
    has_id = pc.is_valid(reports["study_id"])
    without_id = pc.sum(pc.and_not(reports["labelled"], has_id), min_count=0).as_py()
    labelled = reports.filter(pc.and_(reports["labelled"], has_id))
    others = reports.filter(pc.and_not(has_id, reports["labelled"]))["study_id"]
    return _studies(labelled.sort_by("study_id").combine_chunks(), others, without_id, step=step)


def _studies(reports: pa.Table, others: pa.ChunkedArray, without_id: int, *, step: LabelStep) -> Studies:
    """Studies of labelled reports, which come sorted by study, those of a study in input order."""
    ids = _whole(reports["study_id"])
    begins = np.ones(len(ids), np.bool_)
    begins[1:] = pc.not_equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False)
    groups = (np.cumsum(begins) - 1).astype(np.int32)
    study_ids = ids.filter(pa.array(begins))
    offsets = np.append(np.flatnonzero(begins), len(ids)).astype(np.int32)
    n_labels, n_classes = len(step.label_set.ids), len(step.label_set.classes)
    labels = decide(
        _matrix(reports["codes"], (n_labels,)),
        _matrix(reports["probabilities"], (n_labels, n_classes)),
        groups=groups,
        n_groups=len(study_ids),
        ranks=step.ranks,
    )
    return Studies(
        study_ids=study_ids,
        patient_ids=_first_valid(_whole(reports["patient_id"]), groups, n_groups=len(study_ids)),
        report_ids=pa.ListArray.from_arrays(pa.array(offsets), _whole(reports["report_id"])),
        labels=labels,
        unlabelled=_whole(others.filter(pc.invert(pc.is_in(others, value_set=study_ids)))),
        reports_without_study_id=without_id,
    )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """The column as one array, also where it has no chunk at all."""
    return column.combine_chunks() if column.num_chunks else pa.array([], column.type)


def _matrix(column: pa.ChunkedArray, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Lists of a fixed size as an array (n, *shape)."""
    values: npt.NDArray[Any] = _whole(column).flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, *shape)


def _first_valid(values: pa.Array, groups: npt.NDArray[np.int32], *, n_groups: int) -> pa.Array:
    """Per group the first value that is not null, null where there is none; `groups` is ascending."""
    rows = np.flatnonzero(values.is_valid().to_numpy(zero_copy_only=False))
    found, first = np.unique(groups[rows], return_index=True)
    places = np.full(n_groups, -1, np.int64)
    places[found] = rows[first]
    return values.take(pa.array(places, mask=places < 0))


def _alone(studies: Studies, *, step: LabelStep) -> Iterator[_Slice]:
    """One row for each study, where there is no images table: then no study lacks images."""
    for start in range(0, max(1, len(studies)), ROWS_AT_ONCE):
        at = np.arange(start, min(start + ROWS_AT_ONCE, len(studies)))
        nothing = pa.nulls(len(at), pa.string())
        table = _image_table(studies, at, image_ids=nothing, image_patients=nothing, step=step)
        images = pa.Table.from_batches([], IMAGES_SCHEMA)
        yield _Slice(table, at, _image_stats(studies, images, np.zeros(0, np.int64), table))


def _joined(
    studies: Studies, bucket: Bucket, *, step: LabelStep, images: Sequence[InputFile]
) -> Iterator[_Slice]:
    """A row for each image of a labelled study, in the order of the images table."""
    files = (step.folder.dealt_images(group) for group in row_groups(images))
    for rows in _slices(batch for path in files for batch in read_dealt(path, bucket)):
        ids = _whole(rows["study_id"])
        found = pc.index_in(ids, value_set=studies.study_ids, skip_nulls=True)
        at = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        labelled = rows.filter(pa.array(at >= 0))
        table = _image_table(
            studies,
            at[at >= 0],
            image_ids=_whole(labelled["image_id"]),
            image_patients=_whole(labelled["patient_id"]),
            step=step,
        )
        yield _Slice(table, at[at >= 0], _image_stats(studies, rows, at, table))


def _slices(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The rows some at a time; one slice at least, be it empty, so that the output has its columns."""
    held, empty = pa.Table.from_batches([], IMAGES_SCHEMA), True
    for batch in batches:
        held = pa.concat_tables([held, pa.Table.from_batches([batch])])
        if len(held) >= ROWS_AT_ONCE:
            yield held
            held, empty = held.slice(0, 0), False
    if len(held) or empty:
        yield held


def _image_table(
    studies: Studies, at: Places, *, image_ids: pa.Array, image_patients: pa.Array, step: LabelStep
) -> pa.Table:
    """One row for each entry of `at`, an index into the studies."""
    places = pa.array(at)
    study_ids = studies.study_ids.take(places)
    patients = pc.coalesce(studies.patient_ids.take(places), image_patients)
    labels = Decision(studies.labels.codes[at], studies.labels.probabilities[at])
    columns = [
        image_ids,
        study_ids,
        patients,
        _splits(pc.coalesce(patients, study_ids), shares=step.config.split),
        studies.report_ids.take(places),
        *label_columns(labels, label_set=step.label_set, may_be_null=False),
    ]
    return pa.Table.from_arrays(columns, schema=image_labels_schema(step.label_set))


def _splits(owners: pa.Array, *, shares: SplitShares) -> pa.DictionaryArray:
    """The split of each owner; each distinct one is hashed once."""
    distinct = owners.dictionary_encode()
    splits = [SPLITS.index(split_of(owner, shares=shares)) for owner in distinct.dictionary.to_pylist()]
    return dictionary_column(pa.array(splits, pa.int8()).take(distinct.indices), SPLITS)


def _image_stats(studies: Studies, images: pa.Table, at: Places, table: pa.Table) -> ImageStats:
    """Counts of some images; `at` is the study of each, -1 where there is no labelled one."""
    ids, labelled = images["study_id"], int((at >= 0).sum())
    unlabelled = _count(pc.is_in(ids, value_set=studies.unlabelled))
    ours = studies.patient_ids.take(pa.array(at, mask=at < 0))
    return ImageStats(
        studies_labelled=0,
        images_in=len(images),
        images_labelled=labelled,
        images_of_unlabelled_studies=unlabelled,
        images_without_study_id=ids.null_count,
        images_without_report=len(images) - labelled - unlabelled - ids.null_count,
        studies_without_images=0,
        reports_without_study_id=0,
        patient_mismatches=_count(pc.not_equal(ours, _whole(images["patient_id"]))),
        splits=count_values(table["split"]),
    )


def _count(mask: pa.Array | pa.ChunkedArray) -> int:
    return int(pc.sum(mask, min_count=0).as_py())


def read_bucket_stats(path: Path) -> BucketStats:
    """The mark that a finished bucket left."""
    return BucketStats.model_validate_json(path.read_bytes())
