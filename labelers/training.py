"""From a recipe and labelled texts to a bundle: the same inputs and seed give the same bytes."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from safetensors.torch import load_file, save_file

from labelers.base import predicted_classes
from labelers.bundle import assemble, save_bundle
from labelers.data import LabelledTexts, concatenate, hash_file, held_out_mask, read_labelled, read_texts
from labelers.embedding import PretrainedWords, pretrain_words
from labelers.fitting import EncodedTexts, Fit, Fitter, repeatable
from labelers.hardware import describe_hardware
from labelers.metrics import score_predictions
from labelers.network import TextNetwork, count_parameters
from labelers.parts.embeddings import WordEmbedding
from labelers.recipe import Recipe
from labelers.synthetic import load_synthesis, synthetic_texts
from labelers.vocabulary import Vocabulary
from labelers.word_labeler import WordLabeler
from labelers.words import WordReader
from schemas.errors import InputError, OutputError
from schemas.hashing import hash_json
from schemas.label_set import LabelSet, load_label_set

PARTIAL_ENDING = ".partial"
TIMING_FILE = "timing.yaml"
_VERSIONED = ("torch", "gensim", "numpy", "nltk", "safetensors")


@dataclass(frozen=True, slots=True)
class TrainingInputs:
    """Parquet files: labelled texts, and plain texts to pre-train the words on."""

    labelled: tuple[Path, ...]
    texts: tuple[Path, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """File names (no folders) and hashes."""
        return {
            kind: [{"file": path.name, "hash": hash_file(path)} for path in paths]
            for kind, paths in (("labelled", self.labelled), ("texts", self.texts))
        }


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The texts to learn from, and those that say when to stop."""

    train: LabelledTexts
    held_out: LabelledTexts


def train_labeler(
    recipe: Recipe, inputs: TrainingInputs, *, out: Path, overwrite: bool = False, progress: bool = False
) -> dict[str, Any]:
    """Trains the recipe, or goes on with an unfinished training, writes the bundle, returns its training record.

    Until it is done everything lies in a folder beside `out` that ends in `.partial`.

    Raises:
        OutputError: `out` exists already, or cannot be written.
        InputError: a file does not fit, or nothing can be held out.
    """
    started = time.monotonic()
    label_set = load_label_set(recipe.label_set)
    data = inputs.to_json()
    key = hash_json([recipe.model_dump(mode="json"), label_set.hash, data])
    split = read_split(recipe, inputs, label_set)
    partial = _start_folder(out, overwrite=overwrite)
    with repeatable(threads=recipe.training.threads, seed=recipe.training.seed):
        words = _pretrained(recipe, inputs, split, folder=partial / key)
        fit = _fit(recipe, label_set, words, split, folder=partial, key=key, progress=progress)
        labeler = assemble(recipe, label_set, words.vocabulary, fit.state)
        record = _training_record(labeler, fit, split, data)
    _publish(labeler, record, out=out, partial=partial, seconds=time.monotonic() - started)
    return record


def read_split(recipe: Recipe, inputs: TrainingInputs, label_set: LabelSet) -> Split:
    """Reads the labelled texts, holds out a share of the groups, adds the synthetic sentences to the rest."""
    held_out = recipe.training.held_out
    everything = concatenate(
        read_labelled(path, label_set, group_column=held_out.group_column) for path in inputs.labelled
    )
    mask = held_out_mask(everything.groups, share=held_out.share)
    if not mask.any() or mask.all():
        raise InputError(
            f"nothing can be held out: no --data file has enough groups in column {held_out.group_column}"
        )
    train = everything.select(~mask)
    if recipe.training.synthesis is not None:
        synthetic = synthetic_texts(load_synthesis(recipe.training.synthesis), label_set)
        train = synthetic if recipe.training.synthetic_only else concatenate([train, synthetic])
    return Split(train=train, held_out=everything.select(mask))


def encode_texts(texts: LabelledTexts, reader: WordReader, vocabulary: Vocabulary) -> EncodedTexts:
    """Token indices and classes; texts without words are left out."""
    tokens = [vocabulary.encode(reader.tokens(text)) for text in texts.texts]
    kept = np.array([bool(found) for found in tokens])
    return EncodedTexts(tokens=[found for found in tokens if found], targets=texts.targets[kept])


def _start_folder(out: Path, *, overwrite: bool) -> Path:
    """The folder beside `out` in which an unfinished training lies."""
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists already: choose another --out, or pass --overwrite")
    partial = out.with_name(out.name + PARTIAL_ENDING)
    try:
        partial.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{partial} cannot be made: {error.strerror}") from error
    return partial


def _pretrained(recipe: Recipe, inputs: TrainingInputs, split: Split, *, folder: Path) -> PretrainedWords:
    """Vocabulary and vectors, from an earlier start of the same training where there is one."""
    vectors_file, words_file = folder / "vectors.safetensors", folder / "vocabulary.txt"
    if words_file.is_file():
        vectors = load_file(vectors_file)["vectors"].numpy()
        return PretrainedWords(Vocabulary.from_text(words_file.read_text(encoding="utf-8")), vectors)
    reader = WordReader(recipe.text)
    words = pretrain_words(
        recipe.network.embedding,
        training=[reader.tokens(text) for text in split.train.texts],
        archive=[reader.all_tokens(text) for path in inputs.texts for text in read_texts(path)],
        seed=recipe.training.seed,
    )
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"vectors": torch.from_numpy(words.vectors)}, vectors_file)
    words_file.write_text(words.vocabulary.to_text(), encoding="utf-8")
    return words


def _fit(  # noqa: PLR0913
    recipe: Recipe,
    label_set: LabelSet,
    words: PretrainedWords,
    split: Split,
    *,
    folder: Path,
    key: str,
    progress: bool,
) -> Fit:
    reader = WordReader(recipe.text)
    network = TextNetwork(
        recipe.network,
        embedding=WordEmbedding(
            torch.from_numpy(words.vectors), trainable=recipe.network.embedding.trainable
        ),
        n_labels=len(label_set.ids),
        n_classes=len(label_set.classes),
    )
    fitter = Fitter(
        recipe,
        network,
        train=encode_texts(split.train, reader, words.vocabulary),
        held_out=encode_texts(split.held_out, reader, words.vocabulary),
    )
    return fitter.run(folder=folder, key=key, progress=progress)


def _training_record(labeler: WordLabeler, fit: Fit, split: Split, data: dict[str, Any]) -> dict[str, Any]:
    predicted = predicted_classes(labeler.probabilities(split.held_out.texts))
    measured = score_predictions(
        split.held_out.targets, predicted, labels=labeler.label_set.ids, classes=labeler.label_set.classes
    )
    return {
        "data": data,
        "texts": {"train": len(split.train), "held_out": len(split.held_out)},
        "parameters_besides_embedding": count_parameters(labeler.network),
        "words": len(labeler.vocabulary),
        "epochs": len(fit.curve),
        "best_epoch": fit.best.epoch,
        "held_out": measured.to_json(),
        "curve": [asdict(point) for point in fit.curve],
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in _VERSIONED},
        },
    }


def _publish(
    labeler: WordLabeler, record: dict[str, Any], *, out: Path, partial: Path, seconds: float
) -> None:
    """Writes the bundle beside `out`, then puts it there in one step; when and how long is in a file of its own."""
    finished = partial / "bundle"
    if finished.exists():
        shutil.rmtree(finished)
    save_bundle(labeler, finished, training=record)
    timing = {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds_since_last_start": round(seconds),
        "hardware": describe_hardware(),
        "threads": labeler.recipe.training.threads,
    }
    (finished / TIMING_FILE).write_text(yaml.safe_dump(timing, sort_keys=False), encoding="utf-8")
    if out.exists():
        shutil.rmtree(out)
    finished.replace(out)
    shutil.rmtree(partial)
