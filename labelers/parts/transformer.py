"""BERT-like encoders, built by transformers from a configuration; weights come from a bundle or a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad
from transformers import AutoConfig, AutoModel

from labelers.parts.masks import token_mask
from schemas.errors import UsageError

EncoderConfig = Mapping[str, Any]


class Transformer(nn.Module):
    """Token indices to the encoder's last hidden states, without pooler (section 3.3, BERT and ALARM).

    `dropout` is that of training, everywhere in the encoder, instead of what its configuration says.
    """

    def __init__(self, config: EncoderConfig, *, dropout: float | None = None) -> None:
        super().__init__()
        model = _build_model(config)
        if dropout is not None:
            _set_dropout(model, dropout)
        parsed = model.config
        self.model: Any = model
        self.output_size = int(parsed.hidden_size)
        self.positions = int(parsed.max_position_embeddings)
        self.padding = int(parsed.pad_token_id or 0)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """Token indices (B, T) -> r: (B, T, h); a token of padding is never attended to.

        One more padded place is computed and dropped: without any, transformers would leave the mask out and
        compute in another order, and a text's result would depend on the lengths beside it.
        """
        n_tokens = tokens.shape[1]
        mask = token_mask(lengths, n_tokens + 1)
        padded = pad(tokens, (0, 1)).masked_fill(~mask, self.padding)
        r: Tensor = self.model(
            input_ids=padded, attention_mask=mask.long(), **self._positions(n_tokens + 1, tokens.device)
        ).last_hidden_state
        return r[:, :n_tokens]

    def train(self, mode: bool = True) -> Transformer:
        """In training attention is computed step by step: on a CPU the fused kernel's gradient takes longer."""
        self.model.set_attn_implementation("eager" if mode else "sdpa")
        return super().train(mode)

    def _positions(self, n_tokens: int, device: torch.device) -> dict[str, Tensor]:
        """Nothing, or where padding would lie beyond the last position, that one."""
        if n_tokens <= self.positions:
            return {}
        return {"position_ids": torch.arange(n_tokens, device=device).clamp(max=self.positions - 1)[None]}


def _build_model(config: EncoderConfig) -> Any:
    """Raises UsageError where transformers knows no such encoder."""
    try:
        parsed = AutoConfig.for_model(**config)
        return AutoModel.from_config(
            parsed, add_pooling_layer=False, attn_implementation="sdpa", dtype=torch.float32
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        kind = config.get("model_type")
        raise UsageError(f"encoder type '{kind}' cannot be built: it must be a BERT-like encoder") from error


def _set_dropout(model: nn.Module, share: float) -> None:
    for part in model.modules():
        if isinstance(part, nn.Dropout):
            part.p = share
