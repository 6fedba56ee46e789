from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.scanning import (
    IDS_AT_ONCE,
    VERDICTS,
    BaseIndex,
    RowPlan,
    Scan,
    any_in_common,
    id_keys,
    keys,
    load_plan,
    load_scan,
    plan_rows,
    save_arrays,
    scan_row_group,
)
from pipeline.shards import row_groups
from pipeline.sources import describe_file
from schemas.hashing import hash_text
from schemas.job import JobConfig
from schemas.status import Reason

SAME, OTHER = Reason.SAME_REPORT, Reason.ID_REUSED


class Row(NamedTuple):
    """A report row in short; no id or an empty text makes it unusable."""

    id: str
    text: str


def test_a_key_is_the_first_64_bits_of_the_hash_and_nothing_has_the_key_0() -> None:
    assert keys(["0123456789abcdef" * 2, None]).tolist() == [0x0123456789ABCDEF, 0]
    assert id_keys(["Ödem", None, ""]).tolist() == [*keys([hash_text("Ödem")]).tolist(), 0, 0]


def scan_of(*rows: Row | tuple[str, str]) -> Scan:
    texts = keys(hash_text(text) for _, text in rows)
    ids = id_keys(report_id for report_id, _ in rows)
    return Scan(ids, ids, texts, texts, np.array([bool(id_ and text) for id_, text in rows], np.bool_))


def verdicts(*scans: Scan) -> list[list[Reason | None]]:
    return [[VERDICTS[verdict] for verdict in plan.verdict] for plan in plan_rows(scans, base=None)]


def base_of(*rows: tuple[str, str, int, int]) -> BaseIndex:
    """id, text, shard and row of what an earlier run has."""
    return BaseIndex(
        id_keys(id_ for id_, *_ in rows),
        keys(hash_text(text) for _, text, *_ in rows),
        np.array([shard for *_, shard, _ in rows], np.int32),
        np.array([row for *_, row in rows], np.int32),
    )


def test_the_same_report_again_is_a_duplicate_of_the_first() -> None:
    assert verdicts(scan_of(("a", "x"), ("b", "y"), ("a", "x"), ("a", "x"))) == [[None, None, SAME, SAME]]


def test_the_same_id_with_another_text_is_a_reused_id() -> None:
    assert verdicts(scan_of(("a", "x"), ("a", "y"), ("a", "x"), ("a", "y"))) == [[None, OTHER, SAME, OTHER]]


def test_the_same_text_with_another_id_is_a_report_of_its_own() -> None:
    assert verdicts(scan_of(("a", "x"), ("b", "x"))) == [[None, None]]


def test_the_first_row_is_the_first_in_input_order_over_all_row_groups() -> None:
    assert verdicts(scan_of(("b", "y")), scan_of(("a", "x"), ("b", "z")), scan_of(("a", "x"))) == [
        [None],
        [None, OTHER],
        [SAME],
    ]


def test_a_row_that_cannot_be_labelled_does_not_claim_its_id() -> None:
    assert verdicts(scan_of(("a", ""), ("a", "x"), ("a", ""), ("a", "x"))) == [[None, None, None, SAME]]


def test_rows_without_an_id_are_no_duplicates_of_each_other() -> None:
    assert verdicts(scan_of(("", "x"), ("", "x"))) == [[None, None]]


def test_row_groups_without_anything_usable_are_planned() -> None:
    assert verdicts(scan_of(("", ""), ("a", ""))) == [[None, None]]


some_rows = st.builds(Row, st.sampled_from(["", "a", "b", "c"]), st.sampled_from(["", "x", "y"]))
row_lists = st.lists(some_rows, max_size=12)


@given(rows=row_lists, cuts=st.lists(st.integers(0, 12), max_size=3).map(sorted))
def test_exactly_the_first_usable_row_of_each_id_is_labelled(rows: list[Row], cuts: list[int]) -> None:
    bounds = [0, *[min(cut, len(rows)) for cut in cuts], len(rows)]
    scans = [scan_of(*rows[start:end]) for start, end in pairwise(bounds)]

    found = [verdict for part in verdicts(*scans) for verdict in part]

    first: dict[str, str] = {}
    for row, verdict in zip(rows, found, strict=True):
        usable = bool(row.id and row.text)
        expected = None
        if usable and row.id in first:
            expected = SAME if first[row.id] == row.text else OTHER
        assert verdict is expected
        if usable:
            first.setdefault(row.id, row.text)


def test_rows_that_a_base_run_has_labelled_are_found_there() -> None:
    base = base_of(("a", "x", 3, 7), ("b", "y", 4, 8), ("c", "z", 5, 9))

    [plan] = plan_rows([scan_of(("c", "z"), ("new", "x"), ("a", "x"))], base=base)

    assert plan.base_shard.tolist() == [5, -1, 3]
    assert plan.base_row.tolist() == [9, -1, 7]


def test_a_changed_text_is_not_carried_over() -> None:
    [plan] = plan_rows([scan_of(("a", "x2"), ("b", "y"))], base=base_of(("a", "x", 0, 0), ("b", "y", 0, 1)))

    assert plan.base_row.tolist() == [-1, 1]


def test_duplicates_and_unusable_rows_are_not_carried_over() -> None:
    [plan] = plan_rows(
        [scan_of(("a", ""), ("a", "x"), ("a", "x"))], base=base_of(("a", "x", 0, 0), ("a", "", 0, 1))
    )

    assert plan.base_row.tolist() == [-1, 0, -1]


def test_an_id_that_a_base_run_has_twice_is_found_with_its_text() -> None:
    base = base_of(("a", "x", 0, 0), ("a", "y", 0, 1), ("a", "z", 0, 2))

    for row, text in enumerate("xyz"):
        [plan] = plan_rows([scan_of(("a", text))], base=base)
        assert plan.base_row.tolist() == [row]


@pytest.mark.parametrize("base", [None, base_of()])
def test_without_a_base_nothing_is_carried_over(base: BaseIndex | None) -> None:
    [plan] = plan_rows([scan_of(("a", "x"))], base=base)

    assert plan.base_shard.tolist() == plan.base_row.tolist() == [-1]


def test_images_and_reports_have_studies_in_common_or_not() -> None:
    scans = [scan_of(("a", "x")), scan_of(("", "x"), ("b", "y"))]

    assert any_in_common(scans, ["z", None, "b"])
    assert not any_in_common(scans, ["z", "y"])
    assert not any_in_common(scans, [None, ""])
    assert not any_in_common(scans, [])


def test_image_ids_are_read_until_one_is_found() -> None:
    read = iter(["b", *["z"] * (2 * IDS_AT_ONCE)])

    assert any_in_common([scan_of(("b", "y"))], read)
    assert len(list(read)) > IDS_AT_ONCE
    assert any_in_common([scan_of(("b", "y"))], [*["z"] * IDS_AT_ONCE, "b"])


def test_a_row_group_is_scanned_over_all_its_batches(tmp_path: Path) -> None:
    columns = {
        "report_id": ["r1", None, "r3", "r4"],
        "report_text": ["x", "x", None, "x"],
        "study_id": ["s", "s", None, "t"],
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    [group] = row_groups([describe_file(str(tmp_path / "a.parquet"))])

    scan = scan_row_group(group, config=JobConfig(batch_rows=3))

    assert scan.report_id.tolist() == id_keys(["r1", None, "r3", "r4"]).tolist()
    assert scan.study_id.tolist() == id_keys(["s", "s", None, "t"]).tolist()
    assert scan.text.tolist() == keys([*[hash_text("x")] * 2, None, hash_text("x")]).tolist()
    assert scan.usable.tolist() == [True, False, False, True]


def test_scans_and_plans_are_the_same_after_writing_and_reading(tmp_path: Path) -> None:
    scan = scan_of(("a", "x"), ("", "y"))
    plan = plan_rows([scan], base=base_of(("a", "x", 1, 2)))[0]
    save_arrays(tmp_path / "scan.npz", scan)
    save_arrays(tmp_path / "plan.npz", plan)

    for before, after in ((scan, load_scan(tmp_path / "scan.npz")), (plan, load_plan(tmp_path / "plan.npz"))):
        for name, array in vars(before).items():
            np.testing.assert_array_equal(getattr(after, name), array)
            assert getattr(after, name).dtype == array.dtype
    assert isinstance(load_plan(tmp_path / "plan.npz"), RowPlan)
