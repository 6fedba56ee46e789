"""`ctlabel pretrain`: an encoder that has read a text archive."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from jobs.devices import device_option
from jobs.progress import log_to_stderr


@click.command("pretrain")
@click.argument("recipe")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write the encoder to.")
@click.option(
    "--text",
    "texts",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Plain texts: Parquet with a text column. Repeat for more files.",
)
@click.option("--column", "columns", multiple=True, default=["text"], show_default=True, help="Of text.")
@click.option("--encoder", help="Start from this folder, or from minilm, instead of what the recipe names.")
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the recipe's.")
@click.option("--seed", type=click.IntRange(min=0), help="Instead of the recipe's.")
@click.option("--threads", type=click.IntRange(min=1), help="Instead of the recipe's.")
@device_option()
@click.option("--overwrite", is_flag=True, help="Replace the folder at --out.")
@click.option("--dry-run", is_flag=True, help="Print the resolved recipe and stop.")
def command(  # noqa: PLR0913 (one for each option)
    *,
    recipe: str,
    out: Path,
    texts: tuple[Path, ...],
    columns: tuple[str, ...],
    encoder: str | None,
    epochs: int | None,
    seed: int | None,
    threads: int | None,
    device: str,
    overwrite: bool,
    dry_run: bool,
) -> None:
    """Pre-train a BERT-like encoder on texts as a masked language model, by RECIPE (shipped name or YAML file).

    The folder that it writes is a transformers checkpoint, for 'ctlabel train --encoder'. Stopped at any moment,
    the same command goes on from the last checkpoint. Nothing is downloaded.

    \b
    Example:
      ctlabel pretrain minilm_further --text archive.parquet --out radiology_encoder
      ctlabel train alarm_softmax --encoder radiology_encoder --data sentences.parquet --out my_labeler
    """
    from labelers.pretraining.recipe import load_pretraining

    resolved = load_pretraining(recipe).with_overrides(
        encoder=encoder, epochs=epochs, seed=seed, threads=threads
    )
    if dry_run:
        click.echo(resolved.to_yaml(), nl=False)
        return
    from labelers.device import find_device
    from labelers.pretraining.running import TextArchive, pretrain_encoder

    interactive = sys.stderr.isatty()
    if not interactive:
        log_to_stderr()
    archive = TextArchive(files=texts, columns=columns)
    record = pretrain_encoder(
        resolved, archive, out=out, overwrite=overwrite, progress=interactive, device=find_device(device)
    )
    measured = [point["held_out_loss"] for point in record["curve"] if point["held_out_loss"] is not None]
    click.echo(
        f"{out}: {record['steps']} steps over {record['tokens']['train']:,} tokens, "
        f"held-out loss {measured[0]:.4f} after the first epoch, {measured[-1]:.4f} after the last"
    )
