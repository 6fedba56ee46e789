from __future__ import annotations

import math

import pytest
import torch

from labelers.parts.losses import WeightedCrossEntropy, label_weights


def test_weights_are_those_of_the_paper() -> None:
    # n = 4; label a is not mentioned in 3 of them, label b in 1
    targets = torch.tensor([[0, 3], [0, 1], [0, 2], [1, 0]])

    weights = label_weights(targets, n_classes=4, beta=0.5)

    root = math.sqrt
    assert weights[0].tolist() == pytest.approx([root(4 / 3), root(4), root(4), root(4)])
    assert weights[1].tolist() == pytest.approx([root(4), root(4 / 3), root(4 / 3), root(4 / 3)])


def test_beta_of_zero_weighs_all_alike() -> None:
    assert (label_weights(torch.tensor([[0], [1]]), n_classes=4, beta=0) == 1).all()


def test_a_label_that_is_never_mentioned_has_finite_weights() -> None:
    weights = label_weights(torch.zeros(5, 1, dtype=torch.long), n_classes=4, beta=1)

    assert weights[0].tolist() == [1.0, 5.0, 5.0, 5.0]


def test_the_loss_sums_over_labels_and_averages_over_texts() -> None:
    loss = WeightedCrossEntropy(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    even = torch.zeros(2, 2, 2)  # every class has probability 1/2

    found = loss(even, torch.tensor([[0, 0], [1, 1]]))

    assert float(found) == pytest.approx(math.log(2) * ((1 + 3) + (2 + 4)) / 2)
