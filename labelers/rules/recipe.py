"""The recipe of a rule labeler: which rule files it reads. It is not trained."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from labelers.recipe import Paper, Unit
from schemas.conf import Frozen
from schemas.label_set import DEFAULT_LABEL_SET, Identifier

RULES_KIND = "rules"


class RulesRecipe(Frozen):
    """`rules` are names in `conf/rules` or YAML files; `confidence` is the probability given to each answer."""

    name: Identifier
    paper: Paper
    summary: str
    notes: str = ""
    kind: Literal["rules"]
    unit: Literal[Unit.SENTENCE] = Unit.SENTENCE
    label_set: str = DEFAULT_LABEL_SET
    rules: tuple[str, ...] = Field(min_length=1)
    confidence: float = Field(default=0.91, gt=0.25, lt=1)
