"""`ctlabel evaluate`: how well a labeler does on annotated texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labelers.base import Labeler

SUBSET_COLUMN = "sampled"
ALL = "all"
ANNOTATION_NOTE = (
    "Annotations: made by language-model annotators under a written protocol, not reviewed by a radiologist."
)


@click.command("evaluate")
@click.option("--labeler", default="default", show_default=True, help="Name or bundle folder.")
@click.option(
    "--data",
    "data",
    required=True,
    type=click.Path(path_type=Path),
    help="Annotated texts: Parquet with a text column and one column for each label.",
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
@click.option("--write", is_flag=True, help="Store the figures in the bundle's labeler.yaml as well.")
def command(*, labeler: str, data: Path, as_json: bool, write: bool) -> None:
    """Print micro and macro F1 of a labeler, by class and by label; not_mentioned is left out.

    Where the data has a column `sampled`, each of its values is measured by itself as well.

    \b
    Example:
      ctlabel evaluate --labeler default --data dev.parquet --json
    """
    from labelers.bundle import load_bundle, write_evaluation

    loaded = load_bundle(labeler)
    figures = evaluate_labeler(loaded, data)
    if write:
        write_evaluation(labeler, name=data.stem, figures=figures)
    click.echo(json.dumps(figures, indent=2) if as_json else "\n".join(_table(figures)))


def evaluate_labeler(labeler: Labeler, data: Path) -> dict[str, Any]:
    """Figures for all texts and for each value of the column `sampled`."""
    from labelers.base import predicted_classes
    from labelers.data import hash_file, read_labelled
    from labelers.metrics import score_predictions

    texts = read_labelled(data, labeler.label_set, group_column=SUBSET_COLUMN)
    predicted = predicted_classes(labeler.probabilities(texts.texts))
    figures = {}
    for name, chosen in _subsets(texts.groups):
        figures[name] = score_predictions(
            texts.targets[chosen],
            predicted[chosen],
            labels=labeler.label_set.ids,
            classes=labeler.label_set.classes,
        ).to_json()
    return {
        "labeler": labeler.name,
        "fingerprint": labeler.fingerprint,
        "data": {"file": data.name, "hash": hash_file(data)},
        "note": ANNOTATION_NOTE,
        "figures": figures,
    }


def _subsets(groups: Sequence[str | None]) -> list[tuple[str, list[int]]]:
    found = [(ALL, list(range(len(groups))))]
    for value in sorted({group for group in groups if group is not None}):
        found.append((value, [row for row, group in enumerate(groups) if group == value]))
    return found


def _table(figures: dict[str, Any]) -> list[str]:
    lines = [f"{figures['labeler']} ({figures['fingerprint']}) on {figures['data']['file']}"]
    for name, part in figures["figures"].items():
        lines += ["", f"{name}: {part['texts']} texts", f"{'':38}{'F1':>7}{'macro':>8}{'support':>9}"]
        lines.append(_row(ALL, part["micro"], macro=part["macro"]))
        lines += [_row(label, score, macro=score["macro_f1"]) for label, score in part["by_class"].items()]
    lines += ["", f"By label, {ALL}:"]
    lines += [_row(label, score) for label, score in figures["figures"][ALL]["by_label"].items()]
    return [*lines, "", figures["note"]]


def _row(name: str, score: dict[str, Any], *, macro: float | None = None) -> str:
    shown = f"{macro:8.3f}" if macro is not None else " " * 8
    return f"  {name:36}{score['f1']:7.3f}{shown}{score['support']:9d}"
