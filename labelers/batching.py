"""Texts of token indices to tensors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from labelers.device import moved
from labelers.vocabulary import PADDING_INDEX

Tokens = tuple[int, ...]
ROW_STEP = 16
TOKENS_PER_BATCH = 2048
WIDTH_STEPS = ((32, 4), (64, 8), (128, 32))
"""Up to which length widths go up by which step: fine where most sentences are."""


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


class FixedBatch(NamedTuple):
    """Texts of about one length: their indices (n,), and tokens (B, T) with lengths (B,), where B >= n."""

    indices: list[int]
    tokens: Tensor
    lengths: Tensor

    def on(self, device: torch.device) -> FixedBatch:
        """The same with its tensors there."""
        return self._replace(tokens=moved(self.tokens, device), lengths=moved(self.lengths, device))


def fixed_batches(
    texts: Sequence[Tokens], *, tokens_per_batch: int = TOKENS_PER_BATCH
) -> Iterator[FixedBatch]:
    """Every text that has tokens, in batches whose shape keeps a result the same whatever comes with it.

    A text's T depends on its own length only. B is a multiple of ROW_STEP, the surplus rows being texts of one
    padding token: within such shapes each row of a matrix product is summed in the same order, wherever it stands.
    On a GPU nothing vouches for that.
    """
    by_width: defaultdict[int, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        if text:
            by_width[padded_width(len(text))].append(index)
    for width, indices in sorted(by_width.items()):
        rows = max(ROW_STEP, tokens_per_batch // width // ROW_STEP * ROW_STEP)
        for start in range(0, len(indices), rows):
            yield _fixed_batch(texts, indices[start : start + rows], width)


def padded_width(length: int) -> int:
    """The T in which a text of this many tokens is computed."""
    step = next((step for longest, step in WIDTH_STEPS if length <= longest), WIDTH_STEPS[-1][1])
    return -(-length // step) * step


def _fixed_batch(texts: Sequence[Tokens], indices: list[int], width: int) -> FixedBatch:
    rows = -(-len(indices) // ROW_STEP) * ROW_STEP
    tokens = np.full((rows, width), PADDING_INDEX, np.int64)
    lengths = np.ones(rows, np.int64)
    for row, index in enumerate(indices):
        lengths[row] = len(texts[index])
        tokens[row, : lengths[row]] = texts[index]
    return FixedBatch(indices, torch.from_numpy(tokens), torch.from_numpy(lengths))
