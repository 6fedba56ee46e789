"""The rule by which several texts' classes become one: data, from `conf/aggregation/`."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from schemas.conf import Frozen, conf_path, load_conf
from schemas.errors import UsageError
from schemas.hashing import hash_json
from schemas.label_set import Identifier, LabelSet


class AggregationRule(Frozen):
    """Orders of classes, strongest first; a label set uses the one that names exactly its classes."""

    id: Identifier
    description: str
    orders: tuple[tuple[Identifier, ...], ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_class_has_one_rank(self) -> Self:
        if any(len(set(order)) < len(order) for order in self.orders):
            raise ValueError("an order names a class twice")
        return self

    @property
    def fingerprint(self) -> str:
        """Hash of what the result depends on."""
        return hash_json(self.orders)

    def ranks(self, label_set: LabelSet) -> tuple[int, ...]:
        """The strength of each class of `label_set`, by class index; the highest wins.

        Raises:
            UsageError: no order names exactly the label set's classes.
        """
        for order in self.orders:
            if set(order) == set(label_set.classes):
                return tuple(len(order) - 1 - order.index(name) for name in label_set.classes)
        classes = ", ".join(label_set.classes)
        raise UsageError(
            f"aggregation '{self.id}' has no order for the classes {classes} of '{label_set.id}'"
        )


def load_aggregation(name_or_path: str | Path = "strongest") -> AggregationRule:
    """The rule of a shipped name or of a YAML file.

    Raises:
        UsageError: there is no such rule, or the file does not fit.
    """
    return load_conf(conf_path("aggregation", name_or_path, kind="aggregation rule"), AggregationRule)
