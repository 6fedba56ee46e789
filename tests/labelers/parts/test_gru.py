import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from labelers.parts.encoders import BiGru
from labelers.parts.gru import Weights, bidirectional_states

LENGTHS = torch.tensor([6, 2, 4])


def torch_states(gru: nn.GRU, embedded: Tensor) -> Tensor:
    packed = pack_padded_sequence(embedded, LENGTHS, batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(gru(packed)[0], batch_first=True, total_length=embedded.shape[1])[0]


def test_states_and_gradients_are_those_of_torch() -> None:
    torch.manual_seed(0)
    encoder = BiGru(input_size=5, hidden=8).double()
    embedded = torch.randn(3, 6, 5, dtype=torch.float64, requires_grad=True)
    counted = torch.arange(6)[None] < LENGTHS[:, None]
    weigh = torch.randn(3, 6, 8, dtype=torch.float64) * counted.unsqueeze(-1)
    learnt = [embedded, *encoder.parameters()]

    ours, theirs = encoder(embedded, LENGTHS), torch_states(encoder.gru, embedded)
    our_gradients = torch.autograd.grad((ours * weigh).sum(), learnt)
    their_gradients = torch.autograd.grad((theirs * weigh).sum(), learnt)

    torch.testing.assert_close(ours[counted], theirs[counted])
    for one, other in zip(our_gradients, their_gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_gradients_are_those_of_finite_differences() -> None:
    torch.manual_seed(0)
    shapes = ((2, 3, 2, 4), (2, 4, 9), (2, 1, 9), (2, 3, 9), (2, 1, 9))
    x, *weights = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes)

    assert torch.autograd.gradcheck(lambda x, *w: bidirectional_states(x, Weights(*w)), (x, *weights))


def test_under_autocast_products_are_in_bfloat16_and_gradients_in_the_weights_type() -> None:
    torch.manual_seed(0)
    encoder = BiGru(input_size=32, hidden=64)
    embedded = torch.randn(3, 6, 32, requires_grad=True)

    exact = encoder(embedded, LENGTHS)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rounded = encoder(embedded, LENGTHS)
    rounded.sum().backward()

    assert not torch.equal(exact, rounded)
    torch.testing.assert_close(exact, rounded.float(), atol=0.03, rtol=0.1)
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in encoder.parameters())
