from __future__ import annotations

import pytest
import torch

from labelers.batching import pad
from labelers.network import TextNetwork, count_parameters
from labelers.parts.embeddings import WordEmbedding
from labelers.recipe import Network, load_recipe
from schemas.errors import UsageError
from tests.labelers.networks import ARCHITECTURES, small_network, small_recipe

WORD2VEC = {"kind": "word2vec", "size": 200, "epochs": 30, "max_words": 10}
BIGRU = {"kind": "bigru", "hidden": 1024}


def full_size(spec: Network) -> TextNetwork:
    return TextNetwork(spec, embedding=WordEmbedding(torch.zeros(10, 200)), n_labels=31, n_classes=4)


def test_the_default_labeler_has_the_papers_3_401_852_parameters() -> None:
    recipe = load_recipe("bigru_per_label_attention")

    assert count_parameters(full_size(recipe.network)) == 3_401_852


@pytest.mark.parametrize(
    ("encoder", "pooling", "head", "expected"),
    [
        (BIGRU, {"kind": "per_label_attention"}, {"kind": "per_label_linear"}, 3_401_852),
        (BIGRU, {"kind": "single_attention"}, {"kind": "dense"}, 3_371_132),
        ({"kind": "none"}, {"kind": "mean"}, {"kind": "dense", "hidden": [512]}, 166_524),
    ],
)
def test_parts_combine_to_the_parameter_counts_of_table_4(
    encoder: dict[str, object], pooling: dict[str, object], head: dict[str, object], expected: int
) -> None:
    spec = Network.model_validate(
        {"embedding": WORD2VEC, "encoder": encoder, "pooling": pooling, "head": head}
    )

    assert count_parameters(full_size(spec)) == expected


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_gradients_reach_every_parameter(architecture: str) -> None:
    network = small_network(small_recipe(architecture))
    tokens, lengths = pad([(2, 3, 4, 5), (6, 7)])

    torch.nn.functional.cross_entropy(
        network(tokens, lengths).scores.flatten(0, 1), torch.tensor([0, 1, 2, 3, 0, 1])
    ).backward()

    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_padding_never_changes_scores_or_attention(architecture: str) -> None:
    network = small_network(small_recipe(architecture)).eval()
    text = (2, 3, 4)

    alone = network(*pad([text]))
    padded = network(*pad([text, tuple(range(2, 12))]))

    torch.testing.assert_close(padded.scores[0], alone.scores[0])
    torch.testing.assert_close(padded.attention[0, :, :3], alone.attention[0])
    assert (padded.attention[0, :, 3:] == 0).all()


@pytest.mark.parametrize("architecture", ["per_label_attention", "single_attention"])
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
    raw = small_recipe("mean").network.model_dump(mode="json")
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
