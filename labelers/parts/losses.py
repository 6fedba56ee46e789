"""The weighted cross-entropy of section 3.3."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from labelers import recipe
from labelers.parts.binary_losses import BalancedBinaryCrossEntropy
from schemas.errors import UsageError


def label_weights(targets: Tensor, *, n_classes: int, beta: float) -> Tensor:
    """w: (n_L, n_C), from how often each label is not mentioned (class 0) in the n training texts.

    w_not_mentioned = (n / o_l)^beta and w_mentioned = (n / (n - o_l))^beta for all other classes alike. A label
    that is always or never mentioned has a weight of 0 / 0 in the paper; it counts as one occurrence here.
    """
    n = targets.shape[0]
    not_mentioned = (targets == 0).sum(dim=0).double()  # o_l
    weights = ((n / (n - not_mentioned).clamp(min=1)) ** beta).unsqueeze(1).repeat(1, n_classes)
    weights[:, 0] = (n / not_mentioned.clamp(min=1)) ** beta
    return weights.float()


class WeightedCrossEntropy(nn.Module):
    """Summed over labels, averaged over texts."""

    weights: Tensor

    def __init__(self, weights: Tensor, *, unweighted_answers: bool = False) -> None:
        super().__init__()
        self.register_buffer("weights", weights)
        self.unweighted_answers = unweighted_answers

    @property
    def shift(self) -> Tensor | None:
        """(n_L, n_C) to be added to the scores after training, -log w, where answers are to be unweighted.

        A class of weight w is learnt as if it were w times as frequent: probabilities come out proportional to w p.
        """
        return -self.weights.log() if self.unweighted_answers else None

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Scores (B, n_L, n_C) and class indices (B, n_L), or shares of classes (B, n_L, n_C) -> scalar."""
        log_p = torch.log_softmax(scores.float(), dim=-1)
        if targets.dim() == 3:
            return -(self.weights * targets * log_p).sum(dim=(1, 2)).mean()
        picked = targets.unsqueeze(-1)
        chosen = log_p.gather(-1, picked).squeeze(-1)  # (B, n_L)
        w = self.weights.expand_as(log_p).gather(-1, picked).squeeze(-1)
        return -(w * chosen).sum(dim=1).mean()


def build_loss(
    spec: recipe.Loss | recipe.BalancedBinaryLoss, targets: Tensor, *, n_classes: int
) -> WeightedCrossEntropy | BalancedBinaryCrossEntropy:
    """The loss that the recipe names, over these training texts.

    Raises:
        UsageError: it is for labels present or absent, and there are other classes.
    """
    if isinstance(spec, recipe.Loss):
        weights = label_weights(targets, n_classes=n_classes, beta=spec.beta)
        return WeightedCrossEntropy(weights, unweighted_answers=spec.unweighted_answers)
    if n_classes != 2:
        raise UsageError(f"loss '{spec.kind}' is for 2 classes, the label set has {n_classes}")
    return BalancedBinaryCrossEntropy()
