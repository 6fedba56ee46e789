"""A gated recurrent unit in both directions at once, with its gradient: the recurrence of a Bi-GRU.

For tokens x_t and the state h before them, with gates as torch.nn.GRU has them:

    r, z = sigmoid(W_ih x_t + b_ih + W_hh h + b_hh)[r, z]
    n = tanh((W_ih x_t + b_ih)[n] + r * (W_hh h + b_hh)[n])
    h' = (1 - z) n + z h

torch's own adds up the gradient of both weights at every token, which on a CPU costs more than all else. Here a
token's step has one product for both directions, and the weights' gradients are one product over all tokens at the
end.
Products are in the type of autocast where that is on, all else in the type of the tokens.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from labelers.device import products_in


class Weights(NamedTuple):
    """Of both directions: w_ih (2, e, 3h), b_ih (2, 1, 3h), w_hh (2, h, 3h), b_hh (2, 1, 3h)."""

    w_ih: Tensor
    b_ih: Tensor
    w_hh: Tensor
    b_hh: Tensor


class _Trace(NamedTuple):
    """What the gradient needs of each token besides the states, in the type of the products."""

    gates: list[Tensor]  # (2, B, 2h) each: r, z
    candidates: list[Tensor]  # (2, B, h): n
    recurrent: list[Tensor]  # (2, B, 3h): W_hh h + b_hh


def bidirectional_states(x: Tensor, weights: Weights) -> Tensor:
    """Tokens (2, T, B, e), each direction's in its own order -> the states after each: (2, T, B, h)."""
    if torch.is_grad_enabled():
        states: Tensor = _Recurrence.apply(x, *weights)  # type: ignore[no-untyped-call]
        return states
    return _run(x, weights, product=_product_type(x))


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, *weights: Tensor) -> Tensor:
        ctx.product, ctx.trace = _product_type(x), _Trace([], [], [])
        states = _run(x, Weights(*weights), product=ctx.product, trace=ctx.trace)
        ctx.save_for_backward(x, *weights, states)
        return states

    @staticmethod
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor, ...]:
        x, *weights, states = ctx.saved_tensors
        with products_in(None, x.device):
            d_p, d_q = _gate_gradients(d_states, states, weights[2], ctx.trace, product=ctx.product)
            return _gradients(d_p, d_q, x, Weights(*weights), states)


def _product_type(x: Tensor) -> torch.dtype:
    kind = x.device.type
    autocast = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
    return torch.get_autocast_dtype(kind) if autocast else x.dtype


def _run(x: Tensor, weights: Weights, *, product: torch.dtype, trace: _Trace | None = None) -> Tensor:
    """All tokens in order; what the gradient needs is added to the trace where there is one."""
    _, n_tokens, n_rows, size = x.shape
    half = weights.w_hh.shape[1]
    states = x.new_empty(2, n_tokens, n_rows, half)
    with products_in(None, x.device):
        low = Weights(*(weight.to(product) for weight in weights))
        projected = torch.baddbmm(low.b_ih, x.reshape(2, -1, size).to(product), low.w_ih)
        projected = projected.view(2, n_tokens, n_rows, 3 * half)
        h = x.new_zeros(2, n_rows, half)
        for t in range(n_tokens):
            p = projected[:, t]  # (2, B, 3h)
            q = torch.baddbmm(low.b_hh, h.to(product), low.w_hh)
            gates = torch.sigmoid(p[..., : 2 * half] + q[..., : 2 * half])
            r, z = gates[..., :half], gates[..., half:]
            n = torch.tanh(p[..., 2 * half :] + r * q[..., 2 * half :])
            h = torch.lerp(n.to(h.dtype), h, z.to(h.dtype))
            states[:, t] = h
            if trace is not None:
                trace.gates.append(gates)
                trace.candidates.append(n)
                trace.recurrent.append(q)
    return states


def _gate_gradients(
    d_states: Tensor, states: Tensor, w_hh: Tensor, trace: _Trace, *, product: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Of p and q, the input's and the state's part of the gates, before their non-linearity: (2, T, B, 3h) each."""
    _, n_tokens, n_rows, half = states.shape
    d_p = states.new_empty(2, n_tokens, n_rows, 3 * half, dtype=product)
    d_q = torch.empty_like(d_p)
    to_state = w_hh.to(product).transpose(1, 2)  # (2, 3h, h)
    d_h = states.new_zeros(2, n_rows, half)
    for t in reversed(range(n_tokens)):
        before = states[:, t - 1] if t else torch.zeros_like(d_h)
        r, z = trace.gates[t].to(d_h.dtype).chunk(2, dim=-1)
        n, q = trace.candidates[t].to(d_h.dtype), trace.recurrent[t][..., 2 * half :].to(d_h.dtype)
        d_h = d_h + d_states[:, t]
        d_n = d_h * (1 - z) * (1 - n * n)
        d_p[:, t, :, :half] = d_q[:, t, :, :half] = d_n * q * r * (1 - r)
        d_p[:, t, :, half : 2 * half] = d_q[:, t, :, half : 2 * half] = d_h * (before - n) * z * (1 - z)
        d_p[:, t, :, 2 * half :] = d_n
        d_q[:, t, :, 2 * half :] = d_n * r
        d_h = torch.addcmul(torch.bmm(d_q[:, t], to_state), d_h, z)
    return d_p, d_q


def _gradients(d_p: Tensor, d_q: Tensor, x: Tensor, weights: Weights, states: Tensor) -> tuple[Tensor, ...]:
    """Of x, w_ih, b_ih, w_hh and b_hh: one product each over all tokens."""
    product = d_p.dtype
    before = torch.cat([torch.zeros_like(states[:, :1]), states[:, :-1]], dim=1)
    d_p, d_q, tokens, before = (part.reshape(2, -1, part.shape[-1]) for part in (d_p, d_q, x, before))
    d_x = torch.bmm(d_p, weights.w_ih.to(product).transpose(1, 2))  # (2, T B, e)
    return (
        d_x.to(x.dtype).view(x.shape),
        torch.bmm(tokens.to(product).transpose(1, 2), d_p).to(x.dtype),
        d_p.sum(dim=1, keepdim=True, dtype=x.dtype),
        torch.bmm(before.to(product).transpose(1, 2), d_q).to(x.dtype),
        d_q.sum(dim=1, keepdim=True, dtype=x.dtype),
    )
