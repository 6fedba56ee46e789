"""Where there is a token, and where padding."""

from __future__ import annotations

import torch
from torch import Tensor


def token_mask(lengths: Tensor, n_tokens: int) -> Tensor:
    """Lengths (B,) -> (B, T), true where there is a token."""
    return torch.arange(n_tokens, device=lengths.device) < lengths.unsqueeze(1)
