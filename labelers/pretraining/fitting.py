"""The pre-training loop: Adam with warm-up, resumable at any checkpoint, repeatable from its seed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from labelers.batching import Tokens, pad, shuffled_batches
from labelers.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from labelers.device import CPU, moved, own_randomness
from labelers.inference import multiplied_in
from labelers.parts.masks import token_mask
from labelers.pretraining.encoders import MaskedLanguageModel
from labelers.pretraining.masking import Masker
from labelers.pretraining.recipe import PretrainingRecipe

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Point:
    """The curve at a checkpoint: the mean loss since the last one, and at an epoch's end that on held-out texts."""

    step: int
    loss: float
    held_out_loss: float | None = None


class Pretrainer:
    """Holds the state of pre-training: weights, optimiser, curve; on `device`, where it moves the model."""

    def __init__(
        self,
        recipe: PretrainingRecipe,
        language_model: MaskedLanguageModel,
        *,
        train: Sequence[Tokens],
        held_out: Sequence[Tokens],
        device: torch.device = CPU,
    ) -> None:
        self.recipe = recipe
        self.language_model = language_model
        self.train = train
        self.held_out = held_out
        self.lengths = np.array([len(tokens) for tokens in train])
        self.masker = Masker(
            recipe.masking,
            mask_id=language_model.tokenizer.mask_token_id,
            ordinary=language_model.ordinary.to(device),
        )
        self.device = device
        self.model = language_model.model.to(device)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=recipe.learning_rate, fused=True)
        self.curve: tuple[Point, ...] = ()

    @cached_property
    def steps_per_epoch(self) -> int:
        """How many batches all chunks make."""
        return -(-len(self.train) // self.recipe.batch_size)

    @property
    def steps(self) -> int:
        """How many there are in all."""
        return self.steps_per_epoch * self.recipe.epochs

    def run(self, *, folder: Path, key: str, progress: bool) -> tuple[Point, ...]:
        """Trains to the end, from the checkpoint in `folder` where there is one of the same `key`."""
        self._resume(folder, key)
        done = self.curve[-1].step if self.curve else 0
        losses: list[float] = []
        with tqdm(initial=done, total=self.steps, disable=not progress, unit=" steps") as bar:
            for step, batch in self._batches_from(done):
                losses.append(self._step(step, batch))
                bar.update()
                if self._is_due(step + 1):
                    self._keep(step + 1, losses, folder=folder, key=key)
                    losses = []
        return self.curve

    def measure(self) -> float:
        """Mean loss on the held-out chunks; the same tokens are hidden each time."""
        self.model.eval()
        total, guessed = 0.0, 0
        with own_randomness(self.device), torch.inference_mode():
            torch.manual_seed(self.recipe.seed)
            for start in range(0, len(self.held_out), self.recipe.batch_size):
                loss, n = self._loss(self.held_out[start : start + self.recipe.batch_size])
                total, guessed = total + float(loss) * n, guessed + n
        return total / guessed

    def _batches_from(self, done: int) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """The steps that are left, by number, each with its chunks."""
        for epoch in range(done // self.steps_per_epoch, self.recipe.epochs):
            rng = np.random.default_rng((self.recipe.seed, 0, epoch))
            batches = shuffled_batches(self.lengths, batch_size=self.recipe.batch_size, rng=rng)
            first = epoch * self.steps_per_epoch
            yield from ((step, batch) for step, batch in enumerate(batches, first) if step >= done)

    def _step(self, step: int, batch: NDArray[np.intp]) -> float:
        """Its randomness depends on the seed and the step alone, so that a resumed training goes the same way."""
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.learning_rate * rate_share(
                step, self.steps, warm_up=self.recipe.warm_up
            )
        with own_randomness(self.device):
            torch.manual_seed(int(np.random.default_rng((self.recipe.seed, 1, step)).integers(2**62)))
            self.optimiser.zero_grad(set_to_none=True)
            loss, _ = self._loss([self.train[index] for index in batch])
            loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.recipe.gradient_norm)
        self.optimiser.step()
        return float(loss.detach())

    def _loss(self, chunks: Sequence[Tokens]) -> tuple[Tensor, int]:
        """Cross-entropy over the hidden tokens, and how many they are."""
        tokens, lengths = (moved(part, self.device) for part in pad(chunks))
        mask = token_mask(lengths, tokens.shape[1])
        tokens = tokens.masked_fill(~mask, self.language_model.tokenizer.pad_token_id)
        shown, chosen = self.masker(tokens)
        with multiplied_in(self.recipe.precision, self.device):
            scores = self.language_model.guesses(shown, mask, chosen)
        return cross_entropy(scores.float(), tokens[chosen]), int(chosen.sum())

    def _is_due(self, done: int) -> bool:
        return done % self.steps_per_epoch == 0 or done % self.recipe.checkpoint_steps == 0

    def _keep(self, done: int, losses: Sequence[float], *, folder: Path, key: str) -> None:
        ended = done % self.steps_per_epoch == 0
        point = Point(
            step=done,
            loss=round(float(np.mean(losses)), 5),
            held_out_loss=round(self.measure(), 5) if ended else None,
        )
        self.curve = (*self.curve, point)
        write_checkpoint(folder, self._checkpoint(key))
        logger.info(
            "step %d of %d: loss %.4f, held out %s", done, self.steps, point.loss, point.held_out_loss
        )

    def _checkpoint(self, key: str) -> Checkpoint:
        return Checkpoint(
            key=key,
            curve=tuple(asdict(point) for point in self.curve),
            network=self.model.state_dict(),
            best={},
            optimiser=self.optimiser.state_dict()["state"],
        )

    def _resume(self, folder: Path, key: str) -> None:
        found = read_checkpoint(folder, key=key)
        if found is None:
            return
        self.curve = tuple(Point(**point) for point in found.curve)
        self.model.load_state_dict(found.network)
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": found.optimiser})
        logger.info("pre-training goes on after step %d", self.curve[-1].step)


def rate_share(step: int, steps: int, *, warm_up: float) -> float:
    """The share of the learning rate at this step: up in the warm-up, never quite 0, then down to zero."""
    rising = warm_up * steps
    if step < rising:
        return (step + 1) / (rising + 1)
    return (steps - step) / max(1.0, steps - rising)
