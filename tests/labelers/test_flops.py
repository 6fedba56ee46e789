"""Operations counted from the configuration, against the paper's sizes and against torch's own count."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from labelers.flops import TextFlops, network_flops
from labelers.recipe import load_recipe
from tests.labelers.networks import network_of, small_network, small_recipe


def test_13_words_through_the_default_labeler_are_the_sum_of_its_parts() -> None:
    spec = load_recipe("bigru_per_label_attention").network
    gru, projection, attention = 2 * 3 * 1024 * (200 + 512), 2 * 1024**2, 4 * 31 * 1024
    heads = 2 * 31 * 1024 * 4

    counted = network_flops(spec, network_of(spec, size=200, labels=31), n_labels=31, n_classes=4)

    assert counted.of(13) == 13 * (gru + projection + attention) + heads


@pytest.mark.parametrize(
    "architecture", ["word2vec", "caml", "bigru", "bigru_single_attention", "bigru_per_label_attention"]
)
def test_it_is_what_torch_counts(architecture: str) -> None:
    recipe = small_recipe(architecture)
    network = small_network(recipe).eval()
    counted = network_flops(recipe.network, network, n_labels=3, n_classes=4)

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.full((1, 7), 3), torch.tensor([7]))

    assert counted.of(7) == counter.get_total_flops()


def test_a_transformers_layers_cost_their_weights_and_each_pair_of_tokens() -> None:
    recipe = small_recipe("alarm_per_label_attention")  # 2 layers of 16, 32 inside
    counted = network_flops(recipe.network, small_network(recipe), n_labels=3, n_classes=4)

    assert counted.per_token == 2 * 2 * (4 * 16 * 16 + 2 * 16 * 32) + 4 * 3 * 16
    assert counted.per_pair == 2 * 4 * 16


def test_a_token_pairs_with_those_of_its_window_alone() -> None:
    assert TextFlops(per_pair=1, window=8).of(20) == 20 * 8


def test_a_text_without_tokens_costs_nothing() -> None:
    assert TextFlops(per_text=5, per_token=3).of(0) == 0
