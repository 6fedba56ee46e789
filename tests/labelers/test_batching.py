import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelers.batching import ROW_STEP, Tokens, fixed_batches, padded_width

token_texts = st.lists(st.lists(st.integers(1, 9), max_size=140).map(tuple), max_size=60)


@given(token_texts)
def test_every_text_with_tokens_is_in_one_batch_just_as_it_is(texts: list[Tokens]) -> None:
    seen = {}
    for batch in fixed_batches(texts):
        for row, index in enumerate(batch.indices):
            assert index not in seen
            seen[index] = tuple(batch.tokens[row, : batch.lengths[row]].tolist())

    assert seen == {index: text for index, text in enumerate(texts) if text}


@given(token_texts)
def test_the_width_of_a_batch_follows_from_the_length_of_each_of_its_texts(texts: list[Tokens]) -> None:
    for batch in fixed_batches(texts):
        assert {padded_width(len(texts[index])) for index in batch.indices} == {batch.tokens.shape[1]}
        assert batch.tokens.shape[0] % ROW_STEP == 0


@given(st.integers(1, 5000))
def test_a_width_is_never_shorter_than_the_text_and_never_much_longer(length: int) -> None:
    assert length <= padded_width(length) < length + 32


def test_surplus_rows_hold_one_padding_token_each() -> None:
    [batch] = fixed_batches([(3, 4)])

    assert batch.tokens.shape == (ROW_STEP, 4)
    assert np.array_equal(batch.lengths.numpy(), [2] + [1] * (ROW_STEP - 1))


def test_a_gpu_is_given_the_same_texts_in_fewer_batches() -> None:
    texts: list[Tokens] = [(3, 4, 5)] * 1300

    sizes = [len(batch.indices) for batch in fixed_batches(texts)]
    on_a_gpu = [len(batch.indices) for batch in fixed_batches(texts, tokens_per_batch=4 * 2048)]

    assert (sizes, on_a_gpu) == ([512, 512, 276], [1300])
