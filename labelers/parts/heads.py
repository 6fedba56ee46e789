"""Pooled representations to scores (logits) of every label's classes."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from labelers import recipe
from schemas.errors import UsageError


class DenseHead(nn.Module):
    """One stack of dense layers to all n_L x n_C scores."""

    def __init__(self, *, input_size: int, hidden: tuple[int, ...], n_labels: int, n_classes: int) -> None:
        super().__init__()
        self.shape = (n_labels, n_classes)
        layers: list[nn.Module] = []
        for width_in, width_out in pairwise((input_size, *hidden)):
            layers += [nn.Linear(width_in, width_out), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear((input_size, *hidden)[-1], n_labels * n_classes))

    def forward(self, s: Tensor) -> Tensor:
        """(B, 1, h) -> (B, n_L, n_C)."""
        scores: Tensor = self.layers(s.squeeze(1))
        return scores.reshape(-1, *self.shape)

    @property
    def last(self) -> nn.Module:
        """The layer whose bias is added to the scores."""
        return self.layers[-1]


class PerLabelHead(nn.Module):
    """n_L parallel layers from h to n_C, computed as one product (section 3.2)."""

    def __init__(self, *, input_size: int, n_labels: int, n_classes: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(input_size)
        self.weight = nn.Parameter(torch.empty(n_labels, input_size, n_classes).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(n_labels, n_classes))

    def forward(self, s: Tensor) -> Tensor:
        """(B, n_L, h) -> (B, n_L, n_C)."""
        return torch.einsum("blh,lhc->blc", s, self.weight) + self.bias

    @property
    def last(self) -> nn.Module:
        """The layer whose bias is added to the scores."""
        return self


class PerLabelDenseHead(nn.Module):
    """n_L parallel stacks of dense layers, each layer computed as one batched product (section 3.3, ALARM)."""

    def __init__(self, *, input_size: int, hidden: tuple[int, ...], n_labels: int, n_classes: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            PerLabelHead(input_size=width_in, n_labels=n_labels, n_classes=width_out)
            for width_in, width_out in pairwise((input_size, *hidden, n_classes))
        )

    def forward(self, s: Tensor) -> Tensor:
        """(B, n_L, h) -> (B, n_L, n_C)."""
        *between, last = self.layers
        for layer in between:
            s = torch.relu(layer(s))
        scores: Tensor = last(s)
        return scores

    @property
    def last(self) -> nn.Module:
        """The layer whose bias is added to the scores."""
        return self.layers[-1]


def shift_scores(head: Head, shift: Tensor) -> None:
    """Adds (n_L, n_C) to all scores that the head will give, in its last bias."""
    bias = head.last.get_parameter("bias")
    with torch.no_grad():
        bias.add_(shift.reshape(bias.shape))


Head = DenseHead | PerLabelHead | PerLabelDenseHead


def build_head(
    spec: recipe.Head, *, input_size: int, representations: int, n_labels: int, n_classes: int
) -> Head:
    """The head that the recipe names.

    Raises:
        UsageError: it wants a representation for each label and the pooling gives one, or the reverse.
    """
    wanted = 1 if isinstance(spec, recipe.DenseHead) else n_labels
    if representations != wanted:
        raise UsageError(
            f"head '{spec.kind}' reads {wanted} representation(s), the pooling gives {representations}"
        )
    match spec:
        case recipe.PerLabelHead():
            return PerLabelHead(input_size=input_size, n_labels=n_labels, n_classes=n_classes)
        case recipe.PerLabelDenseHead():
            return PerLabelDenseHead(
                input_size=input_size, hidden=spec.hidden, n_labels=n_labels, n_classes=n_classes
            )
        case recipe.DenseHead():
            return DenseHead(
                input_size=input_size, hidden=spec.hidden, n_labels=n_labels, n_classes=n_classes
            )
