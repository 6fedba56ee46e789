"""What is pre-trained, and how: one YAML file in `conf/pretraining/`. Imports no torch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, model_validator

from labelers.recipe import Share
from schemas.conf import Frozen, conf_path, load_conf
from schemas.label_set import Identifier
from schemas.precision import Precision

AtLeastOne = Annotated[int, Field(ge=1)]


class Checkpoint(Frozen):
    """An encoder that is there already: `minilm`, a local folder, or a name in the local Hugging Face cache."""

    kind: Literal["checkpoint"]
    checkpoint: str = Field(min_length=1)


class WordPieces(Frozen):
    """A WordPiece vocabulary, trained on the same texts; a pair is merged where it occurs `min_count` times."""

    size: int = Field(ge=10)
    lower_case: bool = True
    strip_accents: bool = False
    min_count: AtLeastOne = 2


class NewEncoder(Frozen):
    """A BERT that starts at random."""

    kind: Literal["new"]
    vocabulary: WordPieces
    hidden: AtLeastOne
    layers: AtLeastOne
    heads: AtLeastOne
    intermediate: AtLeastOne
    positions: AtLeastOne = 512

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        if self.hidden % self.heads:
            raise ValueError("hidden must be a multiple of heads")
        return self


class Masking(Frozen):
    """Which tokens are to be guessed, and what stands in their place; the rest of them stay as they are."""

    share: float = Field(default=0.15, gt=0, lt=1)
    masked: float = Field(default=0.8, ge=0, le=1)
    random: float = Field(default=0.1, ge=0, le=1)

    @model_validator(mode="after")
    def _parts_of_one(self) -> Self:
        if self.masked + self.random > 1:
            raise ValueError("masked and random are more than 1 together")
        return self


class PretrainingRecipe(Frozen):
    """A pre-training before it is run.

    Texts are cut into chunks of `max_tokens`, special tokens included; `held_out` is the share of the texts that
    the curve is measured on. The learning rate rises over the share `warm_up` of all steps, then falls to zero.
    """

    name: Identifier
    summary: str
    encoder: Annotated[Checkpoint | NewEncoder, Field(discriminator="kind")]
    masking: Masking = Masking()
    max_tokens: int = Field(ge=4)
    held_out: float = Field(default=0.02, gt=0, lt=1)
    batch_size: AtLeastOne
    learning_rate: float = Field(gt=0)
    warm_up: Share = 0.1
    gradient_norm: float = Field(default=1.0, gt=0)
    precision: Precision = Precision.FLOAT32
    epochs: AtLeastOne
    checkpoint_steps: AtLeastOne = 500
    seed: int = Field(default=0, ge=0)
    threads: AtLeastOne = 2

    def with_overrides(
        self,
        *,
        encoder: str | None = None,
        epochs: int | None = None,
        seed: int | None = None,
        threads: int | None = None,
    ) -> PretrainingRecipe:
        """The recipe with what a command line changes; `encoder` takes the place of whatever it started from."""
        given = {"epochs": epochs, "seed": seed, "threads": threads}
        changes: dict[str, object] = {name: value for name, value in given.items() if value is not None}
        if encoder is not None:
            changes["encoder"] = Checkpoint(kind="checkpoint", checkpoint=encoder)
        return self.model_copy(update=changes)

    def to_yaml(self) -> str:
        """All settings, defaults included."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load_pretraining(name_or_path: str | Path) -> PretrainingRecipe:
    """The recipe of a shipped name or of a YAML file.

    Raises:
        UsageError: there is no such recipe, or the file does not fit.
    """
    return load_conf(conf_path("pretraining", name_or_path, kind="pre-training"), PretrainingRecipe)
