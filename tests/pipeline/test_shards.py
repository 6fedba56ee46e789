from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.shards import RowGroup, Shard, row_groups, shards
from schemas.run import InputFile


def file_of(*rows: int, path: str = "a.parquet") -> InputFile:
    return InputFile(path=path, bytes=1, digest="d", row_groups=rows)


def test_row_groups_know_their_file_and_their_first_row() -> None:
    found = list(row_groups([file_of(3, 2), file_of(4, path="b.parquet")]))

    assert found == [
        RowGroup("a.parquet", 0, 0, 0, 3),
        RowGroup("a.parquet", 0, 1, 3, 2),
        RowGroup("b.parquet", 1, 0, 0, 4),
    ]


def test_row_groups_without_rows_are_no_work_and_keep_the_others_numbers() -> None:
    assert list(row_groups([file_of(0, 2, 0, 1)])) == [
        RowGroup("a.parquet", 0, 1, 0, 2),
        RowGroup("a.parquet", 0, 3, 2, 1),
    ]


def test_the_last_shard_holds_what_is_left() -> None:
    group = RowGroup("a.parquet", 0, 1, 100, 5)

    found = list(shards(group, batch_rows=2))

    assert [(shard.start, shard.rows) for shard in found] == [(0, 2), (2, 2), (4, 1)]
    assert [shard.first_row for shard in found] == [100, 102, 104]


@given(rows=st.integers(1, 50), batch_rows=st.integers(1, 60))
def test_shards_hold_every_row_once_and_in_order(rows: int, batch_rows: int) -> None:
    found = list(shards(RowGroup("a", 0, 0, 0, rows), batch_rows=batch_rows))

    assert [row for shard in found for row in range(shard.start, shard.start + shard.rows)] == list(
        range(rows)
    )


def test_names_sort_in_input_order() -> None:
    files = [file_of(*[3] * 12, path=f"{name}.parquet") for name in "zyxwvutsrqp"]
    names = [shard.name for group in row_groups(files) for shard in shards(group, batch_rows=2)]

    assert names == sorted(names)
    assert len(set(names)) == len(names)


def test_a_name_says_which_file_it_came_from() -> None:
    group = RowGroup("gs://bucket/2024/reports-07.parquet", 3, 2, 0, 10)

    assert group.name == "00003-00002-reports-07"
    assert Shard(group, 8, 2).name == "00003-00002-000000008-reports-07"


def test_a_file_of_the_longest_name_gives_a_shard_that_can_be_written() -> None:
    group = RowGroup("/export/" + "ö" * 120 + ".parquet", 0, 0, 0, 1)

    assert len(f"{Shard(group, 0, 1).name}.parquet".encode()) <= 255
