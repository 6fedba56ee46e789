"""Losses of labels that are present or absent."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class BalancedBinaryCrossEntropy(nn.Module):
    """Binary cross-entropy, a text's present labels weighing as much as its absent ones (Chapman 2020, section 5).

    A present label of a text with 5 absent labels for each present one has weight 5. Two scores with a softmax over
    them are a logit, their difference, with a sigmoid: so class 1 is present, class 0 absent.
    """

    @property
    def shift(self) -> None:
        """Nothing to add to the scores after training: the weights differ from text to text."""
        return

    def forward(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Scores (B, n_L, 2) and class indices (B, n_L) -> scalar."""
        scores = scores.float()
        logits = scores[..., 1] - scores[..., 0]
        present = targets.to(logits.dtype)
        n_present = present.sum(dim=1, keepdim=True)
        weight = (targets.shape[1] - n_present) / n_present.clamp(min=1)  # (B, 1)
        weight = torch.where(weight == 0, 1.0, weight)  # all labels present: none to balance with
        return nn.functional.binary_cross_entropy_with_logits(logits, present, pos_weight=weight)
