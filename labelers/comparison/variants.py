"""What an ablation compares: a recipe with one thing taken away at a time (Schrempf 2020, Tables 5 and 6)."""

from __future__ import annotations

from enum import StrEnum

from labelers.recipe import RandomEmbedding, Recipe, Word2VecEmbedding
from labelers.sparse.recipe import AnyRecipe
from schemas.errors import UsageError


class Variant(StrEnum):
    """In the order of the paper's tables: S, N-S, N+S with a random embedding, N+S."""

    SYNTHETIC_ONLY = "synthetic_only"
    REAL_ONLY = "real_only"
    RANDOM_EMBEDDING = "random_embedding"
    FULL = "full"


def ablation_variants(recipe: AnyRecipe) -> dict[Variant, AnyRecipe]:
    """The recipe's variants; one without word2vec has none with a random embedding.

    Raises:
        UsageError: the recipe has no synthetic sentences to take away.
    """
    if recipe.training.synthesis is None or recipe.training.synthetic_only:
        raise UsageError(f"labeler '{recipe.name}' cannot be ablated: it needs real and synthetic sentences")
    found = {
        Variant.SYNTHETIC_ONLY: _with_training(recipe, synthetic_only=True),
        Variant.REAL_ONLY: _with_training(recipe, synthesis=None),
        Variant.RANDOM_EMBEDDING: _with_random_embedding(recipe),
        Variant.FULL: recipe,
    }
    return {variant: changed for variant, changed in found.items() if changed is not None}


def _with_training(recipe: AnyRecipe, **changes: bool | str | None) -> AnyRecipe:
    return recipe.model_copy(update={"training": recipe.training.model_copy(update=changes)})


def _with_random_embedding(recipe: AnyRecipe) -> Recipe | None:
    """The same words, so that only what is known of them beforehand differs."""
    if not isinstance(recipe, Recipe) or not isinstance(recipe.network.embedding, Word2VecEmbedding):
        return None
    spec = recipe.network.embedding
    random = RandomEmbedding(
        kind="random",
        size=spec.size,
        min_count=spec.min_count,
        max_words=spec.max_words,
        trainable=spec.trainable,
    )
    return recipe.model_copy(update={"network": recipe.network.model_copy(update={"embedding": random})})
