"""`python -m labelers.experiments RECIPE ...`: a labeler trained and tested over many splits, figures as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labelers.coding import CODES_COLUMN, REPORT_COLUMN
from labelers.data import LabelledTexts, column_names, concatenate, hash_file, read_columns, read_labelled
from labelers.experiments.figures import compare_repeats, fold_figures, repeat_figures
from labelers.experiments.fits import fit_function
from labelers.experiments.outcomes import Outcome, run_splits
from labelers.hardware import describe_hardware
from labelers.recipe import choose_labels, load_labels, load_recipe
from labelers.sparse.recipe import AnyRecipe
from labelers.splits import ThreeWaySplit, folds, given_split, repeated_splits
from labelers.writing import write_json
from schemas.errors import CtlabelError, UsageError
from schemas.label_set import LabelSet

REPEATS, FOLDS, GIVEN = "repeats", "folds", "given"


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, runs the splits, writes the figures."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        write_json(measure(given), given.out)
    except CtlabelError as error:
        parser.exit(error.exit_code, f"error: {error}\n")


def measure(given: argparse.Namespace) -> dict[str, Any]:
    """What was measured on what, and the figures; where there is a second labeler, whether the two differ.

    Raises:
        UsageError: of the validation and the test file one is missing, or options do not go together.
    """
    started = datetime.now(UTC)
    design = _design_of(given)
    recipe = _recipe(given)
    label_set = load_labels(recipe)
    files = (given.data,) if design != GIVEN else (given.data, given.validation, given.test)
    parts = [read_labelled(path, label_set, group_column=given.group_column) for path in files]
    texts, splits = concatenate(parts), list(_splits(given, design, parts))

    def outcomes(of: AnyRecipe, work: Path | None) -> list[Outcome]:
        fit = fit_function(of, label_set, texts=given.text, work=work, progress=given.progress)
        return run_splits(texts, splits, fit)

    found = outcomes(recipe, given.work)
    record = {
        "labeler": recipe.name,
        "recipe": recipe.model_dump(mode="json"),
        "design": _describe_design(given, design, texts, label_set),
        "data": [{"file": path.name, "hash": hash_file(path)} for path in (*files, *given.text)],
        "figures": _figures(design, found, label_set, files),
    }
    if given.against is not None:
        other = load_recipe(given.against).with_overrides(seed=given.seed, threads=given.threads)
        others = outcomes(other, None)
        record["against"] = {
            "labeler": other.name,
            "recipe": other.model_dump(mode="json"),
            "figures": _figures(design, others, label_set, files),
            "comparison": compare_repeats(found, others, label_set.ids),
        }
    return {
        **record,
        "hardware": describe_hardware(),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((datetime.now(UTC) - started).total_seconds()),
    }


def _figures(
    design: str, outcomes: Sequence[Outcome], label_set: LabelSet, files: Sequence[Path]
) -> dict[str, Any]:
    if design == REPEATS:
        return repeat_figures(outcomes, label_set.ids)
    return fold_figures(outcomes, label_set.ids, n_codes=_n_codes(files))


def _recipe(given: argparse.Namespace) -> AnyRecipe:
    recipe = load_recipe(given.recipe).with_overrides(
        seed=given.seed,
        max_epochs=given.max_epochs,
        learning_rate=given.learning_rate,
        threads=given.threads,
        encoder=given.encoder,
    )
    if given.label_set is not None:
        recipe = recipe.model_copy(update={"label_set": given.label_set})
    return choose_labels(recipe, tuple(given.label))


def _design_of(given: argparse.Namespace) -> str:
    if given.against is not None and (given.design == FOLDS or given.test is not None or given.count < 2):
        raise UsageError("--against is for two or more repeats")
    if given.validation is None and given.test is None:
        return str(given.design or REPEATS)
    if given.validation is None or given.test is None or given.design is not None:
        raise UsageError("--validation and --test go together, and without --design")
    return GIVEN


def _splits(
    given: argparse.Namespace, design: str, parts: Sequence[LabelledTexts]
) -> Iterable[ThreeWaySplit]:
    if design == GIVEN:
        return [given_split([len(part) for part in parts])]
    (texts,) = parts
    if design == REPEATS:
        return repeated_splits(texts.groups, repeats=given.count, seed=given.seed)
    return folds(texts.groups, count=given.count, seed=given.seed)


def _describe_design(
    given: argparse.Namespace, design: str, texts: LabelledTexts, label_set: LabelSet
) -> dict[str, Any]:
    return {
        "splits": design,
        "count": 1 if design == GIVEN else given.count,
        "seed": given.seed,
        "group_column": given.group_column,
        "groups": len(set(texts.groups)),
        "texts": len(texts),
        "label_set": {"id": label_set.id, "hash": label_set.hash, "labels": len(label_set.ids)},
    }


def _n_codes(files: Sequence[Path]) -> list[int] | None:
    if any(CODES_COLUMN not in column_names(path) for path in files):
        return None
    found = [read_columns(path, [CODES_COLUMN])[CODES_COLUMN].to_pylist() for path in files]
    return [count for counts in found for count in counts]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m labelers.experiments", description=__doc__)
    parser.add_argument("recipe", help="Name of a labeler, or a recipe's YAML file.")
    parser.add_argument("--data", type=Path, required=True, help="Labelled reports: Parquet.")
    parser.add_argument("--validation", type=Path, help="Reports to choose by, where the split is given.")
    parser.add_argument("--test", type=Path, help="Reports to measure on, where the split is given.")
    parser.add_argument("--text", type=Path, action="append", default=[], help="Texts to pre-train words on.")
    parser.add_argument("--label-set", help="Instead of the recipe's: a name or a YAML file.")
    parser.add_argument("--label", action="append", default=[], help="Of the label set this label alone.")
    parser.add_argument("--design", choices=(REPEATS, FOLDS), help="Default: repeats.")
    parser.add_argument("--against", help="A second recipe, on the same repeats: do their areas differ?")
    parser.add_argument("--count", type=int, default=10, help="Of repeats or folds. Default: 10.")
    parser.add_argument("--group-column", default=REPORT_COLUMN, help="What a split keeps together.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--max-epochs", type=int, help="Instead of the recipe's.")
    parser.add_argument("--learning-rate", type=float, help="Instead of the recipe's.")
    parser.add_argument("--threads", type=int, help="Instead of the recipe's.")
    parser.add_argument("--encoder", help="Instead of the recipe's: minilm, a local folder or a hub name.")
    parser.add_argument(
        "--work",
        type=Path,
        help="Folder that keeps the networks; the same command goes on where it was stopped.",
    )
    parser.add_argument("--progress", action="store_true")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write.")
    return parser


if __name__ == "__main__":
    main()
