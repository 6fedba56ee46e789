from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.split import split_of
from schemas.job import SplitShares
from schemas.status import Split

SHARES = SplitShares()
PATIENTS = [f"patient-{number}" for number in range(20_000)]


def test_these_patients_have_these_parts_for_ever() -> None:
    patients = {
        "P1": Split.TRAIN,
        "P2": Split.TRAIN,
        "P5": Split.TEST,
        "P8": Split.TEST,
        "P13": Split.VALIDATION,
        "Ö": Split.VALIDATION,
    }

    assert {patient: split_of(patient, shares=SHARES) for patient in patients} == patients


@pytest.mark.parametrize("shares", [SHARES, SplitShares(train=0.5, validation=0.2, test=0.3)])
def test_the_parts_have_about_their_shares_of_many_patients(shares: SplitShares) -> None:
    counts = Counter(split_of(patient, shares=shares) for patient in PATIENTS)

    for split in Split:
        assert counts[split] / len(PATIENTS) == pytest.approx(getattr(shares, split.value), abs=0.01)


@pytest.mark.parametrize("split", Split)
def test_one_part_can_have_all(split: Split) -> None:
    shares = SplitShares(**{part.value: float(part is split) for part in Split})

    assert {split_of(patient, shares=shares) for patient in PATIENTS[:200]} == {split}


def test_a_larger_train_share_moves_nobody_out_of_train() -> None:
    larger = SplitShares(train=0.85, validation=0.05, test=0.1)
    for patient in PATIENTS[:2000]:
        before, after = split_of(patient, shares=SHARES), split_of(patient, shares=larger)
        assert after is before or (before, after) == (Split.VALIDATION, Split.TRAIN)


def test_another_salt_deals_anew() -> None:
    other = SplitShares(salt="again")
    moved = sum(split_of(p, shares=SHARES) is not split_of(p, shares=other) for p in PATIENTS[:1000])

    assert moved > 200


@given(patient=st.text(), salt=st.text())
def test_every_patient_has_a_part_and_always_the_same(patient: str, salt: str) -> None:
    shares = SplitShares(salt=salt)

    assert split_of(patient, shares=shares) is split_of(patient, shares=shares.model_copy())
