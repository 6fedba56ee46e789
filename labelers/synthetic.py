"""Synthetic sentences: templates from `conf/synthesis/`, filled with the variants of a label set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydantic import Field

from labelers.data import LabelledTexts
from schemas.conf import Frozen, conf_path, load_conf
from schemas.errors import UsageError
from schemas.label_set import LabelSet


class Template(Frozen):
    """A sentence with a place for a variant: `{label}`, or `{Label}` with a capital; and what it says of it."""

    text: str
    certainty: str


class Synthesis(Frozen):
    """Templates in order."""

    templates: tuple[Template, ...] = Field(min_length=1)


def load_synthesis(name_or_path: str | Path) -> Synthesis:
    """The templates of a shipped name or of a YAML file."""
    return load_conf(conf_path("synthesis", name_or_path, kind="synthesis"), Synthesis)


def synthetic_texts(synthesis: Synthesis, label_set: LabelSet) -> LabelledTexts:
    """Every template for every variant of every label.

    Raises:
        UsageError: a template has a class that the label set lacks.
    """
    texts: list[str] = []
    rows: list[np.ndarray] = []
    for index, label in enumerate(label_set.labels):
        for variant in label.variants:
            for template in synthesis.templates:
                texts.append(_fill(template.text, variant))
                row = np.zeros(len(label_set.labels), dtype=np.int64)
                row[index] = _class_index(template.certainty, label_set)
                rows.append(row)
    return LabelledTexts(texts=tuple(texts), targets=np.stack(rows), groups=(None,) * len(texts))


def _fill(template: str, variant: str) -> str:
    return template.replace("{label}", variant).replace("{Label}", variant[:1].upper() + variant[1:])


def _class_index(certainty: str, label_set: LabelSet) -> int:
    if certainty not in label_set.classes:
        raise UsageError(f"synthesis has the class '{certainty}', which label set '{label_set.id}' lacks")
    return label_set.classes.index(certainty)
