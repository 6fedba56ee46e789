"""Recipes and texts of few words for the tests of labelers that count words."""

from __future__ import annotations

from typing import Any

import numpy as np

from labelers.data import LabelledTexts
from labelers.embedding import PretrainedWords
from labelers.sparse.recipe import ForestRecipe, RegressionRecipe
from labelers.vocabulary import Vocabulary
from schemas.label_set import LabelSet

COMMON = {
    "paper": {"cite": "none", "section": "none"},
    "summary": "For tests.",
    "text": {"max_tokens": 12, "number_token": True},
}
TRAINING = {"synthesis": None, "held_out": {"group_column": "report_id", "share": 0.3}, "threads": 1}


def forest_recipe(**forest: Any) -> ForestRecipe:
    """Seven shallow trees."""
    return ForestRecipe.model_validate(
        {
            **COMMON,
            "name": "bow_rf",
            "kind": "random_forest",
            "forest": {"trees": 7, "depth": 4, "max_features": 5, **forest},
            "training": TRAINING,
        }
    )


def regression_recipe(**regression: Any) -> RegressionRecipe:
    """Vectors of three numbers, pairs of words."""
    return RegressionRecipe.model_validate(
        {
            **COMMON,
            "name": "word2vec_logreg",
            "unit": "report",
            "kind": "logistic_regression",
            "embedding": {"kind": "word2vec", "size": 3, "epochs": 1, "max_words": 50, "min_count": 1},
            "ngrams": {"longest": 2, "min_texts": 2},
            "regression": {"strengths": [0.1, 1, 10], **regression},
            "training": TRAINING,
        }
    )


def two_labels(*classes: str) -> LabelSet:
    """Bleed and fracture."""
    labels = [
        {"id": name, "name": name, "kind": "impression", "variants": [name], "description": "One of two."}
        for name in ("bleed", "fracture")
    ]
    return LabelSet.model_validate({"id": "two", "version": 1, "labels": labels, "classes": classes})


CERTAINTY = two_labels("not_mentioned", "negative", "uncertain", "positive")
BINARY = two_labels("absent", "present")


def certain_texts() -> LabelledTexts:
    """72 sentences of two labels; nobody doubts a fracture, so that its forest lacks a class."""
    rows = [
        (f"{words} {bleed} the {place}", (bleed_class if bleed == "bleed" else 0, fracture))
        for words, bleed_class in (("no", 1), ("possible", 2), ("a large", 3))
        for bleed in ("bleed", "lesion", "mass")
        for place, fracture in (("skull", 0), ("skull fracture", 3), ("brain", 0), ("lobe no fracture", 1))
        for _ in range(2)
    ]
    return texts_of(rows)


def binary_texts() -> LabelledTexts:
    """The same, present or absent."""
    texts = certain_texts()
    return LabelledTexts(texts.texts, (texts.targets == 3).astype(np.int64), texts.groups)


def texts_of(rows: list[tuple[str, tuple[int, int]]]) -> LabelledTexts:
    """Each text is its own group."""
    return LabelledTexts(
        texts=tuple(text for text, _ in rows),
        targets=np.array([target for _, target in rows]),
        groups=tuple(str(number) for number in range(len(rows))),
    )


def few_vectors() -> PretrainedWords:
    """Four words; the others of the texts have no vector."""
    words = ("no", "bleed", "fracture", "large")
    vectors = np.random.default_rng(0).normal(size=(len(words) + 2, 3)).astype(np.float32)
    return PretrainedWords(Vocabulary(words), vectors)
