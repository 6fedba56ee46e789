"""Recipes and labelers of few weights for the labeler tests: one small architecture for each network labeler."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from labelers.bundle import assemble
from labelers.network import TextNetwork
from labelers.network_labeler import NetworkLabeler
from labelers.parts.embeddings import WordEmbedding
from labelers.readers import Reader, SubwordReader, VocabularyReader
from labelers.recipe import Network, Recipe
from labelers.vocabulary import Vocabulary
from labelers.words import WordReader
from schemas.label_set import LabelSet

WORDS = ("there", "is", "no", "may", "be", "bleed", "fracture", "old", "infarct", "?", "in", "the", "brain")
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS, "2", "3", "mm", ".", ",", "a", "##b", "##s", "words")
RANDOM = {"kind": "random", "size": 16, "max_words": 100}
NONE = {"kind": "none"}
BIGRU = {"kind": "bigru", "hidden": 16}
CNN = {"kind": "cnn", "maps": 16, "widths": [2, 4]}
BERT = {"kind": "transformer", "checkpoint": "tiny"}
CNN_LSTM = {"kind": "cnn_lstm", "filters": 16, "width": 3, "pool": 2, "hidden": 16}
DESCRIPTIONS = {"kind": "description_attention", "max_tokens": 6}
WINDOWS = {"windows": {"size": 8, "overlap": 2}}
DENSE, PER_LABEL_LINEAR = {"kind": "dense"}, {"kind": "per_label_linear"}
SINGLE, PER_LABEL = {"kind": "single_attention"}, {"kind": "per_label_attention"}


def _network(embedding: Any, encoder: Any, pooling: Any, head: Any) -> dict[str, Any]:
    return {"embedding": embedding, "encoder": encoder, "pooling": pooling, "head": head}


ARCHITECTURES = {
    "word2vec": _network(RANDOM, NONE, {"kind": "mean"}, {"kind": "dense", "hidden": [16]}),
    "caml": _network(RANDOM, CNN, PER_LABEL, PER_LABEL_LINEAR),
    "bigru": _network(RANDOM, BIGRU, {"kind": "last_states"}, DENSE),
    "bigru_single_attention": _network(RANDOM, BIGRU, SINGLE, DENSE),
    "bigru_per_label_attention": _network(RANDOM, BIGRU, PER_LABEL, PER_LABEL_LINEAR),
    "bert": _network(NONE, BERT, {"kind": "cls"}, DENSE),
    "alarm_softmax": _network(
        NONE, BERT, {**SINGLE, "projection": False}, {"kind": "dense", "hidden": [16, 12]}
    ),
    "cnn_lstm": _network(RANDOM, CNN_LSTM, {"kind": "last_state"}, DENSE),
    "alarm_binary": _network(NONE, BERT, SINGLE, {"kind": "dense", "hidden": [16]}),
    "bert_multilabel": {**_network(NONE, BERT, {"kind": "cls"}, DENSE), **WINDOWS},
    "label_description_attention": {**_network(NONE, BERT, DESCRIPTIONS, PER_LABEL_LINEAR), **WINDOWS},
    "alarm_per_label_attention": _network(
        NONE, BERT, {**PER_LABEL, "projection": False}, {"kind": "per_label_dense", "hidden": [16, 12]}
    ),
}
ATTENDING = tuple(name for name, parts in ARCHITECTURES.items() if "attention" in parts["pooling"]["kind"])
DEFAULT = "bigru_per_label_attention"


def tiny_config(**changes: Any) -> dict[str, Any]:
    """A BERT of 2 layers of 16, as a bundle's `encoder.json` keeps it."""
    config = {
        "model_type": "bert",
        "vocab_size": len(PIECES),
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 64,
    }
    return {**config, **changes}


def tiny_tokenizer() -> Tokenizer:
    """Word pieces in lower case, between [CLS] and [SEP]."""
    tokenizer = Tokenizer(
        models.WordPiece({piece: index for index, piece in enumerate(PIECES)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def is_transformer(recipe: Recipe) -> bool:
    """Whether the recipe reads subwords."""
    return recipe.checkpoint is not None


def small_recipe(architecture: str = DEFAULT, **training: Any) -> Recipe:
    """A recipe over one of the small architectures."""
    parts = ARCHITECTURES[architecture]
    reads_subwords = parts["encoder"] is BERT
    text = {"tokens": "subwords"} if reads_subwords else {"number_token": True}
    return Recipe.model_validate(
        {
            "name": architecture,
            "paper": {"cite": "none", "section": "none"},
            "summary": "For tests.",
            "text": {"max_tokens": 12, **text},
            "network": parts,
            "loss": {"kind": "weighted_cross_entropy", "beta": 0.25},
            "training": {
                "synthesis": None,
                "held_out": {"group_column": "report_id", "share": 0.2},
                "batch_size": 8,
                "learning_rate": 0.002 if reads_subwords else 0.01,
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


def network_of(
    spec: Network, *, config: dict[str, Any] | None = None, words: int = 10, size: int = 16, labels: int = 3
) -> TextNetwork:
    """The network over random vectors, or over a random transformer where the recipe has one."""
    transformer = spec.encoder.kind == "transformer"
    return TextNetwork(
        spec,
        embedding=None if transformer else WordEmbedding(torch.randn(words, size)),
        encoder_config=(config or tiny_config()) if transformer else None,
        descriptions=[(2, label + 4, 3) for label in range(labels)]
        if spec.pooling.kind == "description_attention"
        else (),
        n_labels=labels,
        n_classes=4,
    )


def small_network(recipe: Recipe, *, words: int = len(WORDS) + 2, seed: int = 0) -> TextNetwork:
    """The recipe's network, for three labels of four classes."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return network_of(recipe.network, words=words, config=tiny_config(vocab_size=max(words, len(PIECES))))


def small_reader(recipe: Recipe) -> Reader:
    """Over WORDS or PIECES."""
    if is_transformer(recipe):
        return SubwordReader.from_json(tiny_tokenizer().to_str(), max_tokens=recipe.text.max_tokens)
    return VocabularyReader(WordReader(recipe.text), Vocabulary(WORDS))


def small_labeler(architecture: str = DEFAULT, *, seed: int = 0) -> NetworkLabeler:
    """An untrained labeler."""
    recipe = small_recipe(architecture)
    network = small_network(recipe, seed=seed)
    return assemble(
        recipe,
        three_labels(),
        small_reader(recipe),
        network.state_dict(),
        encoder_config=network.encoder_config,
    )


def write_checkpoint_folder(folder: Path, **changes: Any) -> Path:
    """A pre-trained encoder as transformers keeps one, tiny and random."""
    from transformers import BertConfig, BertModel, BertTokenizerFast  # noqa: PLC0415 (slow to import)

    config = tiny_config(**changes)
    config.pop("model_type")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        BertModel(BertConfig(**config)).save_pretrained(folder)
    BertTokenizerFast(
        tokenizer_object=tiny_tokenizer(),
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(folder)
    return folder
