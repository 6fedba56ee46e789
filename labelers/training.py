"""From a recipe and labelled texts to a bundle: the same inputs and seed give the same bytes."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml

from labelers.base import predicted_classes
from labelers.bundle import BundledLabeler, assemble, load_bundle, read_bundle_record, save_bundle
from labelers.calibrating import calibrate
from labelers.data import LabelledTexts, concatenate, hash_file, held_out_mask, read_labelled, read_texts
from labelers.device import CPU, device_faults
from labelers.fitting import EncodedTexts, Fit, Fitter, repeatable
from labelers.given import archive_for, given_to
from labelers.handover import TIMING_FILE, describe_timing, describe_versions, hand_over, start_folder
from labelers.metrics import score_predictions
from labelers.network import count_parameters
from labelers.parts.embeddings import WordEmbedding
from labelers.readers import Reader, VocabularyReader
from labelers.recipe import Recipe, Teaching, load_labels
from labelers.second_opinion import load_adviser
from labelers.sparse.fitting import fit_sparse
from labelers.sparse.recipe import AnyRecipe, SparseRecipe
from labelers.spelling import load_spelling
from labelers.start import Start, start_from_encoder, start_from_words
from labelers.synonyms import swapped_texts
from labelers.synthetic import load_synthesis, synthetic_texts
from labelers.teaching import LikeWords, TaughtTexts, changed_copies, sentences_of, teach
from schemas.errors import InputError, OutputError, UsageError
from schemas.hashing import hash_json
from schemas.label_set import LabelSet

logger = logging.getLogger(__name__)
_VERSIONED = ("torch", "gensim", "numpy", "nltk", "safetensors", "scikit-learn", "tokenizers", "transformers")


@dataclass(frozen=True, slots=True)
class TrainingInputs:
    """Parquet files: labelled texts, plain texts to pre-train the words on, and labelled texts to hold out.

    Without the last, a share of the labelled texts is held out, as the recipe has it. `teachers` are bundles whose
    answers are learnt too, of the plain texts' sentences as well.
    """

    labelled: tuple[Path, ...]
    texts: tuple[Path, ...] = ()
    held_out: tuple[Path, ...] = ()
    teachers: tuple[Path, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """File names (no folders) and hashes, those of teachers being their fingerprints."""
        files = {
            kind: [{"file": path.name, "hash": hash_file(path)} for path in paths]
            for kind, paths in self._kinds()
        }
        if not self.teachers:
            return files
        told = [{"file": path.name, "hash": read_bundle_record(path).fingerprint} for path in self.teachers]
        return {**files, "teachers": told}

    def _kinds(self) -> list[tuple[str, tuple[Path, ...]]]:
        kinds = [("labelled", self.labelled), ("texts", self.texts)]
        return [*kinds, ("held_out", self.held_out)] if self.held_out else kinds


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The texts to learn from, and those that say when to stop."""

    train: LabelledTexts
    held_out: LabelledTexts


def train_labeler(  # noqa: PLR0913
    recipe: AnyRecipe,
    inputs: TrainingInputs,
    *,
    out: Path,
    overwrite: bool = False,
    words: Path | None = None,
    progress: bool = False,
    download: bool = False,
    device: torch.device = CPU,
    second_opinion: str | None = None,
) -> dict[str, Any]:
    """Trains the recipe, or goes on with an unfinished training, writes the bundle, returns its training record.

    Until it is done everything lies in a folder beside `out` that ends in `.partial`. `words` is a folder of word
    vectors, from which trainings take what another has pre-trained from the same texts in the same way. `download`
    allows fetching a pre-trained encoder that is not on this machine. A network learns on `device`; an unfinished
    training goes on on another, and where it was is no part of the bundle. `second_opinion` names a labeler that
    reads by rules, whose answers the trained one weighs in by as much as helps on the held-out texts.

    Raises:
        UsageError: the recipe's pre-trained encoder or the second opinion cannot be had.
        DeviceError: the GPU has failed; what was kept until then is there to go on from.
        OutputError: `out` exists already, or cannot be written.
        InputError: a file does not fit, or nothing can be held out.
    """
    started = time.monotonic()
    label_set = load_labels(recipe)
    if second_opinion is not None:
        load_adviser(second_opinion, label_set, unit=recipe.unit)
    data = inputs.to_json()
    key = hash_json([recipe.model_dump(mode="json"), label_set.hash, data])
    split = read_split(recipe, inputs, label_set)
    partial = start_folder(out, overwrite=overwrite)
    settings = recipe.training
    with device_faults(device), repeatable(threads=settings.threads, seed=settings.seed, device=device):
        if isinstance(recipe, SparseRecipe):
            labeler, record = _train_sparse(recipe, inputs, split, label_set, data=data, progress=progress)
        else:
            start = _start(recipe, inputs, split, label_set, words=words or partial, download=download)
            train = _lesson(recipe, inputs, split, start, progress=progress, device=device)
            fit = _fit(recipe, start, split, train, folder=partial, key=key, progress=progress, device=device)
            labeler, record = _trained(recipe, label_set, start, fit, split=split, data=data, device=device)
    labeler, record["calibration"] = calibrate(labeler, split.held_out, second_opinion=second_opinion)
    timing = describe_timing(time.monotonic() - started, device)
    _publish(labeler, record, out=out, partial=partial, timing=timing)
    return record


def is_trained(bundle: Path, recipe: AnyRecipe, inputs: TrainingInputs) -> bool:
    """Whether this training is done already and lies in `bundle`.

    Raises:
        OutputError: what lies there was trained from another recipe or other data.
    """
    if not bundle.exists():
        return False
    record = read_bundle_record(bundle)
    told = record.training.get("data", {})
    if record.recipe != recipe or any(told.get(kind) != files for kind, files in inputs.to_json().items()):
        raise OutputError(
            f"{bundle} was trained from another recipe or other data: move it away, or choose another --work"
        )
    return True


def read_split(recipe: AnyRecipe, inputs: TrainingInputs, label_set: LabelSet) -> Split:
    """Reads the labelled texts, holds out a share of the groups, adds to the rest texts that are made.

    Raises:
        InputError: a file does not fit, or nothing can be held out.
    """
    train = read_labelled_files(recipe, inputs.labelled, label_set)
    if inputs.held_out:
        held_out = read_labelled_files(recipe, inputs.held_out, label_set)
    else:
        mask = held_out_mask(train.groups, share=recipe.training.held_out.share)
        if not mask.any() or mask.all():
            column = recipe.training.held_out.group_column
            raise InputError(f"nothing can be held out: no --data file has enough groups in column {column}")
        train, held_out = train.select(~mask), train.select(mask)
    if recipe.training.synonyms:
        swapped = swapped_texts(train, label_set, load_spelling(), each=recipe.training.synonyms)
        train = concatenate([train, swapped])
    if recipe.training.synthesis is not None:
        synthetic = synthetic_texts(load_synthesis(recipe.training.synthesis), label_set)
        train = synthetic if recipe.training.synthetic_only else concatenate([train, synthetic])
    return Split(train=train, held_out=held_out)


def read_labelled_files(recipe: AnyRecipe, paths: Iterable[Path], label_set: LabelSet) -> LabelledTexts:
    """All texts of all files, as a labeler of the recipe is given them.

    Raises:
        InputError: a file does not fit.
    """
    group_column = recipe.training.held_out.group_column
    found = concatenate(read_labelled(path, label_set, group_column=group_column) for path in paths)
    return given_to(recipe, found)


def encode_texts(texts: LabelledTexts | TaughtTexts, reader: Reader) -> EncodedTexts:
    """Token indices and classes; texts without tokens are left out."""
    tokens = [reader.encode(text) for text in texts.texts]
    kept = np.array([bool(found) for found in tokens])
    return EncodedTexts(
        tokens=[found for found in tokens if found],
        targets=texts.targets[kept],
        shares=texts.shares[kept] if isinstance(texts, TaughtTexts) else None,
    )


def _start(  # noqa: PLR0913
    recipe: Recipe,
    inputs: TrainingInputs,
    split: Split,
    label_set: LabelSet,
    *,
    words: Path,
    download: bool,
) -> Start:
    if recipe.checkpoint is not None:
        return start_from_encoder(recipe, label_set, download=download)
    return start_from_words(
        recipe,
        label_set,
        training=split.train.texts,
        archive=archive_for(recipe, inputs.texts),
        folder=words / _words_key(recipe, inputs, split),
    )


def _words_key(recipe: Recipe, inputs: TrainingInputs, split: Split) -> str:
    """Hash of all that the words' vectors depend on."""
    embedding, text = (part.model_dump(mode="json") for part in (recipe.network.embedding, recipe.text))
    return hash_json(
        [embedding, text, recipe.training.seed, split.train.texts, inputs.to_json()["texts"]],
    )


def _lesson(  # noqa: PLR0913
    recipe: Recipe,
    inputs: TrainingInputs,
    split: Split,
    start: Start,
    *,
    progress: bool,
    device: torch.device,
) -> EncodedTexts:
    """What is learnt: the labelled texts, or where there are teachers their answers to these and many more."""
    if not inputs.teachers:
        return encode_texts(split.train, start.reader)
    spec = recipe.training.teaching or Teaching()
    documents = (text for path in inputs.texts for text in read_texts(path))
    taught = teach(
        split.train,
        _changed_copies(recipe, split.train.texts, start, spec) if spec.copies else [],
        sentences_of(documents, load_labels(recipe)) if spec.sentences else [],
        [load_bundle(path, device=device) for path in inputs.teachers],
        spec=spec,
        progress=progress,
    )
    encoded = encode_texts(taught, start.reader)
    logger.info("learning from %d texts, %d of them labelled", len(encoded.tokens), len(split.train))
    return encoded


def _changed_copies(recipe: Recipe, texts: Sequence[str], start: Start, spec: Teaching) -> list[str]:
    embedding = start.network.embedding
    if not isinstance(start.reader, VocabularyReader) or not isinstance(embedding, WordEmbedding):
        raise UsageError(f"labeler '{recipe.name}' reads subwords: set training.teaching.copies to 0")
    vectors = embedding.lookup.weight.detach()
    like = LikeWords.of(start.reader.vocabulary, vectors, count=spec.neighbours)
    return changed_copies(texts, start.reader.words, like, spec=spec, seed=recipe.training.seed)


def _fit(  # noqa: PLR0913
    recipe: Recipe,
    start: Start,
    split: Split,
    train: EncodedTexts,
    *,
    folder: Path,
    key: str,
    progress: bool,
    device: torch.device,
) -> Fit:
    fitter = Fitter(
        recipe,
        start.network,
        train=train,
        held_out=encode_texts(split.held_out, start.reader),
        device=device,
    )
    return fitter.run(folder=folder, key=key, progress=progress)


def _trained(  # noqa: PLR0913
    recipe: Recipe,
    label_set: LabelSet,
    start: Start,
    fit: Fit,
    *,
    split: Split,
    data: dict[str, Any],
    device: torch.device,
) -> tuple[BundledLabeler, dict[str, Any]]:
    """The labeler of the best epoch, on the device, and its training record."""
    config = start.network.encoder_config
    labeler = assemble(recipe, label_set, start.reader, fit.state, encoder_config=config)
    labeler.network.to(device)
    fitted = {
        "parameters_besides_embedding": count_parameters(labeler.network),
        "epochs": len(fit.curve),
        "best_epoch": fit.best.epoch,
        "curve": [asdict(point) for point in fit.curve],
    }
    return labeler, _training_record(labeler, split, {**data, **start.provenance}, fitted)


def _train_sparse(  # noqa: PLR0913
    recipe: SparseRecipe,
    inputs: TrainingInputs,
    split: Split,
    label_set: LabelSet,
    *,
    data: dict[str, Any],
    progress: bool,
) -> tuple[BundledLabeler, dict[str, Any]]:
    """A labeler that counts words, which has no epochs, and its training record."""
    texts = archive_for(recipe, inputs.texts)
    labeler = fit_sparse(recipe, label_set, split.train, split.held_out, texts=texts, progress=progress)
    return labeler, _training_record(labeler, split, data, {})


def _training_record(
    labeler: BundledLabeler, split: Split, data: dict[str, Any], fitted: dict[str, Any]
) -> dict[str, Any]:
    """What a bundle tells of its training; `fitted` is what only this kind of labeler has to tell."""
    predicted = predicted_classes(labeler.probabilities(split.held_out.texts))
    measured = score_predictions(
        split.held_out.targets, predicted, labels=labeler.label_set.ids, classes=labeler.label_set.classes
    )
    return {
        "data": data,
        "texts": {"train": len(split.train), "held_out": len(split.held_out)},
        "words": labeler.reader.size,
        **fitted,
        "held_out": measured.to_json(),
        "versions": describe_versions(_VERSIONED),
    }


def _publish(
    labeler: BundledLabeler, record: dict[str, Any], *, out: Path, partial: Path, timing: dict[str, Any]
) -> None:
    """Writes the bundle beside `out`, then puts it there in one step; when and how long is in a file of its own."""
    finished = partial / "bundle"
    if finished.exists():
        shutil.rmtree(finished)
    save_bundle(labeler, finished, training=record)
    timing = {**timing, "threads": labeler.recipe.training.threads}
    (finished / TIMING_FILE).write_text(yaml.safe_dump(timing, sort_keys=False), encoding="utf-8")
    hand_over(finished, out, partial=partial)
