"""Embedded tokens to the representation r that a pooling reads."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from labelers import recipe
from labelers.parts.cnn_lstm import CnnLstm
from labelers.parts.gru import Weights, bidirectional_states
from labelers.parts.masks import token_mask


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
        """(B, T, e) -> r: (B, T, h); padding never reaches the backward direction.

        Both directions run in one: the backward one over each row's own tokens turned round. What stands at padded
        places is finite and means nothing, and no row's result depends on another's length.
        """
        turned = _turn_index(lengths, embedded.shape[1])  # (B, T)
        both = torch.stack([embedded, _take_tokens(embedded, turned)]).transpose(1, 2)  # (2, T, B, e)
        forward, backward = bidirectional_states(both, self._weights()).transpose(1, 2)  # (B, T, h/2) each
        return torch.cat([forward, _take_tokens(backward, turned)], dim=-1)

    def _weights(self) -> Weights:
        return Weights(*(self._pair(name) for name in ("weight_ih", "bias_ih", "weight_hh", "bias_hh")))

    def _pair(self, name: str) -> Tensor:
        """A parameter of both directions: weights (2, in, 3 h/2), biases (2, 1, 3 h/2)."""
        pair = torch.stack([getattr(self.gru, f"{name}_l0"), getattr(self.gru, f"{name}_l0_reverse")])
        return pair.unsqueeze(1) if pair.dim() == 2 else pair.transpose(1, 2)


class Cnn(nn.Module):
    """Convolutions of several widths side by side, tanh, and for each map the maximum across widths (CAML)."""

    def __init__(self, *, input_size: int, maps: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.output_size = maps
        self.widths = widths
        self.convolutions = nn.ModuleList(nn.Conv1d(input_size, maps, kernel_size=width) for width in widths)

    def forward(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """(B, T, e) -> r: (B, T, h); beyond the text lie zeros, whatever the padding's vector is."""
        x = embedded.masked_fill(~token_mask(lengths, embedded.shape[1]).unsqueeze(-1), 0)
        x = x.transpose(1, 2)  # (B, e, T)
        by_width = torch.stack(self._convolve(x))  # (widths, B, h, T)
        return torch.tanh(by_width.amax(dim=0)).transpose(1, 2)

    def _convolve(self, x: Tensor) -> list[Tensor]:
        """(B, e, T) -> (B, h, T) for each width, with as many zeros round the text as keep T."""
        ends = [((width - 1) // 2, width // 2) for width in self.widths]
        return [convolution(pad(x, end)) for end, convolution in zip(ends, self.convolutions, strict=True)]


def _turn_index(lengths: Tensor, n_tokens: int) -> Tensor:
    """Indices (B, T) that turn each row's own tokens round; padded places point at its first token."""
    places = torch.arange(n_tokens, device=lengths.device)
    return (lengths.unsqueeze(1) - 1 - places).clamp(min=0)


def _take_tokens(x: Tensor, index: Tensor) -> Tensor:
    """Tokens of each row by index: (B, T, d), (B, T) -> (B, T, d)."""
    return x.gather(1, index.unsqueeze(-1).expand(-1, -1, x.shape[-1]))


WordEncoder = Identity | BiGru | Cnn | CnnLstm
WordEncoderSpec = recipe.NoEncoder | recipe.BiGruEncoder | recipe.CnnEncoder | recipe.CnnLstmEncoder


def build_encoder(spec: WordEncoderSpec, *, input_size: int) -> WordEncoder:
    """The encoder of embedded words that the recipe names."""
    match spec:
        case recipe.BiGruEncoder():
            return BiGru(input_size=input_size, hidden=spec.hidden)
        case recipe.CnnEncoder():
            return Cnn(input_size=input_size, maps=spec.maps, widths=spec.widths)
        case recipe.CnnLstmEncoder():
            return CnnLstm(
                input_size=input_size,
                filters=spec.filters,
                width=spec.width,
                pool=spec.pool,
                hidden=spec.hidden,
            )
        case recipe.NoEncoder():
            return Identity(input_size=input_size)
