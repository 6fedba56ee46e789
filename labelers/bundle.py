"""A trained labeler on disk: `labeler.yaml`, `weights.safetensors` (half precision), `vocabulary.txt`.

Nothing in a bundle can run code when it is loaded, and nothing in it is believed unchecked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import yaml
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from labelers.network import TextNetwork
from labelers.parts.embeddings import WordEmbedding
from labelers.recipe import Recipe
from labelers.registry import resolve_bundle
from labelers.vocabulary import Vocabulary
from labelers.word_labeler import WordLabeler
from labelers.words import WordReader
from schemas.conf import Frozen, parse_conf, read_yaml
from schemas.errors import BundleError, OutputError, UsageError
from schemas.hashing import hash_bytes, hash_json
from schemas.label_set import LabelSet

LABELER_FILE = "labeler.yaml"
WEIGHTS_FILE = "weights.safetensors"
VOCABULARY_FILE = "vocabulary.txt"
EMBEDDING_WEIGHT = "embedding.lookup.weight"
FORMAT = 1

_PICKLE_ENDINGS = frozenset({".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".joblib"})
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


class BundleRecord(Frozen):
    """What `labeler.yaml` holds; `training` and `evaluation` tell of it but are no part of the fingerprint."""

    format: int = FORMAT
    fingerprint: str
    weights_hash: str
    vocabulary_hash: str
    label_set_hash: str
    recipe: Recipe
    label_set: LabelSet
    training: dict[str, Any] = Field(default_factory=dict)
    evaluation: dict[str, Any] = Field(default_factory=dict)


def assemble(
    recipe: Recipe, label_set: LabelSet, vocabulary: Vocabulary, state: Mapping[str, Tensor]
) -> WordLabeler:
    """The labeler with these weights, rounded to the half precision in which a bundle keeps them.

    Raises:
        BundleError: the weights are not those of the recipe's network.
    """
    rounded = {name: value.detach().half() for name, value in state.items()}
    if EMBEDDING_WEIGHT not in rounded or rounded[EMBEDDING_WEIGHT].shape[0] != len(vocabulary):
        raise BundleError("weights and vocabulary do not belong together: train the labeler anew")
    network = TextNetwork(
        recipe.network,
        embedding=WordEmbedding(torch.empty(rounded[EMBEDDING_WEIGHT].shape)),
        n_labels=len(label_set.ids),
        n_classes=len(label_set.classes),
    )
    try:
        network.load_state_dict({name: value.float() for name, value in rounded.items()})
    except RuntimeError as error:
        raise BundleError("weights do not fit the recipe's network: train the labeler anew") from error
    return WordLabeler(
        recipe=recipe,
        label_set=label_set,
        vocabulary=vocabulary,
        reader=WordReader(recipe.text),
        network=network.eval(),
        fingerprint=_fingerprint(
            recipe.model_dump(mode="json"),
            label_set.model_dump(mode="json"),
            save(_sorted(rounded)),
            vocabulary.to_text().encode(),
        ),
    )


def save_bundle(labeler: WordLabeler, folder: Path, *, training: Mapping[str, Any] | None = None) -> None:
    """Writes the bundle's files into `folder`; the same labeler and training record give the same bytes.

    Raises:
        OutputError: the folder cannot be written.
    """
    weights = save(_sorted({name: value.half() for name, value in labeler.network.state_dict().items()}))
    vocabulary = labeler.vocabulary.to_text().encode()
    record = BundleRecord(
        fingerprint=labeler.fingerprint,
        weights_hash=hash_bytes(weights),
        vocabulary_hash=hash_bytes(vocabulary),
        label_set_hash=labeler.label_set.hash,
        recipe=labeler.recipe,
        label_set=labeler.label_set,
        training=dict(training or {}),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WEIGHTS_FILE).write_bytes(weights)
        (folder / VOCABULARY_FILE).write_bytes(vocabulary)
    except OSError as error:
        raise OutputError(f"{folder}: the bundle cannot be written: {error.strerror}") from error
    _write_record(record.model_dump(mode="json"), folder)


def load_bundle(name_or_path: str | Path, *, label_set: LabelSet | None = None) -> WordLabeler:
    """The labeler of a shipped bundle or of a folder; `label_set` is what it must have been trained for, if given.

    Raises:
        BundleError: a file is missing, damaged, changed, a pickle, or the bundle is for another label set.
        UsageError: there is no such bundle.
    """
    folder = resolve_bundle(name_or_path)
    with _named(folder):
        raw = _read_raw(folder)
        record = _parse(raw)
        _check_label_set(record, label_set)
        weights = _read_checked(folder / WEIGHTS_FILE, record.weights_hash)
        words = _read_checked(folder / VOCABULARY_FILE, record.vocabulary_hash)
        if _fingerprint(raw["recipe"], raw["label_set"], weights, words) != record.fingerprint:
            raise BundleError(f"{LABELER_FILE} was changed after training: its fingerprint does not fit")
        vocabulary = Vocabulary.from_text(words.decode())
        labeler = assemble(record.recipe, record.label_set, vocabulary, _tensors(weights))
        return replace(labeler, fingerprint=record.fingerprint)


def read_bundle_record(name_or_path: str | Path) -> BundleRecord:
    """What the bundle tells of itself, without loading its weights."""
    folder = resolve_bundle(name_or_path)
    with _named(folder):
        return _parse(_read_raw(folder))


def write_evaluation(name_or_path: str | Path, *, name: str, figures: Mapping[str, Any]) -> None:
    """Stores figures in the bundle's record under `name`; the fingerprint stays."""
    folder = resolve_bundle(name_or_path)
    with _named(folder):
        raw = _read_raw(folder)
        _parse(raw)
    raw["evaluation"] = {**raw.get("evaluation", {}), name: dict(figures)}
    _write_record(raw, folder)


def _read_raw(folder: Path) -> dict[str, Any]:
    """`labeler.yaml` as it is written, where all files are there."""
    _refuse_pickles(folder)
    for name in (LABELER_FILE, WEIGHTS_FILE, VOCABULARY_FILE):
        if not (folder / name).is_file():
            raise BundleError(f"{name} is missing")
    try:
        raw = read_yaml(folder / LABELER_FILE)
    except UsageError as error:
        raise BundleError(f"{LABELER_FILE} is damaged: {error}") from error
    if not isinstance(raw, dict):
        raise BundleError(f"{LABELER_FILE} is damaged: it is no mapping")
    if raw.get("format") != FORMAT:
        raise BundleError(f"has format {raw.get('format')}, this version reads {FORMAT}")
    return raw


def _parse(raw: Mapping[str, Any]) -> BundleRecord:
    try:
        record = parse_conf(raw, BundleRecord, where=LABELER_FILE)
    except UsageError as error:
        raise BundleError(f"{LABELER_FILE} is damaged: {error}") from error
    if hash_json(raw["label_set"]) != record.label_set_hash:
        raise BundleError(
            f"the label set in {LABELER_FILE} was changed after training: its hash does not fit"
        )
    return record


def _check_label_set(record: BundleRecord, wanted: LabelSet | None) -> None:
    """Same id, version, labels and classes; wording may change without a new training."""
    own = record.label_set
    if wanted is None or (own.id, own.version, own.ids, own.classes) == (
        wanted.id,
        wanted.version,
        wanted.ids,
        wanted.classes,
    ):
        return
    raise BundleError(
        f"was trained for label set {own.id} version {own.version} ({len(own.ids)} labels), "
        f"not for {wanted.id} version {wanted.version} ({len(wanted.ids)} labels)"
    )


def _refuse_pickles(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix in _PICKLE_ENDINGS:
            raise BundleError(
                f"{path.name} may be a pickle, which can run code: bundles hold safetensors only"
            )


def _read_checked(path: Path, expected: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path.name} cannot be read: {error.strerror}") from error
    if content.startswith(_PICKLE_STARTS):
        raise BundleError(f"{path.name} is a pickle, which can run code: bundles hold safetensors only")
    if hash_bytes(content) != expected:
        raise BundleError(f"{path.name} is damaged or was changed: its hash is not the one in {LABELER_FILE}")
    return content


def _tensors(weights: bytes) -> dict[str, Tensor]:
    try:
        tensors: dict[str, Tensor] = load(weights)
    except SafetensorError as error:
        raise BundleError(f"{WEIGHTS_FILE} is damaged: it is not safetensors") from error
    return tensors


def _fingerprint(recipe: Any, label_set: Any, weights: bytes, vocabulary: bytes) -> str:
    """Over recipe and label set as they are written, so that a later version with new settings agrees."""
    return hash_json([recipe, label_set, hash_bytes(weights), hash_bytes(vocabulary)])


def _sorted(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: state[name].contiguous() for name in sorted(state)}


def _write_record(record: Mapping[str, Any], folder: Path) -> None:
    text = yaml.safe_dump(dict(record), sort_keys=False, allow_unicode=True, width=110)
    unfinished = folder / f"{LABELER_FILE}.part"
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(folder / LABELER_FILE)
    except OSError as error:
        raise OutputError(f"{folder}: the bundle cannot be written: {error.strerror}") from error


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Puts the bundle's folder before the message."""
    try:
        yield
    except BundleError as error:
        raise BundleError(f"bundle {folder}: {error}") from error
