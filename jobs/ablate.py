"""`ctlabel ablate`: what a labeler owes to its pre-trained words and to the synthetic sentences."""

from __future__ import annotations

from typing import Any

import click

from jobs.comparing import ComparisonOptions, comparison_options, run_comparison


@click.command("ablate")
@click.argument("recipe")
@comparison_options
def command(*, recipe: str, **options: Any) -> None:
    """Train RECIPE whole and with one thing taken away at a time, and measure all of them.

    Variants: synthetic sentences only, real ones only, both with word vectors that start at random, both (full),
    as in the paper's Tables 5 and 6. The synthetic-only labeler still stops early by the real held-out texts.

    \b
    Example:
      ctlabel ablate bigru_per_label_attention --seeds 0,1,2 --work work/ablated --on dev.parquet \\
        --data sentences.parquet --text archive.parquet
    """
    from labelers.comparison.variants import ablation_variants
    from labelers.recipe import load_recipe

    loaded = load_recipe(recipe)
    variants = {f"{loaded.name}/{name}": changed for name, changed in ablation_variants(loaded).items()}
    run_comparison(variants, {}, ComparisonOptions(**options))
