"""How fast a labeler is by itself, against what the machine can multiply and against simpler ways to call it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

import torch

from labelers.base import Labeler
from labelers.batching import fixed_batches
from labelers.flops import network_flops
from labelers.inference import forward_all
from labelers.network_labeler import NetworkLabeler
from labelers.vocabulary import PADDING_INDEX

PRODUCT_SIZE = 2048
PRODUCT_SECONDS = 0.5
PLAIN_TOKENS = 50
WARM_UP = 64
"""Texts that are computed before the clock starts: the first call of a shape costs more."""


@dataclass(frozen=True, slots=True)
class LabelerSpeed:
    """Distinct texts through a labeler; tokens and operations are None for a labeler that is no network."""

    texts: int
    tokens: int | None
    flops: float | None
    seconds: float


def product_rate(dtype: torch.dtype, *, size: int = PRODUCT_SIZE, seconds: float = PRODUCT_SECONDS) -> float:
    """FLOP/s of square matrix products on all of torch's threads: the best of as many as the time allows."""
    left, right = (torch.ones(size, size, dtype=dtype) for _ in range(2))
    torch.mm(left, right)
    best, until = float("inf"), perf_counter() + seconds
    while perf_counter() < until or best == float("inf"):
        started = perf_counter()
        torch.mm(left, right)
        best = min(best, perf_counter() - started)
    return 2 * size**3 / best


def measure_labeler(labeler: Labeler, texts: Sequence[str]) -> LabelerSpeed:
    """All of the texts in one call, as the job makes it."""
    labeler.probabilities(texts[:WARM_UP])
    started = perf_counter()
    labeler.probabilities(texts)
    seconds = perf_counter() - started
    tokens, flops = count_work(labeler, texts)
    return LabelerSpeed(texts=len(texts), tokens=tokens, flops=flops, seconds=seconds)


def count_work(labeler: Labeler, texts: Sequence[str]) -> tuple[int | None, float | None]:
    """Tokens and floating-point operations of texts, padding left out; those of the same tokens are one."""
    if not isinstance(labeler, NetworkLabeler):
        return None, None
    n_labels, n_classes = len(labeler.label_set.ids), len(labeler.label_set.classes)
    flops = network_flops(labeler.recipe.network, labeler.network, n_labels=n_labels, n_classes=n_classes)
    lengths = [len(tokens) for tokens in {labeler.reader.encode(text) for text in texts}]
    return sum(lengths), sum(flops.of(length) for length in lengths)


def label_each(labeler: NetworkLabeler, texts: Sequence[str]) -> None:
    """As the labeler does it, but every text anew, however often it has come."""
    batches = list(fixed_batches([labeler.reader.encode(text) for text in texts]))
    for output in forward_all(labeler.network, batches, precision=labeler.precision):
        torch.softmax(output.scores, dim=-1).numpy()


def label_plainly(labeler: NetworkLabeler, texts: Sequence[str], *, batch_size: int, threads: int) -> None:
    """What a script would do: batches in the order of the texts, each padded to 50 tokens (Schrempf 2020)."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        _label_in_order(labeler, texts, batch_size=batch_size)
    finally:
        torch.set_num_threads(before)


def _label_in_order(labeler: NetworkLabeler, texts: Sequence[str], *, batch_size: int) -> None:
    encoded = (labeler.reader.encode(text)[:PLAIN_TOKENS] for text in texts)
    rows = iter([tokens for tokens in encoded if tokens])
    while batch := list(islice(rows, batch_size)):
        lengths = torch.tensor([len(tokens) for tokens in batch])
        tokens = torch.tensor([(*row, *[PADDING_INDEX] * (PLAIN_TOKENS - len(row))) for row in batch])
        with torch.inference_mode():
            torch.softmax(labeler.network(tokens, lengths).scores, dim=-1).numpy()
