"""Recipes of the labelers that count words: a random forest or a logistic regression for each label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Discriminator, Field, Tag, model_validator

from labelers.recipe import (
    HeldOut,
    Paper,
    Recipe,
    TextOptions,
    TokenKind,
    Unit,
    Word2VecEmbedding,
    check_sections,
)
from schemas.conf import Frozen
from schemas.errors import UsageError, unknown_name
from schemas.label_set import DEFAULT_LABEL_SET, Identifier


class SparseTraining(Frozen):
    """What fitting needs besides the model's own settings; `held_out` is measured, and chooses a penalty.

    The texts that are made are those of `labelers.recipe.Training`.
    """

    synthesis: str | None
    synthetic_only: bool = False
    synonyms: int = Field(default=0, ge=0)
    held_out: HeldOut
    seed: int = 0
    threads: int = Field(default=2, ge=1)


class Forest(Frozen):
    """scikit-learn's random forest, one for each label, over a bag of words (Schrempf 2020, section 3.1)."""

    trees: int = Field(ge=1)
    depth: int = Field(ge=1)
    max_features: int = Field(ge=1)
    min_count: int = Field(default=1, ge=1)


class NGrams(Frozen):
    """Sequences of 1 to `longest` words that at least `min_texts` training texts have."""

    longest: int = Field(ge=1, le=5)
    min_texts: int = Field(ge=1)


class Regression(Frozen):
    """Logistic regression with a lasso penalty; of `strengths` (scikit-learn's C) the held-out texts choose one."""

    strengths: tuple[float, ...] = Field(min_length=1)
    max_iterations: int = Field(default=1000, ge=1)


class SparseRecipe(Frozen):
    """What all labelers that count words have in common with those of networks."""

    name: Identifier
    paper: Paper
    summary: str
    notes: str = ""
    unit: Unit = Unit.SENTENCE
    label_set: str = DEFAULT_LABEL_SET
    text: TextOptions
    training: SparseTraining

    @model_validator(mode="after")
    def _reads_words(self) -> Self:
        if self.text.tokens is not TokenKind.WORDS:
            raise ValueError("a labeler that counts words reads text.tokens words")
        check_sections(self.unit, self.text)
        return self

    @property
    def checkpoint(self) -> None:
        """There is no pre-trained encoder to start from."""
        return

    def with_overrides(
        self,
        *,
        seed: int | None = None,
        max_epochs: int | None = None,
        encoder: str | None = None,
        learning_rate: float | None = None,
        threads: int | None = None,
    ) -> Self:
        """The recipe with what a command line changes.

        Raises:
            UsageError: epochs or an encoder are asked for, which these labelers do not have.
        """
        if max_epochs is not None or learning_rate is not None:
            raise UsageError(
                f"labeler '{self.name}' is not trained in epochs: leave --max-epochs and --learning-rate out"
            )
        if encoder is not None:
            raise UsageError(f"labeler '{self.name}' reads words: it has no transformer encoder to choose")
        given = {"seed": seed, "threads": threads}
        changes = {name: value for name, value in given.items() if value is not None}
        return self.model_copy(update={"training": self.training.model_copy(update=changes)})

    def to_yaml(self) -> str:
        """All settings, defaults included."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


class ForestRecipe(SparseRecipe):
    """Bag of words and one random forest for each label."""

    kind: Literal["random_forest"]
    forest: Forest


class RegressionRecipe(SparseRecipe):
    """Mean word vector and n-grams into one logistic regression for each label; labels have two classes."""

    kind: Literal["logistic_regression"]
    embedding: Word2VecEmbedding
    ngrams: NGrams
    regression: Regression


AnyRecipe = Recipe | ForestRecipe | RegressionRecipe


def recipe_kind(content: Any) -> str:
    """What a recipe, written or read, is of; without `kind` it is a network."""
    found = content.get("kind") if isinstance(content, Mapping) else getattr(content, "kind", None)
    return "network" if found is None else str(found)


TaggedRecipe = Annotated[
    Annotated[Recipe, Tag("network")]
    | Annotated[ForestRecipe, Tag("random_forest")]
    | Annotated[RegressionRecipe, Tag("logistic_regression")],
    Discriminator(recipe_kind),
]


def recipe_class(content: Any) -> type[AnyRecipe]:
    """The class of a recipe as it is written.

    Raises:
        UsageError: there is no such kind.
    """
    kind = recipe_kind(content)
    if kind not in _CLASSES:
        raise unknown_name(kind="kind of recipe", name=kind, known=_CLASSES)
    return _CLASSES[kind]


_CLASSES: Mapping[str, type[AnyRecipe]] = {
    "network": Recipe,
    "random_forest": ForestRecipe,
    "logistic_regression": RegressionRecipe,
}
