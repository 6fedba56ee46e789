"""`ctlabel card`: the model card of a labeler bundle."""

from __future__ import annotations

import click


@click.command("card")
@click.argument("labeler", default="default")
@click.option(
    "--write", is_flag=True, help="Write it into the bundle as MODEL_CARD.md instead of printing it."
)
def command(*, labeler: str, write: bool) -> None:
    """Print the model card of LABELER, a name or bundle folder: use, data, figures, known failures.

    The figures are those that 'ctlabel evaluate --write' has stored in the bundle.

    \b
    Example:
      ctlabel card default
    """
    from labelers.bundle import read_bundle_record
    from labelers.card import CARD_FILE, load_card_texts, model_card
    from labelers.registry import resolve_bundle

    record = read_bundle_record(labeler)
    card = model_card(record, load_card_texts(record.label_set.id))
    if not write:
        click.echo(card, nl=False)
        return
    path = resolve_bundle(labeler) / CARD_FILE
    path.write_text(card, encoding="utf-8")
    click.echo(f"wrote {path}")
