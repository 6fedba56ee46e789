from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from labelers.parts.windows import cut_windows, document_attention, lay_windows, strongest_windows

CLS, SEP = 101, 102


def document(n_content: int, n_tokens: int) -> torch.Tensor:
    tokens = torch.zeros(1, n_tokens, dtype=torch.long)
    tokens[0, : n_content + 2] = torch.tensor([CLS, *range(1, n_content + 1), SEP])
    return tokens


def windows_of(n_content: int, n_tokens: int, *, size: int, overlap: int) -> list[list[int]]:
    layout = lay_windows(torch.tensor([n_content + 2]), n_tokens, size=size, overlap=overlap)
    windows, lengths = cut_windows(document(n_content, n_tokens), layout)
    held = layout.lengths.flatten().tolist()
    return [row[:n].tolist() for row, n, own in zip(windows, lengths.tolist(), held, strict=True) if own]


def test_windows_overlap_and_have_special_tokens_round_them() -> None:
    assert windows_of(7, 9, size=6, overlap=1) == [[CLS, 1, 2, 3, 4, SEP], [CLS, 4, 5, 6, 7, SEP]]
    assert windows_of(6, 9, size=6, overlap=1) == [[CLS, 1, 2, 3, 4, SEP], [CLS, 4, 5, 6, SEP]]


def test_a_document_that_fits_is_one_window() -> None:
    assert windows_of(4, 9, size=6, overlap=1) == [[CLS, 1, 2, 3, 4, SEP]]
    assert windows_of(2, 5, size=6, overlap=1) == [[CLS, 1, 2, SEP]]


def test_the_number_of_windows_depends_on_the_padded_width_alone() -> None:
    short, long = (lay_windows(torch.tensor([n]), 40, size=10, overlap=3) for n in (3, 40))

    assert short.places.shape == long.places.shape
    assert (short.lengths > 0).sum() == 1


@given(
    st.integers(0, 60),
    st.integers(0, 20),
    st.integers(6, 20).flatmap(lambda s: st.tuples(st.just(s), st.integers(0, s - 3))),
)
def test_windows_hold_every_token_in_order_each_with_the_wanted_overlap(
    n_content: int, surplus: int, shape: tuple[int, int]
) -> None:
    size, overlap = shape

    windows = windows_of(n_content, n_content + 2 + surplus, size=size, overlap=overlap)

    found: list[int] = []
    for number, window in enumerate(windows):
        content = window[1:-1]
        assert (window[0], window[-1]) == (CLS, SEP)
        assert len(window) <= size
        if number:
            assert content[:overlap] == found[len(found) - overlap :]
            content = content[overlap:]
        found += content
    assert found == list(range(1, n_content + 1))


def test_a_row_of_one_padding_token_is_one_window() -> None:
    layout = lay_windows(torch.tensor([1]), 40, size=10, overlap=3)

    assert layout.lengths.tolist()[0] == [1, *[0] * (layout.lengths.shape[1] - 1)]
    assert cut_windows(torch.zeros(1, 40, dtype=torch.long), layout)[1].min() == 1


def test_each_label_has_the_scores_of_the_window_that_speaks_most_for_it() -> None:
    layout = lay_windows(torch.tensor([9, 6]), 9, size=6, overlap=1)
    logits = torch.tensor([[[1.0, -2.0], [0.5, 3.0]], [[-4.0, -5.0], [9.0, 9.0]]])  # (B, n_w, n_L)
    scores = torch.stack([torch.zeros_like(logits), logits], dim=-1).flatten(0, 1)

    found, best = strongest_windows(scores, layout)

    assert found[..., 1].tolist() == [[1.0, 3.0], [-4.0, -5.0]]  # the second document has one window
    assert best.tolist() == [[0, 1], [0, 0]]


def test_attention_is_that_of_each_labels_window_over_the_documents_tokens() -> None:
    layout = lay_windows(torch.tensor([9]), 9, size=6, overlap=1)
    attention = torch.tensor([[0.1, 0.1, 0.1, 0.1, 0.5, 0.1], [0.0, 0.2, 0.2, 0.2, 0.2, 0.2]])  # (n_w, size)

    found = document_attention(attention.unsqueeze(1), torch.tensor([[0, 1]]), layout, 9)

    expected = [[0.1, 0.1, 0.1, 0.1, 0.5, 0, 0, 0, 0.1], [0, 0, 0, 0, 0.2, 0.2, 0.2, 0.2, 0.2]]
    torch.testing.assert_close(found[0], torch.tensor(expected))
