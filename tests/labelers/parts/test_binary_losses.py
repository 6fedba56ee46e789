from __future__ import annotations

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from labelers.parts.binary_losses import BalancedBinaryCrossEntropy


def scores_of(logits: torch.Tensor) -> torch.Tensor:
    return torch.stack([torch.zeros_like(logits), logits], dim=-1)


def test_a_present_label_weighs_as_the_ratio_of_absent_to_present_of_its_text() -> None:
    logits, targets = torch.randn(2, 6), torch.tensor([[1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]])

    found = BalancedBinaryCrossEntropy()(scores_of(logits), targets)

    weights = torch.ones(2, 6)
    weights[0, 0], weights[1, :2] = 5, 2
    expected = binary_cross_entropy_with_logits(logits, targets.float(), weight=weights)
    torch.testing.assert_close(found, expected)


def test_only_the_difference_of_the_two_scores_counts() -> None:
    scores, targets = torch.randn(3, 4, 2), torch.tensor([[0, 1, 0, 1]] * 3)
    loss = BalancedBinaryCrossEntropy()

    torch.testing.assert_close(loss(scores + 7, targets), loss(scores, targets))


def test_texts_with_all_or_no_labels_present_count_as_they_are() -> None:
    logits = torch.randn(2, 3)
    targets = torch.tensor([[1, 1, 1], [0, 0, 0]])

    found = BalancedBinaryCrossEntropy()(scores_of(logits), targets)

    torch.testing.assert_close(found, binary_cross_entropy_with_logits(logits, targets.float()))
