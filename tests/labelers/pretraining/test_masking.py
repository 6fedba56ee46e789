from __future__ import annotations

import torch

from labelers.pretraining.masking import Masker
from labelers.pretraining.recipe import Masking

MASK_ID = 4
ORDINARY = torch.arange(5, 100)


def test_fifteen_per_cent_are_hidden_most_of_them_by_the_mask() -> None:
    torch.manual_seed(0)
    tokens = torch.randint(5, 100, (200, 500))

    shown, chosen = Masker(Masking(), MASK_ID, ORDINARY)(tokens)

    n = int(chosen.sum())
    masked = (shown == MASK_ID).sum() / n
    kept = (chosen & (shown == tokens)).sum() / n
    assert abs(n / tokens.numel() - 0.15) < 0.005
    assert abs(masked - 0.8) < 0.02
    assert abs(kept - (0.1 + 0.1 / 95)) < 0.02  # a word at random may be the word itself
    assert torch.equal(shown[~chosen], tokens[~chosen])


def test_special_tokens_are_never_hidden_and_never_stand_in() -> None:
    torch.manual_seed(0)
    tokens = torch.tensor([[2, 7, 8, 9, 3, 0, 0]]).repeat(500, 1)

    shown, chosen = Masker(Masking(share=0.9), MASK_ID, ORDINARY)(tokens)

    assert not chosen[:, [0, 4, 5, 6]].any()
    assert torch.equal(shown[:, [0, 4, 5, 6]], tokens[:, [0, 4, 5, 6]])
    assert set(shown.unique().tolist()) & {1, 2, 3} == {2, 3}


def test_at_least_one_token_of_a_batch_is_hidden() -> None:
    torch.manual_seed(0)

    for _ in range(20):
        _, chosen = Masker(Masking(share=0.001), MASK_ID, ORDINARY)(torch.tensor([[2, 7, 3]]))
        assert chosen.tolist() == [[False, True, False]]


def test_each_time_other_tokens_are_hidden() -> None:
    torch.manual_seed(0)
    masker, tokens = Masker(Masking(), MASK_ID, ORDINARY), torch.full((4, 50), 7)

    assert not torch.equal(masker(tokens)[1], masker(tokens)[1])
