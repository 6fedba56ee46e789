"""`ctlabel train`: from a recipe and labelled texts to a labeler bundle."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from jobs.devices import device_option
from jobs.opinions import opinion_lines, second_opinion_option
from jobs.progress import log_to_stderr


@click.command("train")
@click.argument("recipe")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write the bundle to.")
@click.option(
    "--data",
    "data",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Labelled texts: Parquet with a text column and one column for each label. Repeat for more files.",
)
@click.option(
    "--text",
    "texts",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Plain texts to pre-train the words on: Parquet with a text column. Repeat for more files.",
)
@click.option("--seed", type=int, help="Instead of the recipe's.")
@click.option("--max-epochs", type=click.IntRange(min=1), help="Instead of the recipe's.")
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True), help="Instead of the recipe's.")
@click.option("--threads", type=click.IntRange(min=1), help="Instead of the recipe's.")
@device_option()
@click.option("--label", "labels", multiple=True, help="Of the label set this label alone. Repeat for more.")
@click.option("--encoder", help="Instead of the recipe's: minilm, a local folder or a Hugging Face hub name.")
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Bundle whose answers are learnt too, of the sentences of --text as well; how, says the recipe's "
    "training.teaching. Repeat for the mean of several.",
)
@second_opinion_option()
@click.option(
    "--download", is_flag=True, help="Fetch the encoder from the hub where it is not on this machine."
)
@click.option("--overwrite", is_flag=True, help="Replace the bundle at --out.")
@click.option("--dry-run", is_flag=True, help="Print the resolved recipe and stop.")
def command(  # noqa: PLR0913 (one for each option)
    *,
    recipe: str,
    out: Path,
    data: tuple[Path, ...],
    texts: tuple[Path, ...],
    seed: int | None,
    max_epochs: int | None,
    learning_rate: float | None,
    threads: int | None,
    device: str,
    labels: tuple[str, ...],
    encoder: str | None,
    teachers: tuple[Path, ...],
    second_opinion: str | None,
    download: bool,
    overwrite: bool,
    dry_run: bool,
) -> None:
    """Train RECIPE (a shipped name or a YAML file) and write it as a bundle.

    Stopped at any moment, the same command goes on after the last finished epoch. The same seed, data and versions
    give the same bundle on a CPU, byte for byte (but for timing.yaml, which says when and how long).

    \b
    Example:
      ctlabel train bigru_per_label_attention --out my_labeler \\
        --data sentences.parquet --data more.parquet --text archive.parquet
    """
    from labelers.recipe import choose_labels, load_recipe

    overridden = load_recipe(recipe).with_overrides(
        seed=seed, max_epochs=max_epochs, encoder=encoder, learning_rate=learning_rate, threads=threads
    )
    resolved = choose_labels(overridden, labels)
    if dry_run:
        click.echo(resolved.to_yaml(), nl=False)
        return
    from labelers.device import find_device
    from labelers.training import TrainingInputs, train_labeler

    inputs = TrainingInputs(labelled=data, texts=texts, teachers=teachers)
    interactive = sys.stderr.isatty()
    if not interactive:
        log_to_stderr()
    record = train_labeler(
        resolved,
        inputs,
        out=out,
        overwrite=overwrite,
        progress=interactive,
        download=download,
        device=find_device(device),
        second_opinion=second_opinion,
    )
    epochs = f"{record['epochs']} epochs, best {record['best_epoch']}, " if "epochs" in record else ""
    click.echo(
        f"{out}: {epochs}"
        f"held-out micro F1 {record['held_out']['micro']['f1']:.4f}, macro {record['held_out']['macro']:.4f}"
    )
    for line in opinion_lines(record["calibration"]):
        click.echo(line)
