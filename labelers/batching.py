"""Texts of token indices to tensors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelers.vocabulary import PADDING_INDEX

Tokens = tuple[int, ...]


def pad(texts: Sequence[Tokens]) -> tuple[Tensor, Tensor]:
    """Zero-padded indices (B, T), T the longest of them, and their lengths (B,)."""
    lengths = torch.tensor([len(text) for text in texts])
    tokens = torch.full((len(texts), int(lengths.max())), PADDING_INDEX)
    for row, text in enumerate(texts):
        tokens[row, : len(text)] = torch.tensor(text)
    return tokens, lengths


def shuffled_batches(
    lengths: NDArray[np.int64], *, batch_size: int, rng: np.random.Generator, jitter: float = 2.0
) -> list[NDArray[np.intp]]:
    """Random batches of texts of about the same length (little padding), in random order; each text once."""
    order = np.argsort(lengths + rng.uniform(-jitter, jitter, size=len(lengths)), kind="stable")
    batches = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def same_length_batches(texts: Sequence[Tokens], *, rows: int) -> Iterator[tuple[list[int], Tensor]]:
    """Indices of up to `rows` texts of one length, and their tokens in exactly `rows` rows.

    Rows that are left over are filled with padding. So no text is ever padded, and the shape in which a text is
    computed depends on its own length only: its result is the same to the last bit whatever comes with it.
    """
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        by_length[len(text)].append(index)
    for length in sorted(by_length):
        indices = by_length[length]
        for start in range(0, len(indices), rows):
            chosen = indices[start : start + rows]
            tokens = torch.full((rows, length), PADDING_INDEX)
            tokens[: len(chosen)] = torch.tensor([texts[i] for i in chosen]).reshape(len(chosen), length)
            yield chosen, tokens
