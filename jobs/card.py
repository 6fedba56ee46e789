"""`ctlabel card`: the model card of a labeler bundle or a committee."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("card")
@click.argument("labeler", default="default")
@click.option(
    "--write",
    is_flag=True,
    help="Write it into the bundle, or beside the committee's file, instead of printing it.",
)
def command(*, labeler: str, write: bool) -> None:
    """Print the model card of LABELER (name, bundle folder, committee's file): use, data, figures, known failures.

    The figures are those that 'ctlabel evaluate --write' has stored.

    \b
    Example:
      ctlabel card default
    """
    from labelers.card import CARD_FILE
    from labelers.registry import is_committee, locate_labeler, resolve_bundle

    place = locate_labeler(labeler)
    if is_committee(place):
        card, path = _committee_card(place), place.with_name(f"{place.stem}.{CARD_FILE}")
    else:
        card, path = _bundle_card(labeler), resolve_bundle(labeler) / CARD_FILE
    if not write:
        click.echo(card, nl=False)
        return
    path.write_text(card, encoding="utf-8")
    click.echo(f"wrote {path}")


def _bundle_card(labeler: str) -> str:
    from labelers.bundle import read_bundle_record
    from labelers.card import load_card_texts, model_card

    record = read_bundle_record(labeler)
    return model_card(record, load_card_texts(record.label_set.id))


def _committee_card(file: Path) -> str:
    from labelers.bundle import read_bundle_record
    from labelers.card import committee_card, load_card_texts
    from labelers.committee import load_committee
    from labelers.loading import load_labeler
    from labelers.registry import locate_labeler

    committee, labeler = load_committee(file), load_labeler(file)
    bundles = [place for place in map(locate_labeler, committee.members) if place.is_dir()]
    members = [read_bundle_record(bundle) for bundle in bundles]
    return committee_card(committee, members, labeler.fingerprint, load_card_texts(labeler.label_set.id))
