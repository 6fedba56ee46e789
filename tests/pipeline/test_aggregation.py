from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.aggregation import NO_CLASS, Decision, classes_of, decide

RANKS = (0, 1, 2, 3)
NOT, NEG, UNC, POS = range(4)
Groups = list[list[list[float]]]


def sure(code: int, probability: float) -> list[float]:
    """Class probabilities with `code` on top."""
    rest = (1 - probability) / 3
    return [probability if other == code else rest for other in range(4)]


def decide_one_label(groups: Groups, ranks: tuple[int, ...] = RANKS) -> Decision:
    """`groups` holds, for each group, its members' class probabilities of the one label."""
    members = [member for group in groups for member in group]
    probabilities = np.array(members, np.float32).reshape(-1, 1, len(ranks))
    of = np.repeat(np.arange(len(groups)), [len(group) for group in groups]).astype(np.int32)
    return decide(classes_of(probabilities), probabilities, groups=of, n_groups=len(groups), ranks=ranks)


def codes_of(decision: Decision) -> list[int]:
    return [int(code) for code in decision.codes[:, 0]]


def test_the_most_probable_class_is_a_texts_class() -> None:
    probabilities = np.array([[sure(POS, 0.4), sure(NOT, 0.9)], [sure(NEG, 0.5), sure(UNC, 0.7)]], np.float32)

    assert classes_of(probabilities).tolist() == [[POS, NOT], [NEG, UNC]]


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ([NOT, NEG], NEG),
        ([NEG, UNC, NOT], UNC),
        ([POS, NEG, NEG, NEG], POS),
        ([NOT, NOT], NOT),
    ],
)
def test_positive_beats_uncertain_beats_negative_beats_not_mentioned(
    members: list[int], expected: int
) -> None:
    decision = decide_one_label([[sure(code, 0.9) for code in members]])

    assert codes_of(decision) == [expected]


def test_a_stronger_class_wins_however_unsure() -> None:
    assert codes_of(decide_one_label([[sure(POS, 0.26), sure(NEG, 1.0)]])) == [POS]


def test_of_equals_the_surest_decides_and_gives_its_probabilities() -> None:
    decision = decide_one_label([[sure(POS, 0.6), sure(POS, 0.8), sure(NEG, 0.9), sure(POS, 0.7)]])

    assert decision.probabilities[0, 0] == pytest.approx(sure(POS, 0.8))


def test_where_nothing_is_said_the_closest_call_gives_its_probabilities() -> None:
    decision = decide_one_label([[sure(NOT, 0.99), sure(NOT, 0.55), sure(NOT, 0.8)]])

    assert codes_of(decision) == [NOT]
    assert decision.probabilities[0, 0] == pytest.approx(sure(NOT, 0.55))


def test_a_group_without_members_has_no_class_and_no_probabilities() -> None:
    decision = decide_one_label([[], [sure(NEG, 0.9)], [], [sure(POS, 0.9)], []])

    assert codes_of(decision) == [NO_CLASS, NEG, NO_CLASS, POS, NO_CLASS]
    assert np.isnan(decision.probabilities[[0, 2, 4]]).all()
    assert not np.isnan(decision.probabilities[[1, 3]]).any()


def test_groups_without_any_member_at_all_have_no_class() -> None:
    assert codes_of(decide_one_label([[], []])) == [NO_CLASS, NO_CLASS]
    assert decide_one_label([]).codes.shape == (0, 1)


def test_every_label_is_decided_by_a_member_of_its_own() -> None:
    probabilities = np.array([[sure(POS, 0.9), sure(NEG, 0.8)], [sure(NOT, 0.9), sure(UNC, 0.7)]], np.float32)
    decision = decide(
        classes_of(probabilities), probabilities, groups=np.zeros(2, np.int32), n_groups=1, ranks=RANKS
    )

    assert decision.codes.tolist() == [[POS, UNC]]
    assert decision.probabilities[0] == pytest.approx(np.array([sure(POS, 0.9), sure(UNC, 0.7)]))


def test_the_ranks_decide_and_not_the_order_of_the_classes() -> None:
    assert codes_of(decide_one_label([[[0.9, 0.1], [0.1, 0.9]]], ranks=(1, 0))) == [0]


members = st.tuples(st.sampled_from(range(4)), st.floats(0.26, 1)).map(lambda member: sure(*member))
groups_of_members = st.lists(st.lists(members, max_size=5), max_size=6)


@given(groups=groups_of_members, ranks=st.permutations(range(4)))
def test_the_class_is_the_highest_rank_of_any_member(groups: Groups, ranks: list[int]) -> None:
    decision = decide_one_label(groups, tuple(ranks))

    for group, code in zip(groups, codes_of(decision), strict=True):
        there = {int(np.argmax(member)) for member in group}
        assert code == max(there, key=lambda one: ranks[one], default=NO_CLASS)


@given(groups=groups_of_members)
def test_the_probabilities_are_those_of_a_member_of_the_decided_class(groups: Groups) -> None:
    decision = decide_one_label(groups)

    for group, code, found in zip(groups, codes_of(decision), decision.probabilities[:, 0], strict=True):
        if group:
            assert int(np.argmax(found)) == code
            assert any(np.array_equal(found, np.array(member, np.float32)) for member in group)


@given(groups=groups_of_members, data=st.data())
def test_the_order_within_a_group_does_not_count(groups: Groups, data: st.DataObject) -> None:
    turned = [data.draw(st.permutations(group)) if group else group for group in groups]

    assert codes_of(decide_one_label(turned)) == codes_of(decide_one_label(groups))


@given(groups=groups_of_members)
def test_a_group_is_decided_by_its_members_alone(groups: Groups) -> None:
    together = decide_one_label(groups)

    for number, group in enumerate(groups):
        alone = decide_one_label([group])
        assert codes_of(alone) == [codes_of(together)[number]]
        np.testing.assert_array_equal(alone.probabilities[0], together.probabilities[number])
