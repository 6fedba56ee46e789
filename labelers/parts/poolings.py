"""The representation r of all tokens to what a head reads: one s for all labels, or one s_l for each.

A pooling gives s: (B, K, h) and its weights alpha: (B, K, T), with K = 1 or K = n_L. `mask` (B, T) is true where
there is a token; padding gets no weight, so it can never change a prediction.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from labelers import recipe


class MeanPooling(nn.Module):
    """Every token counts the same (section 3.1)."""

    def __init__(self, *, input_size: int) -> None:
        super().__init__()
        self.output_size = input_size
        self.representations = 1

    def forward(self, r: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, h) -> s: (B, 1, h), alpha: (B, 1, T)."""
        counted = mask.to(r.dtype)
        alpha = (counted / counted.sum(dim=1, keepdim=True)).unsqueeze(1)
        return alpha @ r, alpha


class Attention(nn.Module):
    """K attention vectors over one projection of the tokens (section 3.2).

    u = tanh(W_0 r + b_0);  alpha_l = softmax(v_l^T u);  s_l = sum alpha_l r
    """

    def __init__(self, *, input_size: int, vectors: int) -> None:
        super().__init__()
        self.output_size = input_size
        self.representations = vectors
        self.projection = nn.Linear(input_size, input_size)  # W_0: h x h, b_0: h
        self.v = nn.Parameter(torch.empty(vectors, input_size))
        nn.init.xavier_uniform_(self.v)

    def forward(self, r: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, h) -> s: (B, K, h), alpha: (B, K, T)."""
        u = torch.tanh(self.projection(r))  # (B, T, h)
        scores = torch.einsum("kh,bth->bkt", self.v, u)
        alpha = torch.softmax(scores.masked_fill(~mask.unsqueeze(1), float("-inf")), dim=-1)
        return alpha @ r, alpha


PoolingSpec = recipe.MeanPooling | recipe.SingleAttention | recipe.PerLabelAttention


def build_pooling(spec: PoolingSpec, *, input_size: int, n_labels: int) -> MeanPooling | Attention:
    """The pooling that the recipe names."""
    match spec:
        case recipe.PerLabelAttention():
            return Attention(input_size=input_size, vectors=n_labels)
        case recipe.SingleAttention():
            return Attention(input_size=input_size, vectors=1)
        case recipe.MeanPooling():
            return MeanPooling(input_size=input_size)
