"""What `ctlabel compare` and `ctlabel ablate` share: an ablation is a comparison of a recipe's variants."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from jobs.devices import device_option
from jobs.progress import log_to_stderr
from schemas.errors import UsageError

if TYPE_CHECKING:
    import torch

    from labelers.comparison.papers import PaperFigures
    from labelers.comparison.records import Comparison
    from labelers.sparse.recipe import AnyRecipe

RESULTS_FILE = "results.json"
_UNTOLD = frozenset({"as_json", "out", "work"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonOptions:
    """The options of both commands."""

    on: Path
    work: Path | None
    out: Path | None
    data: tuple[Path, ...]
    texts: tuple[Path, ...]
    seeds: tuple[int, ...]
    max_epochs: int | None
    learning_rate: float | None
    threads: int | None
    device: str
    encoder: str | None
    draws: int
    paper: str
    as_json: bool


def parse_seeds(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[int, ...]:
    """`0,1,2` as numbers, each once."""
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts):
        raise click.BadParameter(f"'{value}' is no list of different seeds such as 0,1,2")
    return tuple(int(part) for part in parts)


def _path(name: str, **settings: Any) -> Callable[[Any], Any]:
    return click.option(name, type=click.Path(path_type=Path), **settings)


_OPTIONS = (
    _path("--on", required=True, help="Annotated texts to measure on; column doc_id tells documents apart."),
    _path("--work", help="Folder of the trained bundles; what is trained there is not trained again."),
    _path("--out", help=f"File for all figures as JSON; {RESULTS_FILE} in --work unless given."),
    click.option(
        "--data",
        "data",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Labelled texts to train on. Repeat for more files.",
    ),
    click.option(
        "--text",
        "texts",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Plain texts to pre-train the words on. Repeat for more files.",
    ),
    click.option("--seeds", default="0", show_default=True, callback=parse_seeds, help="Such as 0,1,2."),
    click.option("--max-epochs", type=click.IntRange(min=1), help="Instead of the recipes'."),
    click.option(
        "--learning-rate",
        type=click.FloatRange(min=0, min_open=True),
        help="Instead of the recipes' of networks.",
    ),
    click.option("--threads", type=click.IntRange(min=1), help="Instead of the recipes'."),
    device_option(),
    click.option("--encoder", help="Instead of the transformer recipes' own, as for train."),
    click.option(
        "--draws",
        type=click.IntRange(min=1),
        default=10_000,
        show_default=True,
        help="Of documents, for the paired test.",
    ),
    click.option(
        "--paper", default="schrempf_2020", show_default=True, help="Whose figures to show; none for none."
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the data instead of tables."),
)


def comparison_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options of both commands."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def run_comparison(
    recipes: Mapping[str, AnyRecipe], bundles: Mapping[str, Sequence[str]], options: ComparisonOptions
) -> None:
    """Trains, measures, writes the data and prints it."""
    from labelers.comparison.papers import load_paper
    from labelers.comparison.records import write_comparison
    from labelers.comparison.running import compare, find_bundles
    from labelers.device import find_device

    device = find_device(options.device)
    paper = load_paper(options.paper) if options.paper != "none" else None
    contestants = _train(recipes, options, device)
    contestants += [
        found for name, places in bundles.items() for place in places for found in find_bundles(name, place)
    ]
    comparison = compare(
        contestants, options.on, command=told_command(), draws=options.draws, tell=_tell, device=device
    )
    out = options.out or (options.work / RESULTS_FILE if options.work else None)
    if out:
        write_comparison(comparison, out)
    click.echo(comparison.to_text() if options.as_json else "\n".join(_shown(comparison, paper)))


def told_command() -> str:
    """The command as it was given, without where it wrote to."""
    context = click.get_current_context()
    given = [
        parameter
        for parameter in context.command.params
        if context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        and parameter.name not in _UNTOLD
    ]
    words = [word for parameter in given for word in _words(parameter, context.params[parameter.name or ""])]
    return shlex.join(["ctlabel", context.info_name or "", *words])


def _words(parameter: click.Parameter, value: Any) -> Iterator[str]:
    values = value if isinstance(value, tuple) else (value,)
    if parameter.name == "seeds":
        values = (",".join(map(str, value)),)
    for one in values:
        if isinstance(parameter, click.Option):
            yield parameter.opts[0]
        yield str(one)


def _train(recipes: Mapping[str, AnyRecipe], options: ComparisonOptions, device: torch.device) -> list[Any]:
    from labelers.comparison.running import train_missing
    from labelers.training import TrainingInputs

    if not recipes:
        return []
    if options.work is None or not options.data:
        raise UsageError("training needs --work, a folder for the bundles, and --data, labelled texts")
    interactive = sys.stderr.isatty()
    if not interactive:
        log_to_stderr()
    return train_missing(
        {name: _overridden(recipe, options) for name, recipe in recipes.items()},
        options.seeds,
        TrainingInputs(labelled=options.data, texts=options.texts),
        work=options.work,
        progress=interactive,
        tell=_tell,
        device=device,
    )


def _overridden(recipe: AnyRecipe, options: ComparisonOptions) -> AnyRecipe:
    """As the options have it; an encoder is for the transformers among the recipes."""
    encoder = options.encoder if recipe.checkpoint is not None else None
    return recipe.with_overrides(
        max_epochs=options.max_epochs,
        learning_rate=options.learning_rate,
        threads=options.threads,
        encoder=encoder,
    )


def _tell(line: str) -> None:
    click.echo(f"ctlabel: {line}", err=True)


def _shown(comparison: Comparison, paper: PaperFigures | None) -> list[str]:
    from jobs.comparison_tables import comparison_tables

    lines = [
        f"{comparison.runs[0].figures['all'].texts} texts of {comparison.documents} documents "
        f"in {comparison.data.file}"
    ]
    for table in comparison_tables(comparison, paper):
        lines += ["", *table.lines()]
    return [
        *lines,
        "",
        f"p: paired bootstrap over documents against the best, {comparison.draws:,} draws; seeds averaged.",
        comparison.note,
    ]
