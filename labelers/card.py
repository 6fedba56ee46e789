"""The model card of a bundle or a committee: what it is, what it learnt from, how well it does, and where it fails.

Mitchell et al. 2019, "Model Cards for Model Reporting". Figures come from the bundle's own record, prose from
`conf/cards/` by the label set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from labelers.bundle import BundleRecord
from labelers.committee import CommitteeRecipe
from schemas.conf import Frozen, conf_path, load_conf

CARD_FILE = "MODEL_CARD.md"
_PARTS = {
    "labelled": "Labelled texts",
    "texts": "Plain texts",
    "held_out": "Held-out texts",
    "teachers": "Teachers",
}


class CardTexts(Frozen):
    """`conf/cards/LABEL_SET.yaml`."""

    intended_use: str
    annotations: str
    data: dict[str, str]
    known_failures: tuple[str, ...]


def load_card_texts(label_set_id: str) -> CardTexts:
    """The prose for labelers of a label set.

    Raises:
        UsageError: there is none for this label set.
    """
    return load_conf(conf_path("cards", label_set_id, kind="model card"), CardTexts)


def model_card(record: BundleRecord, texts: CardTexts) -> str:
    """The card as Markdown."""
    learnt = chain(_data(texts), ("",), _training(record))
    return _card(_head(record), _use(texts), learnt, _figures(record.evaluation, texts), _failures(texts))


def committee_card(
    committee: CommitteeRecipe, members: Sequence[BundleRecord], fingerprint: str, texts: CardTexts
) -> str:
    """The card of a committee as Markdown; `members` are the records of those that have a bundle."""
    learnt = chain(_data(texts), *(_member(record) for record in members))
    figures = _figures(committee.evaluation, texts)
    return _card(_committee_head(committee, fingerprint), _use(texts), learnt, figures, _failures(texts))


def _card(*parts: Iterable[str]) -> str:
    return "\n".join(line for part in parts for line in (*part, ""))


def _committee_head(committee: CommitteeRecipe, fingerprint: str) -> Iterator[str]:
    yield f"# {committee.name}"
    yield ""
    yield committee.summary or "Several labelers that answer together."
    yield ""
    yield f"- Fingerprint `{fingerprint}`"
    yield f"- The mean of the probabilities of {len(committee.members)} labelers, in the time of them all"


def _member(record: BundleRecord) -> Iterator[str]:
    yield ""
    yield f"`{record.recipe.name}` (bundle `{record.fingerprint}`):"
    yield ""
    yield from _training(record)


def _head(record: BundleRecord) -> Iterator[str]:
    recipe = record.recipe
    yield f"# {recipe.name}"
    yield ""
    yield recipe.summary
    yield ""
    yield f"- Fingerprint `{record.fingerprint}`"
    yield f"- Label set `{record.label_set.id}`: {len(record.label_set.ids)} labels, each one of "
    yield f"  {', '.join(record.label_set.classes)}; reads one {recipe.unit.value} at a time"
    yield f"- Described in {recipe.paper.cite} ({recipe.paper.section})"
    if recipe.notes:
        yield f"- {recipe.notes}"
    if opinion := record.second_opinion:
        yield f"- Where it is not sure, it weighs in the answers of `{opinion.labeler}` by {opinion.weight:g},"
        yield "  in a logarithmic opinion pool fitted on the held-out texts; a run's fingerprint is of both"


def _use(texts: CardTexts) -> Iterator[str]:
    yield "## Intended use"
    yield ""
    yield texts.intended_use


def _data(texts: CardTexts) -> Iterator[str]:
    yield "## What it learnt from"
    yield ""
    yield texts.annotations
    yield ""
    yield from (f"- {kind}: {what}" for kind, what in texts.data.items())


def _training(record: BundleRecord) -> Iterator[str]:
    training = record.training
    for part, name in _PARTS.items():
        files = ", ".join(
            f"`{one['file']}` ({one['hash'][:8]})" for one in training.get("data", {}).get(part, ())
        )
        if files:
            yield f"- {name}: {files}"
    counts = training.get("texts", {})
    yield f"- {counts.get('train', 0):,} labelled texts to learn from, {counts.get('held_out', 0):,} held out"
    if "epochs" in training:
        epochs, best = training["epochs"], training["best_epoch"]
        yield f"- {epochs} epochs, the best of them {best}; seed {record.recipe.training.seed}"


def _figures(evaluations: Mapping[str, Any], texts: CardTexts) -> Iterator[str]:
    yield "## How well it does"
    yield ""
    yield f"F1, `not_mentioned` left out. {texts.annotations}"
    for name, evaluation in evaluations.items():
        yield ""
        yield from _evaluation(name, evaluation["figures"])


def _evaluation(name: str, figures: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield f"| {name} | texts | micro | macro | over labels | negative | uncertain | positive |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for part, one in figures.items():
        classes = " | ".join(f"{one['by_class'][c]['f1']:.3f}" for c in ("negative", "uncertain", "positive"))
        yield (
            f"| {part} | {one['texts']} | {one['micro']['f1']:.3f} | {one['macro']:.3f} "
            f"| {one['macro_labels']:.3f} | {classes} |"
        )
    yield ""
    yield "| label | F1 | precision | recall | mentions |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for label, score in next(iter(figures.values()))["by_label"].items():
        shares = " | ".join(f"{score[name]:.3f}" for name in ("f1", "precision", "recall"))
        yield f"| {label} | {shares} | {score['support']} |"


def _failures(texts: CardTexts) -> Iterator[str]:
    yield "## Known failures"
    yield ""
    yield from (f"- {failure}" for failure in texts.known_failures)
