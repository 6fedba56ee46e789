from __future__ import annotations

import torch

from labelers.parts.cnn_lstm import CnnLstm


def small() -> CnnLstm:
    torch.manual_seed(0)
    return CnnLstm(input_size=5, filters=4, width=3, pool=2, hidden=6).eval()


def test_it_has_the_papers_sizes() -> None:
    encoder = CnnLstm(input_size=300, filters=32, width=3, pool=2, hidden=300)

    assert sum(parameter.numel() for parameter in encoder.parameters()) == 429_632


def test_words_of_one_pool_share_a_state_and_later_words_see_earlier_ones() -> None:
    encoder, x = small(), torch.randn(1, 6, 5)
    changed = x.clone()
    changed[0, 0] += 1

    r, other = encoder(x, torch.tensor([6])), encoder(changed, torch.tensor([6]))

    assert r.shape == (1, 6, 6)
    assert torch.equal(r[:, 0::2], r[:, 1::2])
    assert not torch.equal(r[0, 5], other[0, 5])


def test_padding_never_reaches_the_text() -> None:
    encoder, x = small(), torch.randn(2, 9, 5)

    for length in range(1, 10):
        padded = encoder(x, torch.tensor([length, 9]))[0, :length]
        alone = encoder(x[:1, :length], torch.tensor([length]))[0]
        torch.testing.assert_close(padded, alone)
