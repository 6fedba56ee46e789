from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from labelers.experiments.roc import main, read_curves
from schemas.errors import InputError, UsageError

CURVE = {
    "auc_delong": {"estimate": 0.95},
    "roc": {
        "false_positive_rate": [0, 0.1, 1],
        "true_positive_rate": [0, 1, 1],
        "thresholds": [None, 0.5, 0],
    },
}
REPEATS = {"bleed": {"repeats": 1, "first_split": CURVE}, "fracture": {"repeats": 0}}
FOLDS = {"map": 0.5, "at_one_half": {}, "by_label": {"bleed": CURVE, "infarct": CURVE}}


def write(folder: Path, figures: dict[str, Any], name: str = "figures.json") -> Path:
    (folder / name).write_text(json.dumps({"labeler": "cnn_lstm", "figures": figures}), encoding="utf-8")
    return folder / name


def test_curves_of_repeats_and_of_folds_are_read_with_their_areas(tmp_path: Path) -> None:
    (first,) = read_curves(write(tmp_path, REPEATS), labels=[])
    folds = read_curves(write(tmp_path, FOLDS), labels=[], with_labeler=True)

    assert (first.name, first.false_positive_rate) == ("bleed: 0.950", [0, 0.1, 1])
    assert [curve.name for curve in folds] == ["cnn_lstm, bleed: 0.950", "cnn_lstm, infarct: 0.950"]


def test_a_label_without_a_curve_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'bleed'"):
        read_curves(write(tmp_path, FOLDS), labels=["bleeds"])


@pytest.mark.parametrize("content", ["", "[]", '{"labeler": "a"}', '{"labeler": "a", "figures": {}}'])
def test_a_file_without_curves_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "other.json").write_text(content, encoding="utf-8")

    with pytest.raises(InputError, match=r"cannot be read as figures|has no ROC curves"):
        read_curves(tmp_path / "other.json", labels=[])


def test_the_picture_is_written(tmp_path: Path) -> None:
    main(
        [
            str(write(tmp_path, REPEATS)),
            str(write(tmp_path, FOLDS, "b.json")),
            "--out",
            str(tmp_path / "r.svg"),
        ]
    )

    assert "<svg" in (tmp_path / "r.svg").read_text(encoding="utf-8")
