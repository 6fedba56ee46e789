"""Convolution, max-pooling and an LSTM over word vectors (Jnawali 2019, section III.C)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import max_pool1d

from labelers.parts.masks import token_mask


class CnnLstm(nn.Module):
    """Filters over neighbouring words, ReLU, the maximum of each `pool` places, then one LSTM forward.

    With e = 300, 32 filters of 3, pool 2 and 300 units it has 429,632 parameters: 300 x 3 x 32 + 32 of the
    convolution, and for each of the LSTM's 4 gates 32 x 300 and 300 x 300 weights and two bias vectors of 300.
    """

    def __init__(self, *, input_size: int, filters: int, width: int, pool: int, hidden: int) -> None:
        super().__init__()
        self.output_size = hidden
        self.pool = pool
        self.convolution = nn.Conv1d(input_size, filters, kernel_size=width, padding="same")
        self.lstm = nn.LSTM(filters, hidden, batch_first=True)

    def forward(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, e) -> r: (B, T, h): each word has the state of the LSTM at its pool; zeros lie beyond the text.

        So the state at the last word is that of the whole text, whatever padding follows it.
        """
        n_tokens = embedded.shape[1]
        mask = token_mask(lengths, n_tokens)
        x = embedded.masked_fill(~mask.unsqueeze(-1), 0).transpose(1, 2)  # (B, e, T)
        x = self.convolution(x).relu() * mask.unsqueeze(1)  # (B, filters, T)
        x = max_pool1d(x, self.pool, ceil_mode=True).transpose(1, 2)  # (B, T / pool, filters)
        states: Tensor = self.lstm(x)[0]  # (B, T / pool, h)
        return states.repeat_interleave(self.pool, dim=1)[:, :n_tokens]
