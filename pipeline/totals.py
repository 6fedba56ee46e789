"""Adding up the counts of a run's parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from schemas.conf import Frozen

CountsT = TypeVar("CountsT", bound=Frozen)


def add_up(values: Sequence[Any]) -> Any:
    """The sum of numbers, or of equal keys of dictionaries of numbers, however deep; keys come out sorted."""
    if not isinstance(values[0], dict):
        return sum(values)
    keys = sorted({key for value in values for key in value})
    return {key: add_up([value[key] for value in values if key in value]) for key in keys}


def total(records: Sequence[Frozen], model: type[CountsT]) -> CountsT:
    """One record of `model` with the sum of each of its fields over the records, of which there is one at least."""
    names = model.model_fields
    return model(**{name: add_up([getattr(record, name) for record in records]) for name in names})
