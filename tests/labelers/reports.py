"""Wood's, Jnawali's and Chapman's systems made small, and reports of three labels, present or absent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from labelers.recipe import Recipe, load_recipe
from labelers.training import TrainingInputs
from schemas.label_set import LabelSet
from tests.labelers.networks import three_labels, write_checkpoint_folder

SYSTEMS = ("alarm_binary", "bert_multilabel", "cnn_lstm", "label_description_attention")
REPORT = "Findings: The brain is old, there is no {0}.\nImpression: There may be {0}."


def two_classes() -> LabelSet:
    """Bleed, fracture and infarct, present or absent."""
    return three_labels().model_copy(update={"classes": ("absent", "present")})


def small_report_recipe(name: str, folder: Path) -> Recipe:
    """The shipped recipe with few weights; `folder` gets what it refers to."""
    """The shipped recipe, made small."""
    raw = load_recipe(name).model_dump(mode="json")
    label_file = folder / "two.yaml"
    label_file.write_text(yaml.safe_dump(two_classes().model_dump(mode="json")), encoding="utf-8")
    raw["label_set"], raw["labels"] = str(label_file), raw["labels"] and ["bleed"]
    changes = {"max_epochs": 6, "patience": 6, "threads": 1, "learning_rate": 0.003, "precision": "float32"}
    raw["training"].update(changes, schedule="constant", warm_up=0)
    if raw["text"]["tokens"] == "subwords":
        raw["network"]["encoder"]["checkpoint"] = str(write_checkpoint_folder(folder / "encoder"))
        raw["network"]["windows"] = raw["network"]["windows"] and {"size": 8, "overlap": 2}
        raw["text"]["max_tokens"] = 20
    else:
        raw["network"]["embedding"] = {"kind": "random", "size": 16, "max_words": 100}
    return Recipe.model_validate(raw)


def write_labelled_reports(folder: Path) -> TrainingInputs:
    """36 reports, each with one label present."""
    ids = two_classes().ids
    rows = [(REPORT.format(label), label) for label in ids] * 12
    columns: dict[str, Any] = {
        "text": [text for text, _ in rows],
        "report_id": [f"r{n}" for n in range(len(rows))],
    }
    for label in ids:
        columns[label] = ["present" if label == own else "absent" for _, own in rows]
    pq.write_table(pa.table(columns), folder / "reports.parquet")
    return TrainingInputs(labelled=(folder / "reports.parquet",))
