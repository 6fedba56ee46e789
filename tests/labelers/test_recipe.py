from __future__ import annotations

import subprocess
import sys

import pytest

from labelers.recipe import BiGruEncoder, PerLabelAttention, Recipe, load_recipe
from labelers.registry import DEFAULT_LABELER, list_labelers, resolve_bundle
from schemas.errors import BundleError, UsageError
from tests.labelers.networks import small_recipe


def test_the_default_recipe_reads_as_the_papers_network() -> None:
    recipe = load_recipe(DEFAULT_LABELER)

    assert recipe.network.embedding.size == 200
    assert recipe.network.encoder == BiGruEncoder(kind="bigru", hidden=1024)
    assert recipe.network.pooling == PerLabelAttention(kind="per_label_attention")
    assert recipe.training.synthesis == "schrempf"


def test_every_shipped_recipe_has_the_name_of_its_file() -> None:
    for entry in list_labelers():
        assert entry.recipe.name == entry.name


def test_an_unknown_key_is_refused() -> None:
    raw = small_recipe().model_dump(mode="json")
    raw["network"]["encoder"]["layers"] = 2

    with pytest.raises(ValueError, match="layers"):
        Recipe.model_validate(raw)


def test_a_mistyped_recipe_name_is_answered_with_a_guess() -> None:
    with pytest.raises(UsageError, match="Did you mean 'bigru_per_label_attention'"):
        load_recipe("bigru_per_lable_attention")


def test_overrides_change_the_training_and_nothing_else() -> None:
    recipe = small_recipe()

    changed = recipe.with_overrides(seed=7, max_epochs=3)

    assert (changed.training.seed, changed.training.max_epochs) == (7, 3)
    assert changed.with_overrides(seed=recipe.training.seed, max_epochs=2) == recipe
    assert recipe.with_overrides() == recipe


def test_a_mistyped_bundle_name_and_a_path_to_nothing_are_told_apart() -> None:
    with pytest.raises(UsageError, match=r"unknown labeler 'defualt'\. Did you mean 'default'"):
        resolve_bundle("defualt")
    with pytest.raises(BundleError, match="is not a folder"):
        resolve_bundle("no/such/bundle")


def test_listing_labelers_imports_no_heavy_library() -> None:
    code = (
        "import sys; from labelers.registry import list_labelers; list_labelers(); "
        "print(sorted({'torch', 'gensim', 'transformers', 'apache_beam'} & set(sys.modules)))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
