import torch

from labelers.parts.encoders import BiGru

SIZE, HIDDEN = 6, 10


def encoder() -> BiGru:
    torch.manual_seed(0)
    return BiGru(input_size=SIZE, hidden=HIDDEN)


def test_without_gradients_the_gru_gives_what_torch_gives_with_them() -> None:
    gru, lengths = encoder(), torch.tensor([5, 1, 3])
    embedded = torch.randn(3, 5, SIZE)

    learning = gru(embedded, lengths)
    with torch.no_grad():
        labelling = gru(embedded, lengths)

    for row, length in enumerate(lengths):
        torch.testing.assert_close(labelling[row, :length], learning[row, :length], atol=1e-6, rtol=1e-5)


def test_what_stands_in_the_padding_changes_nothing() -> None:
    gru, lengths = encoder(), torch.tensor([2, 4])
    embedded = torch.randn(2, 4, SIZE)
    other = embedded.clone()
    other[0, 2:] = 99.0

    with torch.no_grad():
        one, two = gru(embedded, lengths), gru(other, lengths)

    assert torch.equal(one[0, :2], two[0, :2])
    assert torch.equal(one[1], two[1])
