import pytest

from labelers.comparison.variants import Variant, ablation_variants
from labelers.recipe import RandomEmbedding, Recipe, load_recipe
from schemas.errors import UsageError
from tests.labelers.networks import small_recipe


def differences(one: Recipe, other: Recipe) -> set[str]:
    """Settings of the network and of training in which they differ."""
    left, right = one.model_dump(), other.model_dump()
    return {
        key for part in ("network", "training") for key in left[part] if left[part][key] != right[part][key]
    }


def test_each_variant_takes_one_thing_away() -> None:
    recipe = load_recipe("bigru_per_label_attention")
    variants = ablation_variants(recipe)

    assert list(variants) == list(Variant)
    assert {name: differences(recipe, changed) for name, changed in variants.items()} == {
        Variant.SYNTHETIC_ONLY: {"synthetic_only"},
        Variant.REAL_ONLY: {"synthesis"},
        Variant.RANDOM_EMBEDDING: {"embedding"},
        Variant.FULL: set(),
    }


def test_random_words_are_as_many_and_as_long_as_the_pre_trained() -> None:
    changed = ablation_variants(load_recipe("bigru_per_label_attention"))[Variant.RANDOM_EMBEDDING]
    embedding = changed.network.embedding

    assert isinstance(embedding, RandomEmbedding)
    assert (embedding.size, embedding.max_words, embedding.min_count) == (200, 25_000, 2)


def test_a_recipe_without_word2vec_has_no_random_variant() -> None:
    variants = ablation_variants(small_recipe(synthesis="schrempf"))

    assert list(variants) == [Variant.SYNTHETIC_ONLY, Variant.REAL_ONLY, Variant.FULL]


def test_a_recipe_without_synthetic_sentences_is_refused() -> None:
    with pytest.raises(UsageError, match="needs real and synthetic sentences"):
        ablation_variants(small_recipe())
