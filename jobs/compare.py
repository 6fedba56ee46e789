"""`ctlabel compare`: several labelers and seeds, trained and measured one way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from jobs.comparing import ComparisonOptions, comparison_options, run_comparison
from schemas.errors import UsageError


@click.command("compare")
@click.argument("recipes", nargs=-1)
@click.option(
    "--bundles",
    "bundles",
    multiple=True,
    metavar="NAME=FOLDER",
    help="Trained already, under the name of its row: a labeler's name, a bundle's folder, a folder of bundles, "
    "or a committee's file.",
)
@comparison_options
def command(*, recipes: tuple[str, ...], bundles: tuple[str, ...], **options: Any) -> None:
    """Train RECIPES (shipped names or YAML files) with several seeds and measure them side by side.

    Prints micro and macro F1 (mean and standard deviation over seeds) with the paper's figures below ours, and the
    p of each labeler against the best. Stopped at any moment, the same command goes on where it was.

    \b
    Example:
      ctlabel compare word2vec bow_rf --seeds 0,1,2 --work work/compared --on dev.parquet \\
        --data sentences.parquet --text archive.parquet --bundles shipped=default
    """
    from labelers.recipe import load_recipe

    if not recipes and not bundles:
        raise UsageError("nothing to compare: name recipes, or trained labelers with --bundles NAME=FOLDER")
    loaded = {Path(name).stem: load_recipe(name) for name in recipes}
    if len(loaded) < len(recipes):
        raise UsageError("a recipe is given twice")
    run_comparison(loaded, _by_name(bundles), ComparisonOptions(**options))


def _by_name(bundles: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for given in bundles:
        name, equals, place = given.partition("=")
        if not (name and equals and place):
            raise UsageError(f"--bundles {given}: it takes NAME=FOLDER")
        found.setdefault(name, []).append(place)
    return found
