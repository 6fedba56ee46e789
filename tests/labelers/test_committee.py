"""Committees: the mean of several labelers, from a file that names them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from labelers.base import AttendingLabeler
from labelers.bundle import load_bundle
from labelers.committee import Committee, committee_hash, load_committee
from labelers.loading import load_labeler, store_evaluation
from labelers.registry import resolve_bundle
from schemas.errors import BundleError, UsageError
from tests.labelers.networks import three_labels

TEXTS = ("There is a bleed.", "No fracture.", "")


def write(folder: Path, *members: str) -> Path:
    path = folder / "both.yaml"
    path.write_text(
        yaml.safe_dump({"kind": "committee", "name": "both", "members": list(members)}), encoding="utf-8"
    )
    return path


@pytest.fixture
def committee(tmp_path: Path, tiny_bundle: Path, other_tiny_bundle: Path) -> Path:
    return write(tmp_path, str(tiny_bundle), str(other_tiny_bundle))


def test_a_committee_answers_the_mean_of_its_members(
    committee: Path, tiny_bundle: Path, other_tiny_bundle: Path
) -> None:
    both = load_labeler(committee)

    one, other = load_labeler(tiny_bundle), load_labeler(other_tiny_bundle)
    mean = (one.probabilities(TEXTS) + other.probabilities(TEXTS)) / 2
    assert isinstance(both, Committee)
    assert both.name == "both"
    assert (both.label_set, both.unit, both.sections) == (one.label_set, one.unit, one.sections)
    np.testing.assert_allclose(both.probabilities(TEXTS), mean, atol=1e-6)
    assert both.probabilities(TEXTS).dtype == np.float32
    assert not both.truncated(TEXTS).any()


def test_its_first_member_shows_where_it_looked(committee: Path, tiny_bundle: Path) -> None:
    both, first = load_labeler(committee), load_labeler(tiny_bundle)

    assert isinstance(both, AttendingLabeler)
    assert isinstance(first, AttendingLabeler)
    assert both.attends == first.attends
    np.testing.assert_array_equal(both.attention(TEXTS[:1])[0].weights, first.attention(TEXTS[:1])[0].weights)


def test_its_fingerprint_is_that_of_all_members(
    committee: Path, tmp_path: Path, tiny_bundle: Path, other_tiny_bundle: Path
) -> None:
    found = load_labeler(committee).fingerprint

    assert load_labeler(committee).fingerprint == found
    twice = write(tmp_path, str(tiny_bundle), str(tiny_bundle))
    assert load_labeler(twice).fingerprint != found
    swapped = write(tmp_path, str(other_tiny_bundle), str(tiny_bundle))
    assert load_labeler(swapped).fingerprint != found


def test_figures_that_are_stored_in_its_file_change_no_hash(committee: Path, tmp_path: Path) -> None:
    found = committee_hash(committee)

    store_evaluation(committee, name="mine", figures={"micro": 0.5})

    assert committee_hash(committee) == found
    assert committee_hash(write(tmp_path, "default", "rules")) != found


def test_members_are_found_from_where_the_file_lies_and_shipped_ones_by_name(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    (tmp_path / "mine").symlink_to(tiny_bundle, target_is_directory=True)

    assert load_labeler(write(tmp_path, "mine", "mine")).fingerprint
    assert [one.name for one in load_committee_members(tmp_path, "default", "rules")] == [
        "bigru_per_label_attention",
        "rules",
    ]


def load_committee_members(folder: Path, *members: str) -> tuple[object, ...]:
    found = load_labeler(write(folder, *members))
    assert isinstance(found, Committee)
    return found.members


def test_members_of_other_labels_are_refused(tiny_bundle: Path) -> None:
    one = load_bundle(tiny_bundle)
    other = replace(one, label_set=three_labels())

    with pytest.raises(UsageError, match="committee 'both': tiny has other labels than tiny"):
        Committee.of("both", [one, other])


def test_one_member_is_no_committee(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="members"):
        load_labeler(write(tmp_path, "rules"))


def test_a_committee_has_no_committee_for_a_member(tmp_path: Path, committee: Path) -> None:
    inner = committee.rename(tmp_path / "inner.yaml")

    with pytest.raises(UsageError, match=r"inner\.yaml is a committee itself"):
        load_labeler(write(tmp_path, "rules", str(inner)))


def test_it_has_no_bundle(committee: Path) -> None:
    with pytest.raises(BundleError, match="is a committee: it has no bundle"):
        resolve_bundle(committee)


def test_figures_are_stored_in_its_file_and_are_no_part_of_its_fingerprint(committee: Path) -> None:
    before = load_labeler(committee).fingerprint

    store_evaluation(committee, name="one", figures={"micro": 0.5})
    store_evaluation(committee, name="two", figures={"micro": 0.25})

    assert load_committee(committee).evaluation == {"one": {"micro": 0.5}, "two": {"micro": 0.25}}
    assert load_labeler(committee).fingerprint == before
