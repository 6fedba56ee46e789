"""A label set: what is looked for, and the classes each label can take. Data, from `conf/label_sets/`."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.certainty import CERTAINTY_CLASSES
from schemas.conf import Frozen, conf_path, load_conf
from schemas.errors import unknown_name
from schemas.hashing import hash_json

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
DEFAULT_LABEL_SET = "head_ct_31"


class LabelKind(StrEnum):
    """Finding (seen in the image), impression (a diagnosis), or both (Schrempf 2020, Fig. 2)."""

    FINDING = "finding"
    IMPRESSION = "impression"
    CROSSOVER = "crossover"


class Label(Frozen):
    """One label; `variants` name it in the synthetic sentences, `synonyms` are how reports word it."""

    id: Identifier
    name: str
    kind: LabelKind
    variants: tuple[str, ...] = Field(min_length=1)
    description: str
    synonyms: tuple[str, ...] = ()


class LabelSet(Frozen):
    """Labels in column order and their classes, weakest first."""

    id: Identifier
    version: int = Field(ge=1)
    description: str = ""
    classes: tuple[Identifier, ...] = CERTAINTY_CLASSES
    labels: tuple[Label, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (("label id", self.ids), ("class", self.classes)):
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated:
                raise ValueError(f"{what} given twice: {', '.join(repeated)}")
        if len(self.classes) < 2:
            raise ValueError("a label set has at least two classes")
        return self

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Label ids in column order."""
        return tuple(label.id for label in self.labels)

    @cached_property
    def hash(self) -> str:
        """Hash of everything that a labeler or a reader of its output depends on."""
        return hash_json(self.model_dump(mode="json"))

    def only(self, labels: Sequence[str]) -> LabelSet:
        """The label set of these labels alone, in their order here; its id names them.

        Raises:
            UsageError: there is no such label.
        """
        for label in labels:
            if label not in self.ids:
                raise unknown_name(kind="label", name=label, known=self.ids)
        kept = tuple(label for label in self.labels if label.id in labels)
        own_id = "_".join([self.id, *(label.id for label in kept)])
        return LabelSet(
            id=own_id,
            version=self.version,
            description=self.description,
            classes=self.classes,
            labels=kept,
        )


def load_label_set(name_or_path: str | Path = DEFAULT_LABEL_SET) -> LabelSet:
    """The label set of a shipped name or of a YAML file.

    Raises:
        UsageError: there is no such label set, or the file does not fit.
    """
    return load_conf(conf_path("label_sets", name_or_path, kind="label set"), LabelSet)
