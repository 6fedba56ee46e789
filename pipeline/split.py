"""Which part of a training run a patient belongs to: a stable hash, so that nobody ever moves."""

from __future__ import annotations

from schemas.hashing import hash_text
from schemas.job import SplitShares
from schemas.status import Split

HASH_HEX_DIGITS = 13


def split_of(patient: str, *, shares: SplitShares) -> Split:
    """The patient's part; depends on the patient's id and the shares alone, never on the archive."""
    place = int(hash_text(f"{shares.salt}\0{patient}")[:HASH_HEX_DIGITS], 16) / 16**HASH_HEX_DIGITS
    if place < shares.train:
        return Split.TRAIN
    return Split.VALIDATION if place < shares.train + shares.validation else Split.TEST
