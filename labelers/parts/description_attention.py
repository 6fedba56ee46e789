"""Attention between a document's words and the words of each label's description (Chapman 2020, section 4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from labelers.batching import Tokens, pad
from labelers.parts.masks import token_mask

Encode = Callable[[Tensor, Tensor], Tensor]


class LabelWords(NamedTuple):
    """The labels' descriptions as the encoder gives them: d (n_L, M, h), and where there is a word (n_L, M)."""

    d: Tensor
    mask: Tensor


class LabelDescriptions(nn.Module):
    """The descriptions' tokens, read by the same encoder as the documents.

    In training they are read anew for each batch, as the encoder changes; afterwards once, which spares the cost
    that the paper names as its model's drawback. Their tokens follow from label set and tokenizer: no bundle keeps
    them.
    """

    tokens: Tensor
    lengths: Tensor

    def __init__(self, descriptions: Sequence[Tokens]) -> None:
        super().__init__()
        tokens, lengths = pad(descriptions)
        self.register_buffer("tokens", tokens, persistent=False)
        self.register_buffer("lengths", lengths, persistent=False)
        self._read: LabelWords | None = None

    def train(self, mode: bool = True) -> LabelDescriptions:
        """Forgets what was read: the encoder may have changed."""
        self._read = None
        return super().train(mode)

    def forward(self, encode: Encode) -> LabelWords:
        """The descriptions through an encoder."""
        if self.training or torch.is_grad_enabled():
            return self._through(encode)
        if self._read is None or self._read.d.device != self.tokens.device:  # it may have been moved since
            self._read = self._through(encode)
        return self._read

    def _through(self, encode: Encode) -> LabelWords:
        return LabelWords(encode(self.tokens, self.lengths), token_mask(self.lengths, self.tokens.shape[1]))


class DescriptionAttention(nn.Module):
    """Each word of a description attends to the document's words; a label's representation is their average.

    The paper gives the model in a figure alone: scores between each word of the document and each word of each
    description. Here they are dot products over sqrt(h), softmax over the document.
    """

    attends = True

    def __init__(self, *, input_size: int, n_labels: int) -> None:
        super().__init__()
        self.output_size = input_size
        self.representations = n_labels

    def forward(self, r: Tensor, mask: Tensor, labels: LabelWords) -> tuple[Tensor, Tensor]:
        """r (B, T, h) and the labels' words (n_L, M, h) -> s: (B, n_L, h), alpha: (B, n_L, T)."""
        n_labels, n_words, size = labels.d.shape
        d = labels.d.flatten(0, 1) / math.sqrt(size)  # (n_L M, h)
        scores = (r @ d.T).transpose(1, 2)  # (B, n_L M, T)
        weights = torch.softmax(scores.masked_fill(~mask.unsqueeze(1), float("-inf")), dim=-1)
        share = labels.mask / labels.mask.sum(dim=1, keepdim=True)  # (n_L, M)
        by_word = weights.view(len(r), n_labels, n_words, -1)  # (B, n_L, M, T)
        alpha = (by_word * share[:, :, None]).sum(dim=2)  # (B, n_L, T)
        return alpha @ r, alpha
