"""`ctlabel calibrate`: temperatures, and a second opinion, for a bundle that was trained without."""

from __future__ import annotations

from pathlib import Path

import click

from jobs.opinions import opinion_lines, second_opinion_option


@click.command("calibrate")
@click.argument("bundle")
@click.option(
    "--data",
    "data",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="The labelled files that the bundle was trained with, unchanged. Repeat for more files.",
)
@second_opinion_option()
def command(*, bundle: str, data: tuple[Path, ...], second_opinion: str | None) -> None:
    """Fit BUNDLE's probabilities (a name or a folder) to the texts that its training held out.

    Each label gets a temperature, which makes the labeler more or less sure; its answers stay the same, unless a
    second opinion is asked for. `ctlabel train` does so itself: this is for bundles that have none. Only the files
    of the training will do, as what was held out is found in them. The bundle gets a new fingerprint, and its
    figures have to be measured anew. A second opinion that it had goes where none is asked for.

    \b
    Example:
      ctlabel calibrate my_labeler --data sentences.parquet --data more.parquet
    """
    from labelers.calibrating_bundles import calibrate_bundle

    changed = calibrate_bundle(bundle, data, second_opinion=second_opinion)
    before, after = changed["before"], changed["after"]
    click.echo(
        f"{bundle}: on {changed['texts']:,} held-out texts log loss {before['log_loss']:.4f} -> "
        f"{after['log_loss']:.4f}, calibration error {before['calibration_error']:.3f} -> "
        f"{after['calibration_error']:.3f}"
    )
    for line in opinion_lines(changed):
        click.echo(line)
