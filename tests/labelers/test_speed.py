from __future__ import annotations

import torch

from labelers.speed import count_work, label_each, label_plainly, measure_labeler, product_rate
from tests.labelers.networks import small_labeler

TEXTS = ["no bleed", "there is a bleed", "no fracture in the brain", "."]


def test_padding_is_no_work() -> None:
    labeler = small_labeler()

    alone = [count_work(labeler, [text]) for text in TEXTS]

    tokens, flops = count_work(labeler, TEXTS)
    assert tokens == sum(count or 0 for count, _ in alone) == 2 + 4 + 5
    assert flops == sum(work or 0 for _, work in alone)


def test_texts_of_the_same_tokens_are_computed_once() -> None:
    assert count_work(small_labeler(), ["no bleed", "No bleed."]) == count_work(small_labeler(), ["no bleed"])


def test_it_measures_every_text() -> None:
    measured = measure_labeler(small_labeler(), TEXTS)

    assert measured.texts == 4
    assert measured.tokens == 11
    assert measured.seconds > 0


def test_a_plain_loop_leaves_the_number_of_threads_as_it_was() -> None:
    before = torch.get_num_threads()

    label_plainly(small_labeler(), TEXTS, batch_size=2, threads=1)
    label_each(small_labeler(), TEXTS * 2)

    assert torch.get_num_threads() == before


def test_a_product_has_a_rate() -> None:
    assert product_rate(torch.float32, size=32, seconds=0.01) > 0
