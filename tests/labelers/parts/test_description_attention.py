from __future__ import annotations

import torch
from torch import Tensor, nn

from labelers.parts.description_attention import DescriptionAttention, LabelDescriptions, LabelWords

DESCRIPTIONS = ((2, 3, 4), (5, 6))


class CountingEncoder:
    def __init__(self) -> None:
        self.lookup = nn.Embedding(10, 4)
        self.read = 0

    def __call__(self, tokens: Tensor, lengths: Tensor) -> Tensor:  # noqa: ARG002
        self.read += 1
        embedded: Tensor = self.lookup(tokens)
        return embedded


def test_descriptions_are_read_once_when_labelling_and_for_each_batch_in_training() -> None:
    descriptions, encoder = LabelDescriptions(DESCRIPTIONS), CountingEncoder()

    descriptions.train()
    first, second = descriptions(encoder), descriptions(encoder)
    assert encoder.read == 2
    assert first.d.requires_grad
    assert second.mask.tolist() == [[True, True, True], [True, True, False]]

    descriptions.eval()
    with torch.inference_mode():
        assert descriptions(encoder).d is descriptions(encoder).d
    assert encoder.read == 3


def test_what_was_read_is_forgotten_when_training_goes_on() -> None:
    descriptions, encoder = LabelDescriptions(DESCRIPTIONS).eval(), CountingEncoder()
    with torch.no_grad():
        before = descriptions(encoder).d.clone()
        encoder.lookup.weight += 1
        descriptions.train()
        descriptions.eval()

        torch.testing.assert_close(descriptions(encoder).d, before + 1)


def test_no_weights_of_descriptions_are_kept() -> None:
    assert not LabelDescriptions(DESCRIPTIONS).state_dict()


def test_each_word_of_a_description_attends_to_the_document_and_counts_the_same() -> None:
    torch.manual_seed(0)
    r, d = torch.randn(2, 5, 4), torch.randn(3, 2, 4)
    words = torch.tensor([[True, True], [True, False], [True, True]])
    mask = torch.tensor([[True] * 5, [True, True, False, False, False]])

    s, alpha = DescriptionAttention(input_size=4, n_labels=3)(r, mask, LabelWords(d, words))

    each = [torch.softmax(r[0] @ d[0, m] / 2, dim=0) for m in range(2)]  # sqrt(h) = 2
    torch.testing.assert_close(alpha[0, 0], (each[0] + each[1]) / 2)
    torch.testing.assert_close(alpha[0, 1], torch.softmax(r[0] @ d[1, 0] / 2, dim=0))
    torch.testing.assert_close(s, alpha @ r)
    torch.testing.assert_close(alpha.sum(dim=-1), torch.ones(2, 3))
    assert (alpha[1, :, 2:] == 0).all()
