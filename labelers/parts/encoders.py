"""Embedded tokens to the representation r that a pooling reads."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from labelers import recipe


class Identity(nn.Module):
    """Leaves the tokens as they are."""

    def __init__(self, *, input_size: int) -> None:
        super().__init__()
        self.output_size = input_size

    def forward(self, embedded: Tensor, lengths: Tensor) -> Tensor:  # noqa: ARG002
        """(B, T, e) -> (B, T, e)."""
        return embedded


class BiGru(nn.Module):
    """Bidirectional GRU with hidden size h/2 each way, the two concatenated (section 3.3).

    With e = 200 and h = 1024 it has 2,193,408 parameters: for each direction three gates of 200 x 512 and 512 x 512
    weights and *two* bias vectors of 512 (torch's b_ih and b_hh). Only this arrangement gives Table 4's totals:
    2,193,408 + W_0, b_0 (1,049,600) + 31 v_l (31,744) + 31 heads (127,100) = 3,401,852, and 3,371,132 with one v.
    """

    def __init__(self, *, input_size: int, hidden: int) -> None:
        super().__init__()
        self.output_size = hidden
        self.gru = nn.GRU(input_size, hidden // 2, bidirectional=True, batch_first=True)

    def forward(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, e) -> r: (B, T, h); packing keeps padding out of the backward direction."""
        n_tokens = embedded.shape[1]
        if bool((lengths == n_tokens).all()):
            encoded: Tensor = self.gru(embedded)[0]
            return encoded
        packed = pack_padded_sequence(embedded, lengths.cpu(), batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.gru(packed)[0], batch_first=True, total_length=n_tokens)[0]


def build_encoder(spec: recipe.NoEncoder | recipe.BiGruEncoder, *, input_size: int) -> Identity | BiGru:
    """The encoder that the recipe names."""
    match spec:
        case recipe.BiGruEncoder():
            return BiGru(input_size=input_size, hidden=spec.hidden)
        case recipe.NoEncoder():
            return Identity(input_size=input_size)
