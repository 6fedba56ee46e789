"""A real labeler, small enough to make in a moment, and runs of it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from labelers.bundle import assemble, save_bundle
from labelers.network import TextNetwork
from labelers.parts.embeddings import WordEmbedding
from labelers.recipe import BiGruEncoder, Network, RandomEmbedding, Recipe, load_recipe
from labelers.vocabulary import Vocabulary
from labelers.words import WordReader
from schemas.label_set import load_label_set
from tests.archives import FINDINGS, SIDES, TERRITORIES

WORD_SIZE, HIDDEN = 8, 12


def make_bundle(folder: Path, *, seed: int) -> Path:
    """A bundle of the default's make with random weights, so large that its classes vary from text to text."""
    recipe = _small_recipe()
    label_set = load_label_set(recipe.label_set)
    reader = WordReader(recipe.text)
    texts = [text.format(side=s, territory=t) for text in FINDINGS for s in SIDES for t in TERRITORIES]
    vocabulary = Vocabulary(sorted({word for text in texts for word in reader.tokens(text)}))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = TextNetwork(
            recipe.network,
            embedding=WordEmbedding(torch.randn(len(vocabulary), WORD_SIZE)),
            n_labels=len(label_set.ids),
            n_classes=len(label_set.classes),
        )
    state = {name: value * 4 for name, value in network.state_dict().items()}
    save_bundle(assemble(recipe, label_set, vocabulary, state), folder)
    return folder


def _small_recipe() -> Recipe:
    recipe = load_recipe("bigru_per_label_attention")
    network = Network(
        embedding=RandomEmbedding(kind="random", size=WORD_SIZE, max_words=100),
        encoder=BiGruEncoder(kind="bigru", hidden=HIDDEN),
        pooling=recipe.network.pooling,
        head=recipe.network.head,
    )
    return recipe.model_copy(update={"network": network})


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A labeler bundle that reads our small archives and gives them labels of all classes."""
    return make_bundle(tmp_path_factory.mktemp("bundles") / "tiny", seed=0)


@pytest.fixture(scope="session")
def other_tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, of other weights."""
    return make_bundle(tmp_path_factory.mktemp("bundles") / "other", seed=1)
