"""`python -m labelers.experiments.roc FIGURES.json ...`: ROC curves as one picture (Jnawali 2019, Fig. 3).

The files are what `python -m labelers.experiments` writes: of repeats the first test part, of folds all of them as
one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from labelers.experiments.pictures import Curve, check_picture, draw_roc
from schemas.errors import CtlabelError, InputError, unknown_name


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and draws."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        check_picture(given.out)
        several = len(given.figures) > 1
        curves = [
            curve
            for path in given.figures
            for curve in read_curves(path, labels=given.label, with_labeler=several)
        ]
        draw_roc(curves, title=given.title, out=given.out)
    except CtlabelError as error:
        parser.exit(error.exit_code, f"error: {error}\n")


def read_curves(path: Path, *, labels: Sequence[str], with_labeler: bool = False) -> list[Curve]:
    """The file's curves of these labels, all where none are named, each named with its area.

    Raises:
        InputError: the file has no curves.
        UsageError: it has none of a label.
    """
    try:
        figures = json.loads(path.read_text(encoding="utf-8"))
        found = dict(_curves(figures["figures"]))
        labeler = str(figures["labeler"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} cannot be read as figures of an experiment: {type(error).__name__}"
        ) from error
    if not found:
        raise InputError(f"{path} has no ROC curves: measure anew with 'python -m labelers.experiments'")
    for label in labels:
        if label not in found:
            raise unknown_name(kind="label", name=label, known=found)
    return [
        _curve(found[label], name=f"{labeler}, {label}" if with_labeler else label)
        for label in labels or found
    ]


def _curves(figures: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each label with what holds its curve, in either design."""
    for label, found in figures.get("by_label", figures).items():
        holder = found.get("first_split", found)
        if "roc" in holder:
            yield label, holder


def _curve(found: Mapping[str, Any], *, name: str) -> Curve:
    area, roc = found["auc_delong"]["estimate"], found["roc"]
    return Curve(f"{name}: {area:.3f}", roc["false_positive_rate"], roc["true_positive_rate"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m labelers.experiments.roc", description=__doc__)
    parser.add_argument("figures", type=Path, nargs="+", help="JSON of python -m labelers.experiments.")
    parser.add_argument("--label", action="append", default=[], help="May be repeated. Default: all.")
    parser.add_argument("--title", default="ROC curves, with their areas", help="Above the picture.")
    parser.add_argument("--out", type=Path, required=True, help="Picture to write: .png or .svg.")
    return parser


if __name__ == "__main__":
    main()
