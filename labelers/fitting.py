"""The one training loop: Adam on batches of like length, early stopping on micro F1, best epoch kept."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from labelers.base import predicted_classes
from labelers.batching import Tokens, pad, shuffled_batches
from labelers.checkpoint import Checkpoint, copied_to_cpu, read_checkpoint, write_checkpoint
from labelers.data import Targets
from labelers.device import CPU, moved, own_randomness
from labelers.inference import class_probabilities, multiplied_in
from labelers.metrics import micro_f1
from labelers.network import TextNetwork
from labelers.parts.heads import shift_scores
from labelers.parts.losses import build_loss
from labelers.recipe import BestEpoch, Recipe, Schedule, Training
from labelers.vocabulary import UNKNOWN_INDEX

logger = logging.getLogger(__name__)
SMALLEST = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class EncodedTexts:
    """Token indices, none of them empty, and class indices (n, n_L); shares of classes where there are teachers."""

    tokens: Sequence[Tokens]
    targets: Targets
    shares: NDArray[np.float16] | None = None

    def learnt(self, batch: NDArray[np.intp]) -> Tensor:
        """What a batch is to learn: class indices (B, n_L), or shares (B, n_L, n_C)."""
        if self.shares is None:
            return torch.from_numpy(self.targets[batch])
        return torch.from_numpy(self.shares[batch]).float()


@dataclass(frozen=True, slots=True)
class Epoch:
    """One point of the training curve; `micro_f1` and `held_out_loss` are measured on what was held out."""

    epoch: int
    loss: float
    micro_f1: float
    held_out_loss: float


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The best epoch's weights, on the CPU, which epoch that was, and the curve."""

    state: dict[str, Tensor]
    best: Epoch
    curve: tuple[Epoch, ...]


class Fitter:
    """Holds the state of training: weights, optimiser, curve, best epoch.

    Weights, loss and batches are on `device`, where it moves the network; what is kept of it is on the CPU.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: TextNetwork,
        *,
        train: EncodedTexts,
        held_out: EncodedTexts,
        device: torch.device = CPU,
    ) -> None:
        self.recipe = recipe
        self.device = device
        self.network = network.to(device)
        self.train = train
        self.held_out = held_out
        self.n_classes = network.n_classes
        self.lengths = np.array([len(tokens) for tokens in train.tokens])
        targets = torch.from_numpy(train.targets)
        self.loss = build_loss(recipe.loss, targets, n_classes=self.n_classes).to(device)
        self.optimiser = build_optimiser(recipe.training, network)
        rare = rare_word_odds(train.tokens, network, strength=recipe.network.dropout.rare_words)
        self.rare = None if rare is None else rare.to(device)
        self.curve: tuple[Epoch, ...] = ()
        self.best_state: dict[str, Tensor] = {}

    @property
    def best(self) -> Epoch:
        """The first epoch with the highest micro F1, or with the lowest loss where the recipe says so."""
        if self.recipe.training.best_epoch is BestEpoch.LOSS:
            return min(self.curve, key=lambda point: (point.held_out_loss, point.epoch))
        return max(self.curve, key=lambda point: (point.micro_f1, -point.epoch))

    def run(self, *, folder: Path, key: str, progress: bool) -> Fit:
        """Trains to the end, from the checkpoint in `folder` where there is one of the same `key`."""
        self._resume(folder, key)
        while not self._finished():
            epoch = len(self.curve) + 1
            loss = self._train_epoch(epoch, progress=progress)
            found, held_out_loss = self.measure()
            point = Epoch(epoch, round(loss, 5), round(found, 5), round(held_out_loss, 5))
            self.curve = (*self.curve, point)
            if self.best == point:
                state = self.network.state_dict()
                self.best_state = {name: copied_to_cpu(value) for name, value in state.items()}
            write_checkpoint(folder, self._checkpoint(key))
            logger.info("epoch %d: loss %.4f, held-out micro F1 %.4f", epoch, point.loss, point.micro_f1)
        return Fit(state=self._answering(), best=self.best, curve=self.curve)

    def measure(self) -> tuple[float, float]:
        """Micro F1 and loss on the held-out texts."""
        self.network.eval()
        shape = (self.held_out.targets.shape[1], self.n_classes)
        found = class_probabilities(self.network, self.held_out.tokens, shape=shape)
        truth = self.held_out.targets
        log_p = torch.from_numpy(found).clamp(min=SMALLEST).log()  # whose softmax is `found` again
        log_p = log_p.to(self.device)
        loss = float(self.loss(log_p, torch.from_numpy(truth).to(self.device)))
        shift = self.loss.shift
        answers = (log_p if shift is None else log_p + shift).cpu().numpy()
        return micro_f1(truth, predicted_classes(answers), n_classes=self.n_classes), loss

    def _answering(self) -> dict[str, Tensor]:
        """The best epoch's weights; where the recipe says so without what the loss's weights did to the scores."""
        self.network.load_state_dict(self.best_state)
        if self.loss.shift is not None:
            shift_scores(self.network.head, self.loss.shift)
        return {name: copied_to_cpu(value) for name, value in self.network.state_dict().items()}

    def _finished(self) -> bool:
        if not self.curve:
            return False
        waited = len(self.curve) - self.best.epoch
        return len(self.curve) >= self.recipe.training.max_epochs or waited >= self.recipe.training.patience

    def _train_epoch(self, epoch: int, *, progress: bool) -> float:
        """One pass over the training texts; its randomness depends on the seed and the epoch alone."""
        training = self.recipe.training
        rng = np.random.default_rng((training.seed, epoch))
        batches = shuffled_batches(self.lengths, batch_size=training.batch_size, rng=rng)
        total = 0.0
        self.network.train()
        with own_randomness(self.device):
            torch.manual_seed(int(rng.integers(2**62)))
            for step, batch in enumerate(
                tqdm(batches, desc=f"epoch {epoch}", disable=not progress, leave=False)
            ):
                self._set_learning_rate(epoch - 1 + step / len(batches))
                total += self._step(batch) * len(batch)
        return total / len(self.lengths)

    def _step(self, batch: NDArray[np.intp]) -> float:
        padded = pad([self.train.tokens[i] for i in batch])
        tokens, lengths, targets = (moved(part, self.device) for part in (*padded, self.train.learnt(batch)))
        if self.rare is not None:
            forgotten = torch.rand(tokens.shape, device=self.device) < self.rare[tokens]
            tokens = tokens.masked_fill(forgotten, UNKNOWN_INDEX)
        self.optimiser.zero_grad(set_to_none=True)
        with multiplied_in(self.recipe.training.precision, self.device):
            scores = self.network(tokens, lengths).scores
        loss: Tensor = self.loss(scores, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.recipe.training.gradient_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.training.gradient_norm)
        self.optimiser.step()
        return float(loss.detach())

    def _set_learning_rate(self, epochs_done: float) -> None:
        training = self.recipe.training
        for group in self.optimiser.param_groups:
            group["lr"] = training.learning_rate * rate_share(training, epochs_done / training.max_epochs)

    def _checkpoint(self, key: str) -> Checkpoint:
        return Checkpoint(
            key=key,
            curve=tuple(asdict(point) for point in self.curve),
            network=self.network.state_dict(),
            best=self.best_state,
            optimiser=self.optimiser.state_dict()["state"],
        )

    def _resume(self, folder: Path, key: str) -> None:
        found = read_checkpoint(folder, key=key)
        if found is None:
            return
        self.curve = tuple(Epoch(**point) for point in found.curve)
        self.network.load_state_dict(found.network)
        self.best_state = found.best
        state = self.optimiser.state_dict()
        self.optimiser.load_state_dict({**state, "state": found.optimiser})
        logger.info("training goes on after epoch %d", len(self.curve))


def build_optimiser(training: Training, network: TextNetwork) -> torch.optim.Optimizer:
    """Adam, or AdamW where the recipe has weight decay; biases and layer norms do not decay."""
    trainable = [
        (name, parameter) for name, parameter in network.named_parameters() if parameter.requires_grad
    ]
    if training.weight_decay == 0:
        return torch.optim.Adam([p for _, p in trainable], lr=training.learning_rate, fused=True)
    decaying = [p for name, p in trainable if p.dim() > 1 and not name.endswith("bias")]
    others = [p for name, p in trainable if p.dim() <= 1 or name.endswith("bias")]
    groups = [
        {"params": decaying, "weight_decay": training.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=training.learning_rate, fused=True)


def rate_share(training: Training, done: float) -> float:
    """Share of the learning rate when this share of the training is done: up in the warm-up, then the schedule."""
    if done < training.warm_up:
        return done / training.warm_up
    if training.schedule is Schedule.CONSTANT:
        return 1.0
    return (1 - done) / (1 - training.warm_up)


def rare_word_odds(texts: Sequence[Tokens], network: TextNetwork, *, strength: float) -> Tensor | None:
    """For each word, how likely training reads it as unknown: a / (a + n), 0 for padding; nothing where a is 0."""
    if strength == 0:
        return None
    counts = np.bincount(np.concatenate([np.array(t) for t in texts]), minlength=network.embedding.words)
    odds = strength / (strength + np.maximum(counts, 1))
    odds[0] = 0
    return torch.from_numpy(odds).float()


@contextmanager
def repeatable(*, threads: int, seed: int, device: torch.device = CPU) -> Iterator[None]:
    """Inside, torch computes the same each time: fixed threads, own random state, no non-deterministic kernels."""
    before = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(threads)
    debugging: Any = torch.utils.deterministic
    fill = debugging.fill_uninitialized_memory
    torch.use_deterministic_algorithms(True)
    debugging.fill_uninitialized_memory = False  # costs a fifth of the time and changes no result
    try:
        with own_randomness(device):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(deterministic)
        debugging.fill_uninitialized_memory = fill
