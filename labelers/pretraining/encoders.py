"""The encoder that is pre-trained, with its prediction head and its tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from labelers.pretrained import find_checkpoint, quiet_transformers
from labelers.pretraining.pieces import CLS, MASK, PAD, SEP, UNKNOWN, train_pieces
from labelers.pretraining.recipe import Checkpoint, NewEncoder, PretrainingRecipe
from schemas.errors import UsageError

_HEADS = ("cls", "lm_head")


@dataclass(frozen=True, slots=True, eq=False)
class MaskedLanguageModel:
    """transformers' model and tokenizer; either is saved as it is."""

    model: Any
    tokenizer: Any

    @property
    def special(self) -> frozenset[int]:
        """Tokens that are never hidden and never stand in for others."""
        return frozenset(self.tokenizer.all_special_ids)

    @property
    def ordinary(self) -> Tensor:
        """All other tokens' indices."""
        return torch.tensor([index for index in range(len(self.tokenizer)) if index not in self.special])

    def guesses(self, tokens: Tensor, mask: Tensor, chosen: Tensor) -> Tensor:
        """Scores (n, words) of the n chosen places alone; those of all tokens would fill the memory."""
        padded = tokens.masked_fill(~mask, self.tokenizer.pad_token_id)
        states = self.model.base_model(input_ids=padded, attention_mask=mask.long()).last_hidden_state
        scores: Tensor = _head(self.model)(states[chosen])
        return scores


def load_model(recipe: PretrainingRecipe, texts: Sequence[str]) -> MaskedLanguageModel:
    """What the recipe starts from; what is new in it is drawn from torch's random state.

    Raises:
        UsageError: the checkpoint cannot be had, is no BERT-like encoder, or reads too few tokens.
    """
    if isinstance(recipe.encoder, Checkpoint):
        loaded = _from_checkpoint(recipe.encoder)
    else:
        loaded = _from_scratch(recipe.encoder, texts)
    positions = int(loaded.model.config.max_position_embeddings)
    if recipe.max_tokens > positions:
        raise UsageError(
            f"pre-training '{recipe.name}' reads {recipe.max_tokens} tokens, its encoder at most {positions}: "
            "lower max_tokens"
        )
    return loaded


def _from_scratch(spec: NewEncoder, texts: Sequence[str]) -> MaskedLanguageModel:
    from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast  # noqa: PLC0415 (slow to import)

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=train_pieces(texts, spec.vocabulary),
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=CLS,
        sep_token=SEP,
        mask_token=MASK,
        model_max_length=spec.positions,
    )
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=spec.hidden,
        num_hidden_layers=spec.layers,
        num_attention_heads=spec.heads,
        intermediate_size=spec.intermediate,
        max_position_embeddings=spec.positions,
        pad_token_id=tokenizer.pad_token_id,
    )
    return MaskedLanguageModel(BertForMaskedLM(config), tokenizer)


def _from_checkpoint(spec: Checkpoint) -> MaskedLanguageModel:
    from transformers import AutoModelForMaskedLM, AutoTokenizer  # noqa: PLC0415 (slow to import)

    source = find_checkpoint(spec.checkpoint)[0]
    try:
        with quiet_transformers():
            model, report = AutoModelForMaskedLM.from_pretrained(
                source, local_files_only=True, output_loading_info=True, dtype=torch.float32
            )
            tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=True)
    except (OSError, ValueError, ImportError) as error:
        raise UsageError(
            f"encoder '{spec.checkpoint}' cannot be loaded: name a folder with config.json, weights and a tokenizer"
        ) from error
    missing = [name for name in report["missing_keys"] if not name.startswith(_HEADS)]
    if missing or not tokenizer.is_fast or tokenizer.mask_token is None:
        raise UsageError(
            f"encoder '{spec.checkpoint}' is no BERT-like encoder with a fast tokenizer and a mask token"
        )
    _head(model)
    return MaskedLanguageModel(model, tokenizer)


def _head(model: nn.Module) -> nn.Module:
    for name in _HEADS:
        if hasattr(model, name):
            head: nn.Module = getattr(model, name)
            return head
    raise UsageError(f"encoder type '{type(model).__name__}' has no prediction head that is known")
