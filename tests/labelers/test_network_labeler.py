from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from labelers.base import AttendingLabeler, predicted_classes
from labelers.batching import TOKENS_PER_BATCH
from labelers.network_labeler import NetworkLabeler
from labelers.registry import list_bundles
from schemas.errors import UsageError
from schemas.precision import Precision
from tests.labelers.networks import ARCHITECTURES, ATTENDING, WORDS, is_transformer, small_labeler

TEXTS = (
    "There is no bleed.",
    "There may be an old infarct in the brain, 12 mm.",
    "?Fracture",
    "there is NO bleed",
    "...",
    "",
    "Unheard-of words throughout.",
)


def many_texts(n: int) -> list[str]:
    source = random.Random(0)
    return [" ".join(source.choices(WORDS, k=source.choice((1, 2, 5, 9, 14, 33, 70)))) for _ in range(n)]


@pytest.fixture(scope="module", params=[*ARCHITECTURES, *[f"bundle:{name}" for name in list_bundles()]])
def labeler(request: pytest.FixtureRequest) -> NetworkLabeler:
    if request.param.startswith("bundle:"):
        from labelers.bundle import load_bundle  # noqa: PLC0415 (only where there is a bundle)

        return load_bundle(request.param.removeprefix("bundle:"))
    return small_labeler(request.param)


def test_probabilities_are_one_distribution_for_each_text_and_label(labeler: NetworkLabeler) -> None:
    found = labeler.probabilities(TEXTS)

    assert found.shape == (len(TEXTS), len(labeler.label_set.ids), len(labeler.label_set.classes))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-5)


def test_batch_composition_order_and_threads_never_change_a_bit(labeler: NetworkLabeler) -> None:
    texts = many_texts(TOKENS_PER_BATCH // 8)
    together = labeler.probabilities(texts)
    threads = torch.get_num_threads()

    for n_threads in (1, 2):
        torch.set_num_threads(n_threads)
        try:
            order = np.random.default_rng(n_threads).permutation(len(texts))
            shuffled = labeler.probabilities([texts[i] for i in order])
            alone = np.concatenate([labeler.probabilities([text]) for text in texts[:4]])
            tail = labeler.probabilities(texts[5:40])
        finally:
            torch.set_num_threads(threads)
        assert np.array_equal(shuffled, together[order])
        assert np.array_equal(alone, together[:4])
        assert np.array_equal(tail, together[5:40])


def test_in_bfloat16_answers_are_nearly_the_same_and_do_not_depend_on_the_batch(
    labeler: NetworkLabeler,
) -> None:
    texts = many_texts(TOKENS_PER_BATCH // 16)
    rounded = replace(labeler, precision=Precision.BFLOAT16)

    exact, found = labeler.probabilities(texts), rounded.probabilities(texts)

    assert found.dtype == np.float32
    assert not np.array_equal(found, exact)
    assert (np.abs(found - exact) > 0.1).mean() < 0.001  # an answer that is undecided may move further
    assert np.array_equal(rounded.probabilities(texts[::-1]), found[::-1])
    assert np.array_equal(rounded.probabilities(texts[3:20]), found[3:20])


def test_texts_with_the_same_tokens_get_the_same_answer(labeler: NetworkLabeler) -> None:
    found = labeler.probabilities(["There is no bleed", "there  is\nNO bleed"])

    assert np.array_equal(found[0], found[1])


def test_a_text_without_words_mentions_nothing(labeler: NetworkLabeler) -> None:
    found = labeler.probabilities(["", " .,; "])

    assert (found[..., 0] == 1).all()


def test_no_texts_give_no_rows(labeler: NetworkLabeler) -> None:
    assert labeler.probabilities([]).shape == (0, len(labeler.label_set.ids), len(labeler.label_set.classes))


def test_attention_gives_each_label_weights_over_words_with_their_spans(labeler: NetworkLabeler) -> None:
    text = "There is no bleed, 3 mm."

    assert isinstance(labeler, AttendingLabeler)
    if not labeler.attends:
        with pytest.raises(UsageError, match="does not attend"):
            labeler.attention([text])
        return
    (found,) = labeler.attention([text])

    seen = [text[start:end] for start, end in found.spans]
    if is_transformer(labeler.recipe):
        assert seen == [
            "",
            "There",
            "is",
            "no",
            "bleed",
            ",",
            "3",
            "mm",
            ".",
            "",
        ]  # [CLS] and [SEP] are no text
    else:
        assert seen == ["There", "is", "no", "bleed", "3", "mm"]
    assert found.weights.shape == (len(labeler.label_set.ids), len(seen))
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("architecture", ATTENDING)
def test_a_single_attention_looks_at_the_same_for_all_labels_and_a_per_label_one_does_not(
    architecture: str,
) -> None:
    (found,) = small_labeler(architecture).attention(["There is no bleed."])

    same = all(np.array_equal(row, found.weights[0]) for row in found.weights)
    assert same == (ARCHITECTURES[architecture]["pooling"]["kind"] == "single_attention")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_labels_representation_is_what_the_head_reads_for_it(architecture: str) -> None:
    labeler = small_labeler(architecture)
    texts = [*many_texts(5), "There is no bleed."]
    head, ids = labeler.network.head, labeler.label_set.ids

    found = [torch.from_numpy(labeler.representations(texts, label=label)) for label in ids]

    if labeler.network.pooling.representations > 1:
        scores = head(torch.stack(found, dim=1))
    else:
        scores = torch.stack([head(s.unsqueeze(1))[:, n] for n, s in enumerate(found)], dim=1)
    assert found[0].shape == (6, labeler.network.pooling.output_size)
    np.testing.assert_allclose(
        torch.softmax(scores, dim=-1).detach(), labeler.probabilities(texts), atol=1e-5
    )


@pytest.mark.parametrize("architecture", ["word2vec", "alarm_per_label_attention", "bert_multilabel"])
def test_a_representation_depends_on_its_own_text_alone_and_is_zero_without_words(architecture: str) -> None:
    labeler = small_labeler(architecture)
    texts = many_texts(40)

    together = labeler.representations([*texts, "..."], label="bleed")

    assert np.array_equal(labeler.representations(texts[7:8], label="bleed")[0], together[7])
    assert not together[-1].any()


def test_where_each_label_has_its_own_representation_one_must_be_named() -> None:
    with pytest.raises(UsageError, match="name one"):
        small_labeler("bigru_per_label_attention").representations(TEXTS)
    with pytest.raises(UsageError, match="Did you mean 'bleed'"):
        small_labeler("bigru_per_label_attention").representations(TEXTS, label="bleeds")
    assert small_labeler("bigru_single_attention").representations(TEXTS).shape == (len(TEXTS), 16)


@pytest.mark.parametrize("architecture", ATTENDING)
def test_attention_of_a_text_without_words_is_empty(architecture: str) -> None:
    (found,) = small_labeler(architecture).attention(["..."])

    assert found.spans == ()
    assert found.weights.shape == (3, 0)


@pytest.mark.parametrize(("architecture", "words"), [("bigru_per_label_attention", 12), ("bert", 10)])
def test_a_text_longer_than_the_labeler_reads_is_known_as_truncated(architecture: str, words: int) -> None:
    labeler = small_labeler(architecture)
    longest = " ".join(["bleed"] * words)

    assert labeler.truncated([longest, longest + " infarct"]).tolist() == [False, True]
    found = labeler.probabilities([longest, longest + " infarct"])
    assert np.array_equal(found[0], found[1])


def test_numbers_are_one_word_where_the_recipe_says_so() -> None:
    found = small_labeler().probabilities(["old infarct 12", "old infarct 3.5"])

    assert np.array_equal(found[0], found[1])


def test_of_equally_probable_classes_the_weakest_is_predicted() -> None:
    assert predicted_classes(np.array([[[0.4, 0.4, 0.1, 0.1]]], dtype=np.float32)).tolist() == [[0]]


@pytest.mark.parametrize("architecture", ["bigru_per_label_attention", "bert"])
@settings(max_examples=20, deadline=None)
@given(texts=st.lists(st.text(max_size=60), max_size=6))
def test_any_texts_get_finite_probabilities_that_do_not_depend_on_each_other(
    architecture: str, texts: list[str]
) -> None:
    labeler = small_labeler(architecture)

    found = labeler.probabilities(texts)

    assert np.isfinite(found).all()
    for row, text in enumerate(texts):
        assert np.array_equal(found[row], labeler.probabilities([text])[0])
