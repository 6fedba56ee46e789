"""Dropout whose mask is drawn once for each text."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import dropout


class SharedDropout(nn.Module):
    """(B, N, d) -> the same, with features dropped for all N tokens (or labels) of a text alike."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """Scales what is kept, so that the mean stays; leaves x alone outside training."""
        if not self.training or self.share == 0:
            return x
        return x * dropout(x.new_ones(x.shape[0], 1, x.shape[2]), self.share)
