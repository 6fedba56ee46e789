"""Document batching: a document longer than the encoder reads is read in windows (Chapman 2020, section 4).

Windows overlap, so that no token lacks its context; each has the document's first and last special token round it.
For each label the window that speaks most for it gives the document's scores: of labels present or absent that is
the maximum over the windows' logits; of more classes, over the odds of any class but the weakest.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class WindowLayout(NamedTuple):
    """Where each window's tokens stand in its document (B, n_w, size), and how many they are (B, n_w).

    A document that needs fewer windows than its width allows for has windows of length 0 at the end.
    """

    places: Tensor
    lengths: Tensor


def lay_windows(lengths: Tensor, n_tokens: int, *, size: int, overlap: int) -> WindowLayout:
    """The windows of documents of these lengths, padded to `n_tokens`; their number depends on `n_tokens` alone.

    So does every shape that follows from it, which is why one document never changes another's result.
    """
    size = min(size, n_tokens)
    content, step = size - 2, size - 2 - overlap
    count = 1 if n_tokens <= size else 1 + -(-(n_tokens - size) // step)
    starts = torch.arange(count, device=lengths.device) * step  # of the content, its first token being 0
    left = (lengths - 2).unsqueeze(1) - starts  # (B, n_w): content tokens from there to the end
    needed = (left > overlap) | (starts == 0)
    held = torch.where(needed, left.clamp(0, content) + 2, 0)
    held[:, 0] = held[:, 0].minimum(lengths)
    place = torch.arange(size, device=lengths.device)
    inner = starts[:, None] + place  # (n_w, size): the first special token and the content
    places = torch.where(place == 0, 0, inner).expand(len(lengths), -1, -1)
    is_last = place == (held - 1).unsqueeze(-1)  # (B, n_w, size)
    ends = (lengths - 1)[:, None, None].expand_as(places)
    places = torch.where(is_last & (place > 0), ends, places)
    return WindowLayout(places.clamp(max=n_tokens - 1), held)


def cut_windows(tokens: Tensor, layout: WindowLayout) -> tuple[Tensor, Tensor]:
    """Documents (B, T) -> windows (B n_w, size), zero-padded, and their lengths (B n_w,), at least 1."""
    count = layout.places.shape[1]
    windows = tokens.unsqueeze(1).expand(-1, count, -1).gather(2, layout.places)
    inside = torch.arange(windows.shape[-1], device=tokens.device) < layout.lengths.unsqueeze(-1)
    windows = windows.masked_fill(~inside, 0)
    return windows.flatten(0, 1), layout.lengths.flatten().clamp(min=1)


def strongest_windows(scores: Tensor, layout: WindowLayout) -> tuple[Tensor, Tensor]:
    """Windows' scores (B n_w, n_L, n_C) -> the documents' (B, n_L, n_C), and each label's window (B, n_L)."""
    by_window = scores.view(*layout.lengths.shape, *scores.shape[1:])  # (B, n_w, n_L, n_C)
    logits = by_window[..., 1:].logsumexp(dim=-1) - by_window[..., 0]
    logits = logits.masked_fill((layout.lengths == 0).unsqueeze(-1), float("-inf"))
    best = logits.argmax(dim=1)  # (B, n_L)
    index = best[:, None, :, None].expand(-1, 1, -1, by_window.shape[-1])
    return by_window.gather(1, index).squeeze(1), best


def window_representations(s: Tensor, best: Tensor) -> Tensor:
    """Windows' representations (B n_w, K, h) -> the documents' (B, n_L, h): those of each label's window."""
    n_docs, n_labels = best.shape
    by_window = s.view(n_docs, -1, *s.shape[1:]).expand(-1, -1, n_labels, -1)  # (B, n_w, n_L, h)
    index = best[:, None, :, None].expand(-1, 1, -1, s.shape[-1])
    return by_window.gather(1, index).squeeze(1)


def document_attention(attention: Tensor, best: Tensor, layout: WindowLayout, n_tokens: int) -> Tensor:
    """Windows' weights (B n_w, K, size) -> over the documents' tokens (B, n_L, T): those of each label's window."""
    n_docs, n_labels = best.shape
    by_window = attention.view(n_docs, -1, *attention.shape[1:])  # (B, n_w, K, size)
    by_window = by_window.expand(-1, -1, n_labels, -1)
    size = by_window.shape[-1]
    chosen = by_window.gather(1, best[:, None, :, None].expand(-1, 1, -1, size)).squeeze(1)  # (B, n_L, size)
    places = layout.places.gather(1, best.unsqueeze(-1).expand(-1, -1, size))  # (B, n_L, size)
    held = layout.lengths.gather(1, best)  # (B, n_L)
    inside = torch.arange(size, device=best.device) < held.unsqueeze(-1)
    spread = chosen.new_zeros(n_docs, n_labels, n_tokens)
    return spread.scatter_add(2, places, chosen * inside)
