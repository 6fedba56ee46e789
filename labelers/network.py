"""The network of a recipe: embedding -> encoder -> pooling -> head (Schrempf 2020, Fig. 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from labelers import recipe
from labelers.parts.dropout import SharedDropout
from labelers.parts.embeddings import WordEmbedding
from labelers.parts.encoders import build_encoder
from labelers.parts.heads import build_head
from labelers.parts.poolings import build_pooling


@dataclass(frozen=True, slots=True)
class NetworkOutput:
    """Scores (B, n_L, n_C), before the softmax, and attention weights (B, K, T)."""

    scores: Tensor
    attention: Tensor


class TextNetwork(nn.Module):
    """A recipe's parts, put together."""

    def __init__(
        self, spec: recipe.Network, *, embedding: WordEmbedding, n_labels: int, n_classes: int
    ) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.embedding = embedding
        self.encoder = build_encoder(spec.encoder, input_size=embedding.output_size)
        self.pooling = build_pooling(spec.pooling, input_size=self.encoder.output_size, n_labels=n_labels)
        self.head = build_head(
            spec.head,
            input_size=self.pooling.output_size,
            representations=self.pooling.representations,
            n_labels=n_labels,
            n_classes=n_classes,
        )
        self.drop_embedded = SharedDropout(spec.dropout.embedded)
        self.drop_encoded = SharedDropout(spec.dropout.encoded)
        self.drop_pooled = SharedDropout(spec.dropout.pooled)

    def forward(self, tokens: Tensor, lengths: Tensor) -> NetworkOutput:
        """Token indices (B, T), zero-padded, and how many of them are tokens (B,)."""
        mask = torch.arange(tokens.shape[1], device=tokens.device) < lengths.unsqueeze(1)  # (B, T)
        x = self.drop_embedded(self.embedding(tokens))  # (B, T, e)
        r = self.drop_encoded(self.encoder(x, lengths))  # (B, T, h)
        s, alpha = self.pooling(r, mask)  # (B, K, h), (B, K, T)
        return NetworkOutput(scores=self.head(self.drop_pooled(s)), attention=alpha)


def count_parameters(network: TextNetwork) -> int:
    """Parameters besides the embedding, as in the paper's Table 4."""
    return sum(
        parameter.numel()
        for name, parameter in network.named_parameters()
        if not name.startswith("embedding.")
    )
