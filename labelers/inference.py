"""Batches through a network: on a CPU several at once, each on one thread; on a GPU one larger one after another.

Threads that share one product wait for each other at every step of a GRU, which on a busy machine takes longer than
the products; threads with a batch each never wait. Nor do sums then depend on how a product was shared out, so that
one batch is computed on one thread, too. On a GPU sums may depend on what is in the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TypeVar

import numpy as np
import torch

from labelers.base import Probabilities, Representations
from labelers.batching import TOKENS_PER_BATCH, FixedBatch, Tokens, fixed_batches
from labelers.device import products_in
from labelers.network import NetworkOutput, TextNetwork
from schemas.precision import Precision

T = TypeVar("T")
TOKENS_PER_GPU_BATCH = 8 * TOKENS_PER_BATCH


def multiplied_in(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """Inside, in this thread, networks on that device multiply in that type."""
    return products_in(torch.bfloat16 if precision is Precision.BFLOAT16 else None, device)


def forward(network: TextNetwork, batch: FixedBatch, *, precision: Precision) -> NetworkOutput:
    """One batch, without gradients, where the network is; what it gives is float32."""
    device = network.device
    with torch.inference_mode(), multiplied_in(precision, device):
        _, tokens, lengths = batch.on(device)
        found: NetworkOutput = network(tokens, lengths)
        attention = None if found.attention is None else found.attention.float()
        return NetworkOutput(found.scores.float(), attention)


def forward_all(
    network: TextNetwork, batches: Sequence[FixedBatch], *, precision: Precision
) -> Iterator[NetworkOutput]:
    """Each batch's output, in order; on a CPU computed on as many threads as torch may use."""
    return _computed(partial(forward, network, precision=precision), batches, device=network.device)


def _batches(network: TextNetwork, texts: Sequence[Tokens]) -> list[FixedBatch]:
    on_cpu = network.device.type == "cpu"
    return list(fixed_batches(texts, tokens_per_batch=TOKENS_PER_BATCH if on_cpu else TOKENS_PER_GPU_BATCH))


def _computed(
    compute: Callable[[FixedBatch], T], batches: Sequence[FixedBatch], *, device: torch.device
) -> Iterator[T]:
    return _on_threads(compute, batches) if device.type == "cpu" else map(compute, batches)


def _on_threads(compute: Callable[[FixedBatch], T], batches: Sequence[FixedBatch]) -> Iterator[T]:
    threads = min(torch.get_num_threads(), len(batches))
    with _one_thread_each():
        if threads <= 1:
            yield from (compute(batch) for batch in batches)
            return
        with ThreadPoolExecutor(threads) as pool:
            yield from pool.map(compute, batches)


def class_probabilities(
    network: TextNetwork,
    texts: Sequence[Tokens],
    *,
    shape: tuple[int, int],
    precision: Precision = Precision.FLOAT32,
) -> Probabilities:
    """Probabilities (n_texts, n_L, n_C) of encoded texts; one without tokens mentions nothing."""
    distinct = {tokens: row for row, tokens in enumerate(dict.fromkeys(texts))}
    found = np.zeros((len(distinct), *shape), dtype=np.float32)
    found[:, :, 0] = 1
    batches = _batches(network, list(distinct))
    for batch, output in zip(batches, forward_all(network, batches, precision=precision), strict=True):
        scores = output.scores[: len(batch.indices)]
        found[batch.indices] = torch.softmax(scores, dim=-1).cpu().numpy()
    return found[[distinct[tokens] for tokens in texts]]


def pooled_representations(
    network: TextNetwork, texts: Sequence[Tokens], *, row: int, size: int
) -> Representations:
    """Row `row` of what the head reads of encoded texts: (n_texts, size); zeros of one without tokens."""

    def compute(batch: FixedBatch) -> torch.Tensor:
        with torch.inference_mode():
            _, tokens, lengths = batch.on(network.device)
            return network.representations(tokens, lengths)[: len(batch.indices), row].clone()

    found = np.zeros((len(texts), size), dtype=np.float32)
    batches = _batches(network, texts)
    for batch, s in zip(batches, _computed(compute, batches, device=network.device), strict=True):
        found[batch.indices] = s.cpu().numpy()
    return found


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Lets each new thread compute alone; torch's number of threads is the process's."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
