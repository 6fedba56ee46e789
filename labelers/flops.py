"""Floating-point operations of a network on one text, counted from its configuration.

A multiplication and an addition are two. Products alone are counted, of a text's own tokens alone: what is spent on
padding is waste, and what softmax and gates cost is little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from labelers import recipe
from labelers.network import TextNetwork


@dataclass(frozen=True, slots=True)
class TextFlops:
    """What a text costs by itself, for each token, and for each pair of a token and one in its window."""

    per_text: float = 0.0
    per_token: float = 0.0
    per_pair: float = 0.0
    window: int | None = None

    def __add__(self, other: TextFlops) -> TextFlops:
        return TextFlops(
            self.per_text + other.per_text,
            self.per_token + other.per_token,
            self.per_pair + other.per_pair,
            self.window or other.window,
        )

    def of(self, n_tokens: int) -> float:
        """A text of so many tokens; one without tokens is not computed at all."""
        if not n_tokens:
            return 0.0
        pairs = n_tokens * min(n_tokens, self.window or n_tokens)
        return self.per_text + n_tokens * self.per_token + pairs * self.per_pair


def network_flops(spec: recipe.Network, network: TextNetwork, *, n_labels: int, n_classes: int) -> TextFlops:
    """Embedding (a look-up, nothing), encoder, pooling and head together."""
    encoder = _encoder(spec.encoder, size=network.embedding.output_size, config=network.encoder_config or {})
    size = network.encoder.output_size
    pooling = _pooling(spec.pooling, size=size, n_labels=n_labels)
    head = _head(spec.head, size=size, n_labels=n_labels, n_classes=n_classes)
    return encoder + pooling + head + TextFlops(window=spec.windows.size if spec.windows else None)


def _encoder(spec: recipe.Encoder, *, size: int, config: Mapping[str, Any]) -> TextFlops:
    match spec:
        case recipe.BiGruEncoder(hidden=hidden):
            return TextFlops(per_token=2 * 3 * hidden * (size + hidden // 2))
        case recipe.CnnEncoder(maps=maps, widths=widths):
            return TextFlops(per_token=2 * size * maps * sum(widths))
        case recipe.CnnLstmEncoder(filters=filters, width=width, pool=pool, hidden=hidden):
            lstm = 2 * 4 * hidden * (filters + hidden) / pool
            return TextFlops(per_token=2 * size * filters * width + lstm)
        case recipe.TransformerEncoder():
            return _transformer(config)
        case recipe.NoEncoder():
            return TextFlops()


def _transformer(config: Mapping[str, Any]) -> TextFlops:
    """Four projections and two dense layers a token; scores and weighted sums a pair."""
    layers, size, inner = (config[name] for name in ("num_hidden_layers", "hidden_size", "intermediate_size"))
    return TextFlops(per_token=layers * 2 * (4 * size * size + 2 * size * inner), per_pair=layers * 4 * size)


def _pooling(spec: recipe.Pooling, *, size: int, n_labels: int) -> TextFlops:
    match spec:
        case recipe.PerLabelAttention(projection=projection):
            return _attention(size, vectors=n_labels, projection=projection)
        case recipe.SingleAttention(projection=projection):
            return _attention(size, vectors=1, projection=projection)
        case recipe.DescriptionAttention(max_tokens=words):
            return TextFlops(per_token=2 * size * n_labels * (words + 1))
        case recipe.MeanPooling():
            return TextFlops(per_token=2 * size)
        case recipe.ClsPooling():
            return TextFlops(per_text=2 * size * size)
        case recipe.LastStates() | recipe.LastState():
            return TextFlops()


def _attention(size: int, *, vectors: int, projection: bool) -> TextFlops:
    return TextFlops(per_token=(2 * size * size if projection else 0) + 4 * vectors * size)


def _head(spec: recipe.Head, *, size: int, n_labels: int, n_classes: int) -> TextFlops:
    match spec:
        case recipe.DenseHead(hidden=hidden):
            return _dense((size, *hidden, n_labels * n_classes))
        case recipe.PerLabelHead():
            return _dense((size, n_classes), copies=n_labels)
        case recipe.PerLabelDenseHead(hidden=hidden):
            return _dense((size, *hidden, n_classes), copies=n_labels)


def _dense(widths: Sequence[int], *, copies: int = 1) -> TextFlops:
    return TextFlops(per_text=2 * copies * sum(one * other for one, other in pairwise(widths)))
