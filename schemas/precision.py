"""What networks multiply in."""

from __future__ import annotations

from enum import StrEnum


class Precision(StrEnum):
    """Weights are kept in float32 and sums are made in it, either way.

    Processors with instructions for bfloat16 (AMX, AVX-512 BF16) multiply it several times as fast.
    """

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
