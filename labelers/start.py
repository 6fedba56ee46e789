"""What training starts from: a reader and a network, over pre-trained words or a pre-trained encoder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from labelers.descriptions import label_descriptions
from labelers.embedding import PretrainedWords, pretrain_words
from labelers.network import TextNetwork
from labelers.parts.embeddings import WordEmbedding
from labelers.parts.poolings import ClsPooling
from labelers.pretrained import PretrainedEncoder, load_pretrained
from labelers.readers import Reader, SubwordReader, VocabularyReader
from labelers.recipe import NoEmbedding, Recipe
from labelers.vocabulary import Vocabulary
from labelers.words import WordReader
from schemas.errors import UsageError
from schemas.label_set import LabelSet

VECTORS_FILE, WORDS_FILE = "vectors.safetensors", "vocabulary.txt"


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A network before training and what reads texts for it; `provenance` goes into the bundle's record."""

    reader: Reader
    network: TextNetwork
    provenance: Mapping[str, Any] = field(default_factory=dict)


def start_from_encoder(recipe: Recipe, label_set: LabelSet, *, download: bool = False) -> Start:
    """The recipe's checkpoint, its pooler too where the recipe has one, and parts at random round it.

    Raises:
        UsageError: the checkpoint cannot be had, or does not fit the recipe.
    """
    if recipe.checkpoint is None:
        raise UsageError(f"labeler '{recipe.name}' has no pre-trained encoder")
    encoder = load_pretrained(recipe.checkpoint, download=download)
    reader = SubwordReader.from_json(encoder.tokenizer, max_tokens=recipe.text.max_tokens)
    network = TextNetwork(
        recipe.network,
        encoder_config=encoder.config,
        descriptions=label_descriptions(recipe.network, label_set, reader),
        n_labels=len(label_set.ids),
        n_classes=len(label_set.classes),
    )
    _check_length(recipe, network)
    _load_weights(network, encoder)
    return Start(
        reader=reader,
        network=network,
        provenance={"encoder": {"name": Path(encoder.name).name, "hash": encoder.hash}},
    )


def _check_length(recipe: Recipe, network: TextNetwork) -> None:
    windows = recipe.network.windows
    read, setting = (windows.size, "windows.size") if windows else (recipe.text.max_tokens, "text.max_tokens")
    if read > network.encoder.positions:
        raise UsageError(
            f"labeler '{recipe.name}' reads {read} tokens, "
            f"encoder {recipe.checkpoint} at most {network.encoder.positions}: lower {setting}"
        )


def _load_weights(network: TextNetwork, encoder: PretrainedEncoder) -> None:
    network.encoder.model.load_state_dict(dict(encoder.state))
    if isinstance(network.pooling, ClsPooling) and encoder.pooler:
        network.pooling.dense.load_state_dict(dict(encoder.pooler))


def start_from_words(
    recipe: Recipe, label_set: LabelSet, *, training: Sequence[str], archive: Iterable[str], folder: Path
) -> Start:
    """Vocabulary and vectors of the training texts and an archive; kept in `folder` for a later start."""
    words = _pretrained_words(recipe, training, archive, folder=folder)
    network = TextNetwork(
        recipe.network,
        embedding=WordEmbedding(torch.from_numpy(words.vectors), trainable=_embedding_spec(recipe).trainable),
        n_labels=len(label_set.ids),
        n_classes=len(label_set.classes),
    )
    return Start(reader=VocabularyReader(WordReader(recipe.text), words.vocabulary), network=network)


def _pretrained_words(
    recipe: Recipe, training: Sequence[str], archive: Iterable[str], *, folder: Path
) -> PretrainedWords:
    """From an earlier start of the same training where there is one."""
    if folder.is_dir():
        vectors = load_file(folder / VECTORS_FILE)["vectors"].numpy()
        vocabulary = Vocabulary.from_text((folder / WORDS_FILE).read_text(encoding="utf-8"))
        return PretrainedWords(vocabulary, vectors)
    reader = WordReader(recipe.text)
    words = pretrain_words(
        _embedding_spec(recipe),
        training=[reader.tokens(text) for text in training],
        archive=[reader.all_tokens(text) for text in archive],
        seed=recipe.training.seed,
    )
    _keep(words, folder)
    return words


def _keep(words: PretrainedWords, folder: Path) -> None:
    """In one step, as another training may be after the same words; whoever comes second leaves the first's."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        complete = Path(name) / "words"
        complete.mkdir()
        save_file({"vectors": torch.from_numpy(words.vectors)}, complete / VECTORS_FILE)
        (complete / WORDS_FILE).write_text(words.vocabulary.to_text(), encoding="utf-8")
        with suppress(OSError):
            complete.rename(folder)


def _embedding_spec(recipe: Recipe) -> Any:
    spec = recipe.network.embedding
    if isinstance(spec, NoEmbedding):
        raise UsageError(f"labeler '{recipe.name}' has no word embedding")
    return spec
