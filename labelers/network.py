"""The network of a recipe: embedding -> encoder -> pooling -> head (Schrempf 2020, Fig. 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from labelers import recipe
from labelers.batching import Tokens
from labelers.parts.description_attention import LabelDescriptions
from labelers.parts.dropout import SharedDropout
from labelers.parts.embeddings import TokenIndices, WordEmbedding
from labelers.parts.encoders import build_encoder
from labelers.parts.heads import build_head
from labelers.parts.masks import token_mask
from labelers.parts.poolings import build_pooling
from labelers.parts.windows import (
    cut_windows,
    document_attention,
    lay_windows,
    strongest_windows,
    window_representations,
)
from schemas.errors import UsageError


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """Scores (B, n_L, n_C), before the softmax, and attention weights (B, K, T) where the network attends."""

    scores: Tensor
    attention: Tensor | None


class TextNetwork(nn.Module):
    """A recipe's parts, put together: over word vectors, or over a transformer of a configuration."""

    def __init__(  # noqa: PLR0913
        self,
        spec: recipe.Network,
        *,
        embedding: WordEmbedding | None = None,
        encoder_config: Mapping[str, Any] | None = None,
        descriptions: Sequence[Tokens] = (),
        n_labels: int,
        n_classes: int,
    ) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.encoder_config = encoder_config
        self.embedding = embedding or TokenIndices()
        self.encoder = _build_encoder(spec.encoder, self.embedding, encoder_config)
        self.pooling = build_pooling(spec.pooling, input_size=self.encoder.output_size, n_labels=n_labels)
        self.head = build_head(
            spec.head,
            input_size=self.pooling.output_size,
            representations=self.pooling.representations,
            n_labels=n_labels,
            n_classes=n_classes,
        )
        self.windows = spec.windows
        self.descriptions = LabelDescriptions(descriptions) if descriptions else None
        self.drop_embedded = SharedDropout(spec.dropout.embedded)
        self.drop_encoded = SharedDropout(spec.dropout.encoded)
        self.drop_pooled = SharedDropout(spec.dropout.pooled)

    @property
    def device(self) -> torch.device:
        """Where its weights lie, and what it reads must."""
        return next(self.parameters()).device

    @property
    def attends(self) -> bool:
        """Whether `forward` gives attention weights."""
        return self.pooling.attends

    @property
    def represents_labels(self) -> bool:
        """Whether `representations` gives one for each label, not one for all of them."""
        return self.pooling.representations > 1 or self.windows is not None

    def forward(self, tokens: Tensor, lengths: Tensor) -> NetworkOutput:
        """Token indices (B, T), zero-padded, and how many of them are tokens (B,)."""
        if self.windows is None:
            return self._read(tokens, lengths)
        n_tokens = tokens.shape[1]
        layout = lay_windows(lengths, n_tokens, size=self.windows.size, overlap=self.windows.overlap)
        read = self._read(*cut_windows(tokens, layout))
        scores, best = strongest_windows(read.scores, layout)
        if read.attention is None:
            return NetworkOutput(scores, None)
        return NetworkOutput(scores, document_attention(read.attention, best, layout, n_tokens))

    def representations(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """What the head reads of each text: s (B, K, h), K = 1 where one serves all labels, else n_L.

        Of a document in windows each label has that of the window which speaks most for it, so that K = n_L.
        """
        if self.windows is None:
            return self._pool(tokens, lengths)[0]
        layout = lay_windows(lengths, tokens.shape[1], size=self.windows.size, overlap=self.windows.overlap)
        s, _ = self._pool(*cut_windows(tokens, layout))  # (B n_w, K, h)
        _, best = strongest_windows(self.head(s), layout)
        return window_representations(s, best)

    def _read(self, tokens: Tensor, lengths: Tensor) -> NetworkOutput:
        s, alpha = self._pool(tokens, lengths)
        return NetworkOutput(scores=self.head(self.drop_pooled(s)), attention=alpha)

    def _pool(self, tokens: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, T) -> s: (B, K, h), alpha: (B, K, T) where the pooling attends."""
        mask = token_mask(lengths, tokens.shape[1])  # (B, T)
        x = self.drop_embedded(self.embedding(tokens))  # (B, T, e), or (B, T) where the encoder embeds
        r = self.drop_encoded(self.encoder(x, lengths))  # (B, T, h)
        labels = () if self.descriptions is None else (self.descriptions(self.encoder),)
        pooled: tuple[Tensor, Tensor | None] = self.pooling(r, mask, *labels)
        return pooled


def _build_encoder(
    spec: recipe.Encoder, embedding: WordEmbedding | TokenIndices, config: Mapping[str, Any] | None
) -> Any:
    if not isinstance(spec, recipe.TransformerEncoder):
        return build_encoder(spec, input_size=embedding.output_size)
    if config is None:
        raise UsageError(f"encoder '{spec.checkpoint}' has no configuration")
    from labelers.parts.transformer import Transformer  # noqa: PLC0415 (transformers is slow to import)

    return Transformer(config, dropout=spec.dropout)


def count_parameters(network: TextNetwork) -> int:
    """Parameters besides the word embedding, as in the paper's Table 4; a transformer is counted whole."""
    return sum(
        parameter.numel()
        for name, parameter in network.named_parameters()
        if not name.startswith("embedding.")
    )
