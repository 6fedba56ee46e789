"""`ctlabel evaluate`: how well a labeler does on annotated texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from labelers.base import Labeler


@click.command("evaluate")
@click.option(
    "--labeler", default="default", show_default=True, help="Name, bundle folder, or a rule labeler's recipe."
)
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
    from labelers.bundle import write_evaluation
    from labelers.loading import load_labeler

    loaded = load_labeler(labeler)
    figures = evaluate_labeler(loaded, data)
    if write:
        write_evaluation(labeler, name=data.stem, figures=figures)
    click.echo(json.dumps(figures, indent=2) if as_json else "\n".join(_table(figures)))


def evaluate_labeler(labeler: Labeler, data: Path) -> dict[str, Any]:
    """Figures for all texts and for each value of the column `sampled`, with what they were measured on."""
    from labelers.data import hash_file
    from labelers.evaluation import ANNOTATION_NOTE, evaluate

    return {
        "labeler": labeler.name,
        "fingerprint": labeler.fingerprint,
        "data": {"file": data.name, "hash": hash_file(data)},
        "note": ANNOTATION_NOTE,
        "figures": {name: report.to_json() for name, report in evaluate(labeler, data).figures.items()},
    }


def _table(figures: dict[str, Any]) -> list[str]:
    lines = [f"{figures['labeler']} ({figures['fingerprint']}) on {figures['data']['file']}"]
    for name, part in figures["figures"].items():
        lines += ["", f"{name}: {part['texts']} texts", f"{'':38}{'F1':>7}{'macro':>8}{'support':>9}"]
        lines.append(_row("all", part["micro"], macro=part["macro"]))
        lines += [_row(label, score, macro=score["macro_f1"]) for label, score in part["by_class"].items()]
    lines += ["", "By label, all:"]
    lines += [_row(label, score) for label, score in figures["figures"]["all"]["by_label"].items()]
    return [*lines, "", figures["note"]]


def _row(name: str, score: dict[str, Any], *, macro: float | None = None) -> str:
    shown = f"{macro:8.3f}" if macro is not None else " " * 8
    return f"  {name:36}{score['f1']:7.3f}{shown}{score['support']:9d}"
