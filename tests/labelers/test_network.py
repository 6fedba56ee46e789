from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from labelers.batching import pad
from labelers.network import TextNetwork, count_parameters
from labelers.parts.embeddings import WordEmbedding
from labelers.recipe import Network, load_recipe
from schemas.errors import UsageError
from tests.labelers.networks import (
    ARCHITECTURES,
    BERT,
    network_of,
    small_network,
    small_recipe,
    tiny_config,
)

TABLE_4 = {
    "word2vec": 166_524,
    "bigru_single_attention": 3_371_132,
    "bigru_per_label_attention": 3_401_852,
    "bert": 109_577_596,
    "biobert": 109_577_596,
}
BESIDE_TABLE_4 = {
    "caml": (1_021_176, -63_612),  # a second set of 31 heads, of 4 x 512 + 4 each
    "bigru": (2_889_852, -556 * 1024),  # what no layer of the text explains; see the recipe's notes
    "alarm_softmax": (109_458_556, -12 * 768),  # the same in both, besides all that the text names
    "alarm_per_label_attention": (125_233_276, -12 * 768),
}
BERT_BASE_UNCASED = {"model_type": "bert"}  # whose settings are the defaults of transformers' BertConfig


def full_size_parameters(name: str, config: dict[str, Any]) -> int:
    with torch.device("meta"):
        return count_parameters(
            network_of(load_recipe(name).network, config=config, size=200, labels=31, words=10)
        )


@pytest.mark.parametrize("name", TABLE_4)
def test_recipes_have_the_parameters_of_table_4(name: str) -> None:
    assert full_size_parameters(name, BERT_BASE_UNCASED) == TABLE_4[name]


@pytest.mark.parametrize("name", BESIDE_TABLE_4)
def test_recipes_differ_from_table_4_by_what_the_text_leaves_out(name: str) -> None:
    paper, difference = BESIDE_TABLE_4[name]

    assert full_size_parameters(name, BERT_BASE_UNCASED) == paper + difference


def test_a_network_that_reads_forward_only_has_the_parameters_that_table_4_gives_the_bigru() -> None:
    with torch.device("meta"):
        parts = (torch.nn.GRU(300, 512, num_layers=2), torch.nn.Linear(512, 31 * 4))

    assert sum(p.numel() for part in parts for p in part.parameters()) == BESIDE_TABLE_4["bigru"][0]


def test_the_small_architectures_are_those_of_the_shipped_recipes() -> None:
    for name, parts in ARCHITECTURES.items():
        shipped = load_recipe(name).network
        assert (shipped.windows is not None) == ("windows" in parts)
        for part in ("encoder", "pooling", "head"):
            assert getattr(shipped, part).kind == parts[part]["kind"]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_gradients_reach_every_parameter(architecture: str) -> None:
    network = small_network(small_recipe(architecture))
    tokens, lengths = pad([(2, 3, 4, 5), (6, 7)])

    torch.nn.functional.cross_entropy(
        network(tokens, lengths).scores.flatten(0, 1), torch.tensor([0, 1, 2, 3, 0, 1])
    ).backward()

    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        if not name.endswith("attention.self.key.bias"):  # which adds the same to all of a softmax: nothing
            assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_padding_never_changes_scores_or_attention(architecture: str) -> None:
    network = small_network(small_recipe(architecture)).eval()
    text = (2, 3, 4)

    alone = network(*pad([text]))
    padded = network(*pad([text, tuple(range(2, 12))]))

    torch.testing.assert_close(padded.scores[0], alone.scores[0])
    assert network.attends == (alone.attention is not None)
    if network.attends:
        torch.testing.assert_close(padded.attention[0, :, :3], alone.attention[0])
        assert (padded.attention[0, :, 3:] == 0).all()


@pytest.mark.parametrize("architecture", ["bigru_per_label_attention", "bigru_single_attention"])
def test_attention_is_the_softmax_of_section_3_2(architecture: str) -> None:
    network = small_network(small_recipe(architecture)).eval()
    tokens, lengths = pad([(2, 3, 4, 5)])
    r = network.encoder(network.embedding(tokens), lengths)[0]  # (T, h)
    pooling = network.pooling

    u = torch.tanh(r @ pooling.projection.weight.T + pooling.projection.bias)
    alpha = torch.softmax(pooling.v @ u.T, dim=-1)  # (K, T)

    output = network(tokens, lengths)
    torch.testing.assert_close(output.attention[0], alpha)
    torch.testing.assert_close(pooling(r.unsqueeze(0), torch.ones(1, 4, dtype=torch.bool))[0][0], alpha @ r)


def test_each_label_has_its_own_attention_and_head() -> None:
    network = small_network(small_recipe())
    tokens, lengths = pad([(2, 3, 4, 5)])

    network(tokens, lengths).scores[0, 1].sum().backward()

    for parameter in (network.pooling.v, network.head.weight, network.head.bias):
        assert parameter.grad is not None
        assert parameter.grad[1].abs().sum() > 0
        assert parameter.grad[[0, 2]].abs().sum() == 0


def test_a_per_label_head_behind_one_representation_is_refused() -> None:
    raw = small_recipe("word2vec").network.model_dump(mode="json")
    spec = Network.model_validate({**raw, "head": {"kind": "per_label_linear"}})

    with pytest.raises(UsageError, match="reads 3 representation"):
        TextNetwork(spec, embedding=WordEmbedding(torch.zeros(10, 16)), n_labels=3, n_classes=4)


def test_dropout_acts_in_training_only() -> None:
    recipe = small_recipe()
    spec = recipe.network.model_copy(
        update={"dropout": recipe.network.dropout.model_copy(update={"pooled": 0.5})}
    )
    network = small_network(recipe.model_copy(update={"network": spec}))
    tokens, lengths = pad([(2, 3, 4, 5)])

    assert not torch.equal(network(tokens, lengths).scores, network(tokens, lengths).scores)
    network.eval()
    assert torch.equal(network(tokens, lengths).scores, network(tokens, lengths).scores)


def test_a_recipe_sets_the_dropout_of_all_of_its_transformer() -> None:
    parts = {**ARCHITECTURES["bert"], "encoder": {**BERT, "dropout": 0.0}}
    network = network_of(Network(**parts), config=tiny_config(), size=16, labels=3, words=10)

    assert {part.p for part in network.encoder.modules() if isinstance(part, nn.Dropout)} == {0.0}
