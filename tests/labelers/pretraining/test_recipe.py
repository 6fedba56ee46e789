from __future__ import annotations

import pytest
from pydantic import ValidationError

from labelers.pretraining.recipe import Checkpoint, Masking, PretrainingRecipe, load_pretraining
from schemas.conf import conf_names
from schemas.errors import UsageError
from tests.labelers.pretraining.recipes import tiny_recipe


@pytest.mark.parametrize("name", conf_names("pretraining"))
def test_shipped_pretrainings_are_named_after_their_file(name: str) -> None:
    assert load_pretraining(name).name == name


def test_an_unknown_pretraining_is_an_error_that_lists_what_there_is() -> None:
    with pytest.raises(UsageError, match="Did you mean 'minilm_further'"):
        load_pretraining("minilm_farther")


def test_the_command_line_changes_encoder_epochs_and_seed() -> None:
    changed = tiny_recipe().with_overrides(encoder="folder", epochs=7, seed=3)

    assert changed.encoder == Checkpoint(kind="checkpoint", checkpoint="folder")
    assert (changed.epochs, changed.seed) == (7, 3)
    assert tiny_recipe().with_overrides() == tiny_recipe()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValidationError, match="more than 1 together"):
        Masking(masked=0.9, random=0.2)
    raw = tiny_recipe().model_dump(mode="json")
    raw["encoder"]["heads"] = 3
    with pytest.raises(ValidationError, match="multiple of heads"):
        PretrainingRecipe.model_validate(raw)
