from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.splits import folds, repeated_splits
from schemas.errors import InputError

GROUPS = [f"patient {number // 2}" for number in range(200)]


def test_a_split_has_60_20_and_20_of_100_patients() -> None:
    for split in repeated_splits(GROUPS, repeats=3):
        assert (len(split.train), len(split.validation), len(split.test)) == (120, 40, 40)


@given(st.lists(st.sampled_from("abcdefgh"), min_size=30, max_size=60), st.integers(0, 5))
def test_every_row_is_in_one_part_and_no_group_in_two(groups: list[str], seed: int) -> None:
    groups = [*groups, *"abcdefgh"]

    for split in [*repeated_splits(groups, repeats=2, seed=seed), *folds(groups, count=4, seed=seed)]:
        parts = [split.train, split.validation, split.test]
        assert sorted(np.concatenate(parts).tolist()) == list(range(len(groups)))
        named = [{groups[row] for row in part} for part in parts]
        assert not (named[0] & named[1])
        assert not (named[0] & named[2])
        assert not (named[1] & named[2])


def test_each_repeat_is_another_split_and_the_same_again_for_the_same_seed() -> None:
    first, second = repeated_splits(GROUPS, repeats=2)
    again = next(iter(repeated_splits(GROUPS, repeats=1)))

    assert first.test.tolist() != second.test.tolist()
    assert first.test.tolist() == again.test.tolist()


def test_each_row_is_tested_in_one_fold() -> None:
    tested = np.concatenate([fold.test for fold in folds(GROUPS, count=7)])

    assert sorted(tested.tolist()) == list(range(200))


def test_rows_without_a_group_stand_alone() -> None:
    [split] = repeated_splits([None] * 10, repeats=1)

    assert (len(split.train), len(split.validation), len(split.test)) == (6, 2, 2)


def test_too_few_groups_are_refused() -> None:
    with pytest.raises(InputError, match="too few"):
        list(repeated_splits(["a", "b"]))
    with pytest.raises(InputError, match="do not make 10 folds"):
        list(folds(["a", "b"]))


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.0, 0.0, 0.0)])
def test_shares_that_do_not_add_up_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="add up to 1"):
        list(repeated_splits(GROUPS, shares=shares))
