"""The recipe of a rule labeler: which rule files it reads. It is not trained."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from labelers.recipe import Paper, Unit
from schemas.conf import Frozen, load_conf
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


def load_rules_recipe(path: Path) -> RulesRecipe:
    """The recipe, its rule files found from where it lies.

    Raises:
        UsageError: the file does not fit.
    """
    recipe = load_conf(path, RulesRecipe)
    rules = tuple(str(path.parent / name) if Path(name).suffix else name for name in recipe.rules)
    return recipe.model_copy(update={"rules": rules})
