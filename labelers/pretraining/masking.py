"""Which tokens of a batch are hidden, and by what: drawn anew each time (RoBERTa's dynamic masking)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from labelers.pretraining.recipe import Masking


@dataclass(frozen=True, slots=True, eq=False)
class Masker:
    """`ordinary` are the indices of all tokens that are not special: they are hidden, and stand in for others.

    They lie where the batches do."""

    spec: Masking
    mask_id: int
    ordinary: Tensor

    def __call__(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (B, T) -> what the encoder reads (B, T), and where it is to guess (B, T)."""
        draws = torch.rand(tokens.shape, device=tokens.device)
        allowed = torch.isin(tokens, self.ordinary)
        chosen = (draws < self.spec.share) & allowed
        if not chosen.any():  # a loss over nothing would be no number
            lowest = draws.masked_fill(~allowed, 2).argmin()
            chosen.view(-1)[lowest] = True
        fate = torch.rand(tokens.shape, device=tokens.device)
        masked = chosen & (fate < self.spec.masked)
        replaced = chosen & ~masked & (fate < self.spec.masked + self.spec.random)
        others = self.ordinary[torch.randint(len(self.ordinary), tokens.shape, device=tokens.device)]
        return torch.where(replaced, others, tokens.masked_fill(masked, self.mask_id)), chosen
