"""`ctlabel results`: the results page from its data."""

from __future__ import annotations

from pathlib import Path

import click

from schemas.errors import OutputError


@click.command("results")
@click.option(
    "--out", type=click.Path(path_type=Path), help="File to write the page to, instead of printing it."
)
def command(*, out: Path | None) -> None:
    """Print the results page as Markdown: all figures measured so far, each with where it comes from.

    The data lies in conf/results: what `ctlabel compare --out` and `ctlabel ablate --out` write, and page.yaml with
    the order and the words.

    \b
    Example:
      ctlabel results --out RESULTS.md
    """
    from jobs.results_page import results_page

    page = results_page()
    if out is None:
        click.echo(page, nl=False)
        return
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error
