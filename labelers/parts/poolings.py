"""The representation r of all tokens to what a head reads: one s for all labels, or one s_l for each.

A pooling gives s: (B, K, h), with K = 1 or K = n_L, and where it attends its weights alpha: (B, K, T). `mask`
(B, T) is true where there is a token; padding gets no weight, so it can never change a prediction.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from labelers import recipe
from labelers.parts.description_attention import DescriptionAttention


class MeanPooling(nn.Module):
    """Every token counts the same (section 3.1)."""

    attends = False
    representations = 1

    def __init__(self, *, input_size: int) -> None:
        super().__init__()
        self.output_size = input_size

    def forward(self, r: Tensor, mask: Tensor) -> tuple[Tensor, None]:
        """(B, T, h) -> s: (B, 1, h)."""
        counted = mask.to(r.dtype)
        share = (counted / counted.sum(dim=1, keepdim=True)).unsqueeze(1)
        return share @ r, None


class LastStates(nn.Module):
    """Where each direction ends: r's forward half at the last token, its backward half at the first."""

    attends = False
    representations = 1

    def __init__(self, *, input_size: int) -> None:
        super().__init__()
        self.output_size = input_size

    def forward(self, r: Tensor, mask: Tensor) -> tuple[Tensor, None]:
        """(B, T, h) -> s: (B, 1, h)."""
        half = r.shape[-1] // 2
        last = mask.sum(dim=1) - 1  # (B,)
        rows = torch.arange(r.shape[0], device=r.device)
        return torch.cat([r[rows, last, :half], r[:, 0, half:]], dim=-1).unsqueeze(1), None


class LastState(nn.Module):
    """r at the last token, of an encoder that reads forward."""

    attends = False
    representations = 1

    def __init__(self, *, input_size: int) -> None:
        super().__init__()
        self.output_size = input_size

    def forward(self, r: Tensor, mask: Tensor) -> tuple[Tensor, None]:
        """(B, T, h) -> s: (B, 1, h)."""
        rows = torch.arange(r.shape[0], device=r.device)
        return r[rows, mask.sum(dim=1) - 1].unsqueeze(1), None


class ClsPooling(nn.Module):
    """BERT's pooler: the first token, a dense layer, tanh (section 3.3)."""

    attends = False
    representations = 1

    def __init__(self, *, input_size: int) -> None:
        super().__init__()
        self.output_size = input_size
        self.dense = nn.Linear(input_size, input_size)

    def forward(self, r: Tensor, mask: Tensor) -> tuple[Tensor, None]:  # noqa: ARG002 (a first token is no padding)
        """(B, T, h) -> s: (B, 1, h)."""
        return torch.tanh(self.dense(r[:, :1])), None


class Attention(nn.Module):
    """K attention vectors over one projection of the tokens (section 3.2).

    u = tanh(W_0 r + b_0), or u = r without projection;  alpha_l = softmax(v_l^T u);  s_l = sum alpha_l r
    """

    attends = True

    def __init__(self, *, input_size: int, vectors: int, projection: bool = True) -> None:
        super().__init__()
        self.output_size = input_size
        self.representations = vectors
        self.projection = nn.Linear(input_size, input_size) if projection else None  # W_0: h x h, b_0: h
        self.v = nn.Parameter(torch.empty(vectors, input_size))
        nn.init.xavier_uniform_(self.v)

    def forward(self, r: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T, h) -> s: (B, K, h), alpha: (B, K, T)."""
        u = r if self.projection is None else torch.tanh(self.projection(r))  # (B, T, h)
        # one product for each text: in one over all, sums depend on how many texts there are
        scores = torch.bmm(self.v.expand(u.shape[0], -1, -1), u.transpose(1, 2))  # (B, K, T)
        alpha = torch.softmax(scores.masked_fill(~mask.unsqueeze(1), float("-inf")), dim=-1)
        return alpha @ r, alpha


Pooling = MeanPooling | LastStates | LastState | ClsPooling | Attention | DescriptionAttention


def build_pooling(  # noqa: PLR0911 (one for each)
    spec: recipe.Pooling, *, input_size: int, n_labels: int
) -> Pooling:
    """The pooling that the recipe names."""
    match spec:
        case recipe.PerLabelAttention():
            return Attention(input_size=input_size, vectors=n_labels, projection=spec.projection)
        case recipe.SingleAttention():
            return Attention(input_size=input_size, vectors=1, projection=spec.projection)
        case recipe.MeanPooling():
            return MeanPooling(input_size=input_size)
        case recipe.LastStates():
            return LastStates(input_size=input_size)
        case recipe.LastState():
            return LastState(input_size=input_size)
        case recipe.DescriptionAttention():
            return DescriptionAttention(input_size=input_size, n_labels=n_labels)
        case recipe.ClsPooling():
            return ClsPooling(input_size=input_size)
