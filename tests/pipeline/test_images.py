from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import images as joining
from pipeline.aggregation import Decision
from pipeline.carrying import codes_from, probabilities_from, shard_files
from pipeline.dealing import ROWS_PER_BUCKET, Bucket, bucket_of, buckets, deal_reports
from pipeline.first_pass import deal_images, image_study_ids
from pipeline.images import read_bucket_stats, write_bucket
from pipeline.labelling import LabelStep
from pipeline.run_folder import RunFolder
from pipeline.shards import row_groups
from pipeline.sources import describe_file
from pipeline.split import split_of
from pipeline.storage import write_table
from schemas.errors import InputError, InvariantError
from schemas.job import JobConfig, SplitShares
from schemas.run import ImageStats
from schemas.tables import Table, check_schema, image_labels_schema, report_labels_schema
from tests.pipeline.rows import NEG, NOT, POS, RANKS, STAMP, TWO, UNC, sure

WHOLE = Bucket(0, 1)


def report(report_id: str, study_id: str | None, *codes: int, patient: str | None = None) -> dict[str, Any]:
    """A labelled report with a class for each label; without classes an excluded one."""
    row: dict[str, Any] = {"report_id": report_id, "study_id": study_id, "patient_id": patient}
    row |= {"status": "labelled" if codes else "excluded", "n_sentences": 1, "truncated": False}
    for label_id, code in zip(TWO.ids, codes, strict=False):
        row |= {label_id: TWO.classes[code], f"{label_id}_probabilities": sure(code)}
    return row


def step_of(folder: Path, *reports: dict[str, Any], config: JobConfig | None = None) -> LabelStep:
    """A run whose reports are labelled, two in each shard."""
    run = RunFolder(folder / "run")
    for start in range(0, len(reports), 2):
        table = pa.Table.from_pylist(list(reports[start : start + 2]), schema=report_labels_schema(TWO))
        write_table(run.table(Table.REPORTS, f"{start:05d}"), table, metadata=STAMP.metadata(Table.REPORTS))
    return LabelStep(run, config or JobConfig(), TWO, RANKS, STAMP, None, "")


def images_of(folder: Path, *rows: tuple[Any, Any] | tuple[Any, Any, Any], name: str = "images") -> list[Any]:
    """An images table of study, image and, where given, patient."""
    columns = dict(zip(("study_id", "image_id", "patient_id"), zip(*rows, strict=True), strict=False))
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table({column: list(values) for column, values in columns.items()}), path)
    return [describe_file(str(path))]


def join(
    step: LabelStep, images: list[Any], bucket: Bucket = WHOLE
) -> tuple[list[dict[str, Any]], ImageStats]:
    """The rows that one bucket writes, and its counts."""
    for path in shard_files(step.folder.path, Table.REPORTS):
        dealt = step.folder.dealt_reports(path.stem)
        table = pq.read_table(path)
        labels = Decision(codes_from(table, label_set=TWO), probabilities_from(table, label_set=TWO))
        deal_reports(dealt, table, labels, of=bucket.of)
    for group in row_groups(images):
        deal_images(group, folder=step.folder, config=step.config, buckets=bucket.of)
    name = write_bucket(bucket, step=step, images=images)
    table = pq.read_table(step.folder.table(Table.IMAGES, name))
    check_schema(table.schema, image_labels_schema(TWO), where=name)
    return table.to_pylist(), read_bucket_stats(step.folder.image_mark(bucket.index)).images


def short(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(row["image_id"], row["study_id"], row["bleed"], row["infarct"]) for row in rows]


def test_every_image_has_the_labels_of_its_study_in_the_order_of_the_images_table(tmp_path: Path) -> None:
    step = step_of(tmp_path, report("r1", "s1", POS, NOT), report("r2", "s2", NEG, UNC))

    rows, _ = join(step, images_of(tmp_path, ("s2", "i1"), ("s1", "i2"), ("s2", "i3")))

    assert short(rows) == [
        ("i1", "s2", "negative", "uncertain"),
        ("i2", "s1", "positive", "not_mentioned"),
        ("i3", "s2", "negative", "uncertain"),
    ]
    assert rows[1]["bleed_probabilities"] == pytest.approx(sure(POS))
    assert rows[1]["report_ids"] == ["r1"]


def test_reports_of_one_study_become_one_by_the_rule_and_all_are_named(tmp_path: Path) -> None:
    reports = [report("r1", "s1", NEG, UNC), report("r2", "s2", NOT, NOT), report("r3", "s1", POS, NEG)]

    rows, _ = join(step_of(tmp_path, *reports), images_of(tmp_path, ("s1", "i1")))

    assert short(rows) == [("i1", "s1", "positive", "uncertain")]
    assert rows[0]["report_ids"] == ["r1", "r3"]
    assert rows[0]["bleed_probabilities"] == pytest.approx(sure(POS))


def test_without_an_images_table_there_is_one_row_for_each_labelled_study(tmp_path: Path) -> None:
    step = step_of(tmp_path, report("r1", "s2", POS, NOT), report("r2", "s1", NEG, NOT), report("r3", "s3"))

    rows, stats = join(step, [])

    assert short(rows) == [
        (None, "s1", "negative", "not_mentioned"),
        (None, "s2", "positive", "not_mentioned"),
    ]
    assert (stats.studies_labelled, stats.images_in, stats.studies_without_images) == (2, 0, 0)


def test_whatever_does_not_match_is_counted_by_its_cause(tmp_path: Path) -> None:
    reports = [
        report("r1", "s1", POS, NOT, patient="p1"),
        report("r2", "s2", POS, NOT),
        report("r3", "excluded"),
        report("r4", None, POS, NOT),
        report("r5", None),
    ]
    images: list[Any] = [("s1", "i1", "p1"), ("s1", "i2", "p9"), ("excluded", "i3", "p"), ("none", "i4", "p")]
    images += [(None, "i5", "p"), (" ", "i6", "p"), ("s1", "i7", None)]

    rows, stats = join(step_of(tmp_path, *reports), images_of(tmp_path, *images))

    assert [row["image_id"] for row in rows] == ["i1", "i2", "i7"]
    assert stats == ImageStats(
        studies_labelled=2,
        images_in=7,
        images_labelled=3,
        images_without_report=1,
        images_of_unlabelled_studies=1,
        images_without_study_id=2,
        studies_without_images=1,
        reports_without_study_id=1,
        patient_mismatches=1,
        splits=stats.splits,
    )


def test_a_study_with_a_labelled_and_an_excluded_report_is_labelled(tmp_path: Path) -> None:
    step = step_of(tmp_path, report("r1", "s1"), report("r2", "s1", NEG, NOT))

    rows, stats = join(step, images_of(tmp_path, ("s1", "i1")))

    assert rows[0]["report_ids"] == ["r2"]
    assert stats.images_of_unlabelled_studies == 0


def test_an_archive_without_any_labelled_report_gives_an_empty_table(tmp_path: Path) -> None:
    step = step_of(tmp_path, report("r1", "s1"))

    assert join(step, [])[0] == []
    assert join(step, images_of(tmp_path, ("s1", "i1")))[0] == []


def test_the_patient_of_the_report_decides_the_split_then_that_of_the_image_then_the_study(
    tmp_path: Path,
) -> None:
    shares = SplitShares(train=0.4, validation=0.3, test=0.3)
    reports = [
        report("r1", "s1", POS, NOT, patient="p1"),
        report("r2", "s2", POS, NOT),
        report("r3", "s3", NEG, NOT),
    ]
    step = step_of(tmp_path, *reports, config=JobConfig(split=shares))

    rows, stats = join(step, images_of(tmp_path, ("s1", "i1", "p8"), ("s2", "i2", "p5"), ("s3", "i3", None)))

    assert [row["patient_id"] for row in rows] == ["p1", "p5", None]
    assert [row["split"] for row in rows] == [split_of(owner, shares=shares) for owner in ("p1", "p5", "s3")]
    assert sum(stats.splits.values()) == 3


def test_the_first_report_that_knows_the_patient_says_who_it_is(tmp_path: Path) -> None:
    patients = [None, "p2", None, "p4"]
    reports = [report(f"r{n}", "s1", NEG, NOT, patient=patient) for n, patient in enumerate(patients)]

    assert join(step_of(tmp_path, *reports), [])[0][0]["patient_id"] == "p2"


def test_integer_and_mapped_columns_of_the_images_are_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"StudyUID": [7, 8], "image_id": [1, 2]}), tmp_path / "images.parquet")
    config = JobConfig(columns={"images.study_id": "StudyUID"})
    step = step_of(tmp_path, report("r1", "7", POS, NOT), config=config)

    rows, _ = join(step, [describe_file(str(tmp_path / "images.parquet"))])

    assert short(rows) == [("1", "7", "positive", "not_mentioned")]


def test_studies_whose_ids_differ_in_the_last_character_alone_stay_apart(tmp_path: Path) -> None:
    step = step_of(
        tmp_path, report("r1", "s", POS, NOT), report("r2", "s\0", NEG, NOT), report("r3", "s ", UNC, NOT)
    )

    assert [row["study_id"] for row in join(step, [])[0]] == ["s", "s\0", "s "]


def test_all_buckets_together_hold_what_one_would(tmp_path: Path) -> None:
    step = step_of(
        tmp_path, *[report(f"r{n}", f"s{n}", n % 4, 0) for n in range(8)], report("r8", None, POS, NOT)
    )
    images = images_of(tmp_path, *[(f"s{n}" if n else None, f"i{n}") for n in range(10)])

    whole, stats = join(step, images)
    parts = [join(step, images, Bucket(index, 3)) for index in range(3)]

    assert sorted(short(whole)) == sorted(row for rows, _ in parts for row in short(rows))
    for name in set(ImageStats.model_fields) - {"splits"}:
        assert sum(getattr(part, name) for _, part in parts) == getattr(stats, name), name


@given(ids=st.lists(st.none() | st.text(max_size=3)), of=st.integers(1, 5))
def test_every_id_is_in_one_bucket_always_the_same_and_none_in_the_first(
    ids: list[str | None], of: int
) -> None:
    places = bucket_of(pa.array(ids, pa.string()), of)

    assert all(0 <= place < of for place in places)
    assert [bucket_of(pa.array([study_id], pa.string()), of)[0] for study_id in ids] == places.tolist()
    assert not any(place for study_id, place in zip(ids, places, strict=True) if study_id is None)


def test_a_bucket_of_many_images_is_written_in_slices_and_counted_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = [report("r1", "s1", POS, NOT), report("r2", "s2", NEG, UNC), report("r3", "s3", NEG, NOT)]
    images = [
        *images_of(tmp_path, ("s2", "i1"), ("s1", "i2"), ("none", "i3"), name="1"),
        *images_of(tmp_path, ("s2", "i4"), ("s1", "i5"), (None, "i6"), name="2"),
    ]
    rows, stats = join(step_of(tmp_path, *reports), images)
    monkeypatch.setattr(joining, "ROWS_AT_ONCE", 2)

    sliced, counted = join(step_of(tmp_path, *reports), images)
    file = pq.ParquetFile(next((tmp_path / "run" / Table.IMAGES).glob("*.parquet")))

    assert sliced == rows
    assert [row["image_id"] for row in rows] == ["i1", "i2", "i4", "i5"]
    assert counted == stats
    assert stats.studies_without_images == 1
    assert file.num_row_groups > 1


def test_studies_without_images_are_written_in_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joining, "ROWS_AT_ONCE", 2)
    reports = [report(f"r{n}", f"s{n}", n % 4, NOT) for n in range(5)]

    rows, stats = join(step_of(tmp_path, *reports), [])

    assert [row["study_id"] for row in rows] == ["s0", "s1", "s2", "s3", "s4"]
    assert (stats.studies_labelled, sum(stats.splits.values())) == (5, 5)


def test_a_shard_that_was_not_dealt_is_an_error(tmp_path: Path) -> None:
    step = step_of(tmp_path, report("r1", "s1", POS, NOT))

    with pytest.raises(InvariantError, match="bucket 00000-of-00001: unforeseen FileNotFoundError"):
        write_bucket(WHOLE, step=step, images=[])


def test_buckets_grow_with_the_rows() -> None:
    assert buckets(0) == buckets(1) == [WHOLE]
    assert len(buckets(ROWS_PER_BUCKET)) == 1
    assert len(buckets(ROWS_PER_BUCKET + 1)) == 2


def test_the_studies_of_all_images_are_listed(tmp_path: Path) -> None:
    files = [
        *images_of(tmp_path, ("s1", "i1"), (None, "i2")),
        *images_of(tmp_path, ("s2", "i3"), name="more"),
    ]

    assert list(image_study_ids(files, config=JobConfig())) == ["s1", None, "s2"]


def test_a_damaged_images_table_is_an_error_that_says_where(tmp_path: Path) -> None:
    images = images_of(tmp_path, *[(f"study {n}", f"image {n}") for n in range(2000)])
    path = Path(images[0].path)
    content = bytearray(path.read_bytes())
    content[4:20000] = b"\x5a" * 19996
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"images\.parquet: row group 0 is damaged and cannot be read"):
        join(step_of(tmp_path, report("r1", "s1", POS, NOT)), images)
