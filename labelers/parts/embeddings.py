"""Words to vectors."""

from __future__ import annotations

from torch import Tensor, nn

from labelers.vocabulary import PADDING_INDEX


class WordEmbedding(nn.Module):
    """Looks up one vector for each token."""

    def __init__(self, vectors: Tensor, *, trainable: bool = True) -> None:
        super().__init__()
        self.words, self.output_size = vectors.shape
        self.lookup = nn.Embedding(self.words, self.output_size, padding_idx=PADDING_INDEX, _weight=vectors)
        self.lookup.weight.requires_grad_(trainable)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, T, e)."""
        embedded: Tensor = self.lookup(tokens)
        return embedded


class TokenIndices(nn.Module):
    """In place of an embedding, where the encoder embeds tokens itself."""

    words = 0
    output_size = 0

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, T)."""
        return tokens
