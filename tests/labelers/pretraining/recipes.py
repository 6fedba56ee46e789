"""Pre-trainings of a few weights, and texts that are easy to guess."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from labelers.pretraining.recipe import PretrainingRecipe
from labelers.pretraining.running import TextArchive

PLACES = ("brain", "skull", "sinus", "orbit", "neck", "spine", "chest", "liver")


def tiny_recipe(**changes: Any) -> PretrainingRecipe:
    return PretrainingRecipe.model_validate(
        {
            "name": "tiny",
            "summary": "For tests.",
            "encoder": {
                "kind": "new",
                "vocabulary": {"size": 80, "min_count": 1},
                "hidden": 16,
                "layers": 1,
                "heads": 2,
                "intermediate": 32,
                "positions": 24,
            },
            "max_tokens": 24,
            "held_out": 0.1,
            "batch_size": 8,
            "learning_rate": 0.01,
            "epochs": 3,
            "checkpoint_steps": 4,
            "threads": 1,
            **changes,
        }
    )


def write_archive(folder: Path) -> TextArchive:
    """80 texts of one sentence each, which differ in two words."""
    texts: list[str | None] = [
        f"the {place} is normal and the {other} is normal ." for place in PLACES for other in PLACES
    ]
    path = folder / "archive.parquet"
    pq.write_table(pa.table({"text": [*texts, *texts[:8], None, " "], "id": range(len(texts) + 10)}), path)
    return TextArchive(files=(path,))


def files(folder: Path) -> dict[str, bytes]:
    """All that a pre-training wrote, but for when and how long."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "timing.yaml"}
