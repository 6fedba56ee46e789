"""Recipes and labelers of few weights for the labeler tests."""

from __future__ import annotations

from typing import Any

import torch

from labelers.bundle import assemble
from labelers.network import TextNetwork
from labelers.parts.embeddings import WordEmbedding
from labelers.recipe import Recipe
from labelers.vocabulary import Vocabulary
from labelers.word_labeler import WordLabeler
from schemas.label_set import LabelSet

WORDS = ("there", "is", "no", "may", "be", "bleed", "fracture", "old", "infarct", "?", "in", "the", "brain")
BIGRU, NO_ENCODER = {"kind": "bigru", "hidden": 16}, {"kind": "none"}
PER_LABEL = {
    "encoder": BIGRU,
    "pooling": {"kind": "per_label_attention"},
    "head": {"kind": "per_label_linear"},
}
SINGLE = {"encoder": BIGRU, "pooling": {"kind": "single_attention"}, "head": {"kind": "dense"}}
MEAN = {"encoder": NO_ENCODER, "pooling": {"kind": "mean"}, "head": {"kind": "dense", "hidden": [16]}}
ARCHITECTURES = {"per_label_attention": PER_LABEL, "single_attention": SINGLE, "mean": MEAN}


def small_recipe(architecture: str = "per_label_attention", **training: Any) -> Recipe:
    """A recipe over one of the small architectures."""
    return Recipe.model_validate(
        {
            "name": architecture,
            "paper": {"cite": "none", "section": "none"},
            "summary": "For tests.",
            "text": {"max_tokens": 12, "number_token": True},
            "network": {
                "embedding": {"kind": "random", "size": 16, "max_words": 100},
                **ARCHITECTURES[architecture],
            },
            "loss": {"kind": "weighted_cross_entropy", "beta": 0.25},
            "training": {
                "synthesis": None,
                "held_out": {"group_column": "report_id", "share": 0.2},
                "batch_size": 8,
                "learning_rate": 0.01,
                "max_epochs": 2,
                "patience": 5,
                "threads": 1,
                **training,
            },
        }
    )


def three_labels() -> LabelSet:
    """Bleed, fracture and infarct, in the four certainty classes."""
    labels = [
        {"id": name, "name": name, "kind": "impression", "variants": [name], "description": "One of three."}
        for name in ("bleed", "fracture", "infarct")
    ]
    return LabelSet.model_validate({"id": "three", "version": 1, "labels": labels})


def small_network(recipe: Recipe, *, words: int = len(WORDS) + 2, seed: int = 0) -> TextNetwork:
    """The recipe's network over random vectors, for three labels of four classes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        vectors = torch.randn(words, recipe.network.embedding.size)
        return TextNetwork(recipe.network, embedding=WordEmbedding(vectors), n_labels=3, n_classes=4)


def small_labeler(architecture: str = "per_label_attention", *, seed: int = 0) -> WordLabeler:
    """An untrained labeler."""
    recipe = small_recipe(architecture)
    state = small_network(recipe, seed=seed).state_dict()
    return assemble(recipe, three_labels(), Vocabulary(WORDS), state)
