"""A trained labeler on disk: `labeler.yaml`, `weights.safetensors` (half precision), and what it reads texts with.

That is `vocabulary.txt`, or for a transformer `tokenizer.json` with `encoder.json`, the encoder's configuration.
A labeler that was calibrated has a temperature for each label in `labeler.yaml`, and may name another labeler there
whose answers it weighs in.
Nothing in a bundle can run code when it is loaded, and nothing in it is believed unchecked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import safetensors.numpy
import torch
from pydantic import Field, PositiveFloat, model_validator
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from labelers.descriptions import label_descriptions
from labelers.device import CPU
from labelers.network import TextNetwork
from labelers.network_labeler import NetworkLabeler
from labelers.parts.embeddings import WordEmbedding
from labelers.readers import TOKENIZER_FILE, VOCABULARY_FILE, Reader, read_reader
from labelers.recipe import Recipe, TokenKind
from labelers.registry import resolve_bundle
from labelers.second_opinion import Adviser, SecondOpinion
from labelers.sparse.assembly import assemble_sparse, sparse_weights
from labelers.sparse.labelers import SparseLabeler
from labelers.sparse.recipe import AnyRecipe, SparseRecipe, TaggedRecipe
from labelers.temperatures import Temperatures
from labelers.writing import write_yaml
from schemas.conf import Frozen, parse_conf, read_yaml
from schemas.errors import BundleError, OutputError, UsageError
from schemas.hashing import hash_bytes, hash_json
from schemas.label_set import LabelSet

LABELER_FILE = "labeler.yaml"
WEIGHTS_FILE = "weights.safetensors"
ENCODER_FILE = "encoder.json"
EMBEDDING_WEIGHT = "embedding.lookup.weight"
FORMAT = 1

BundledLabeler = NetworkLabeler | SparseLabeler

_PICKLE_ENDINGS = frozenset({".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt", ".joblib"})
_PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes answers of what a labeler computes: temperatures, and a second opinion; either may be missing."""

    temperatures: Temperatures | None = None
    opinion: SecondOpinion | None = None

    @classmethod
    def of(cls, labeler: BundledLabeler) -> Calibration:
        """The labeler's own."""
        return cls(labeler.temperatures, None if labeler.adviser is None else labeler.adviser.opinion)

    def fingerprint(self, found: str) -> str:
        """That of a bundle whose fingerprint would be `found` without it."""
        if self.temperatures is not None:
            found = hash_json([found, list(self.temperatures)])
        return found if self.opinion is None else hash_json([found, self.opinion.model_dump(mode="json")])

    def given_to(self, labeler: BundledLabeler, fingerprint: str) -> BundledLabeler:
        """The labeler as it answers; a second opinion's rules are part of its fingerprint, not of the bundle's.

        Raises:
            UsageError: the second opinion cannot be had.
        """
        adviser = None
        if self.opinion is not None:
            adviser = Adviser.load(self.opinion, labeler.label_set, unit=labeler.unit)
        return replace(
            labeler,
            fingerprint=fingerprint if adviser is None else adviser.fingerprint(fingerprint),
            temperatures=self.temperatures,
            adviser=adviser,
        )


UNCALIBRATED = Calibration()


class BundleRecord(Frozen):
    """What `labeler.yaml` holds; `training` and `evaluation` tell of it but are no part of the fingerprint."""

    format: int = FORMAT
    fingerprint: str
    weights_hash: str
    vocabulary_hash: str | None = None
    tokenizer_hash: str | None = None
    encoder_hash: str | None = None
    label_set_hash: str
    recipe: TaggedRecipe
    label_set: LabelSet
    temperatures: tuple[PositiveFloat, ...] | None = None
    second_opinion: SecondOpinion | None = None
    training: dict[str, Any] = Field(default_factory=dict)
    evaluation: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_label_has_a_temperature(self) -> Self:
        if self.temperatures is not None and len(self.temperatures) != len(self.label_set.ids):
            raise ValueError("there is not one temperature for each label")
        return self


def file_names(recipe: AnyRecipe) -> tuple[str, ...]:
    """The bundle's files beside record and weights."""
    if recipe.text.tokens is TokenKind.SUBWORDS:
        return (ENCODER_FILE, TOKENIZER_FILE)
    return (VOCABULARY_FILE,)


def assemble(
    recipe: Recipe,
    label_set: LabelSet,
    reader: Reader,
    state: Mapping[str, Tensor],
    *,
    encoder_config: Mapping[str, Any] | None = None,
) -> NetworkLabeler:
    """The labeler with these weights, rounded to the half precision in which a bundle keeps them.

    Raises:
        BundleError: the weights are not those of the recipe's network.
    """
    rounded = {name: value.detach().cpu().half() for name, value in state.items()}
    network = TextNetwork(
        recipe.network,
        embedding=_empty_embedding(rounded, reader) if encoder_config is None else None,
        encoder_config=encoder_config,
        descriptions=label_descriptions(recipe.network, label_set, reader),
        n_labels=len(label_set.ids),
        n_classes=len(label_set.classes),
    )
    try:
        network.load_state_dict({name: value.float() for name, value in rounded.items()})
    except RuntimeError as error:
        raise BundleError("weights do not fit the recipe's network: train the labeler anew") from error
    return NetworkLabeler(
        recipe=recipe,
        label_set=label_set,
        reader=reader,
        network=network.eval(),
        fingerprint=_fingerprint(
            recipe.model_dump(mode="json"),
            label_set.model_dump(mode="json"),
            save(_sorted(rounded)),
            _files(reader, encoder_config),
        ),
    )


def _empty_embedding(state: Mapping[str, Tensor], reader: Reader) -> WordEmbedding:
    if EMBEDDING_WEIGHT not in state or state[EMBEDDING_WEIGHT].shape[0] != reader.size:
        raise BundleError("weights and vocabulary do not belong together: train the labeler anew")
    return WordEmbedding(torch.empty(state[EMBEDDING_WEIGHT].shape))


def save_bundle(labeler: BundledLabeler, folder: Path, *, training: Mapping[str, Any] | None = None) -> None:
    """Writes the bundle's files into `folder`; the same labeler and training record give the same bytes.

    Raises:
        OutputError: the folder cannot be written.
    """
    weights, files = _contents(labeler)
    recipe, label_set = labeler.recipe.model_dump(mode="json"), labeler.label_set.model_dump(mode="json")
    calibration = Calibration.of(labeler)
    record = BundleRecord(
        fingerprint=_fingerprint(recipe, label_set, weights, files, calibration=calibration),
        weights_hash=hash_bytes(weights),
        **{_hash_field(name): hash_bytes(content) for name, content in files.items()},
        label_set_hash=labeler.label_set.hash,
        recipe=labeler.recipe,
        label_set=labeler.label_set,
        temperatures=calibration.temperatures,
        second_opinion=calibration.opinion,
        training=dict(training or {}),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in {WEIGHTS_FILE: weights, **files}.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise OutputError(f"{folder}: the bundle cannot be written: {error.strerror}") from error
    write_yaml(_without_absent(record), folder / LABELER_FILE)


def _contents(labeler: BundledLabeler) -> tuple[bytes, dict[str, bytes]]:
    """Weights, and the files beside them and the record."""
    if isinstance(labeler, SparseLabeler):
        return sparse_weights(labeler.arrays()), labeler.reader.files()
    weights = save(
        _sorted({name: value.cpu().half() for name, value in labeler.network.state_dict().items()})
    )
    return weights, _files(labeler.reader, labeler.network.encoder_config)


def with_calibration(labeler: BundledLabeler, calibration: Calibration) -> BundledLabeler:
    """The labeler calibrated, with the fingerprint that it then has.

    Raises:
        UsageError: the second opinion cannot be had.
    """
    weights, files = _contents(labeler)
    recipe, label_set = labeler.recipe.model_dump(mode="json"), labeler.label_set.model_dump(mode="json")
    return calibration.given_to(
        labeler, _fingerprint(recipe, label_set, weights, files, calibration=calibration)
    )


def load_bundle(
    name_or_path: str | Path, *, label_set: LabelSet | None = None, device: torch.device = CPU
) -> BundledLabeler:
    """The labeler of a shipped bundle or of a folder; `label_set` is what it must have been trained for, if given.

    Its network computes on `device`; labelers of another kind compute on the CPU.

    Raises:
        BundleError: a file is missing, damaged, changed, a pickle, the bundle is for another label set, or its
            second opinion cannot be had.
        UsageError: there is no such bundle.
    """
    folder = resolve_bundle(name_or_path)
    with _named(folder):
        raw, record = _read_record(folder)
        _check_label_set(record, label_set)
        weights, files = _read_contents(folder, record)
        calibration = Calibration(record.temperatures, record.second_opinion)
        found = _fingerprint(raw["recipe"], raw["label_set"], weights, files, calibration=calibration)
        if found != record.fingerprint:
            raise BundleError(f"{LABELER_FILE} was changed after training: its fingerprint does not fit")
        labeler = _assembled(record, weights, files)
        if isinstance(labeler, NetworkLabeler):
            labeler.network.to(device)
        try:
            return calibration.given_to(labeler, record.fingerprint)
        except UsageError as error:
            raise BundleError(f"its second opinion cannot be had: {error}") from error


def _read_contents(folder: Path, record: BundleRecord) -> tuple[bytes, dict[str, bytes]]:
    """Weights, and the files beside them and the record, as the record has their hashes."""
    weights = _read_checked(folder / WEIGHTS_FILE, record.weights_hash)
    names = file_names(record.recipe)
    return weights, {name: _read_checked(folder / name, getattr(record, _hash_field(name))) for name in names}


def _assembled(record: BundleRecord, weights: bytes, files: Mapping[str, bytes]) -> BundledLabeler:
    recipe, label_set = record.recipe, record.label_set
    reader = read_reader(recipe.text, files)
    if isinstance(recipe, SparseRecipe):
        with _safetensors():
            arrays = safetensors.numpy.load(weights)
        return assemble_sparse(recipe, label_set, reader, arrays)
    return assemble(recipe, label_set, reader, _tensors(weights), encoder_config=_encoder_config(files))


def read_bundle_record(name_or_path: str | Path) -> BundleRecord:
    """What the bundle tells of itself, without loading its weights."""
    folder = resolve_bundle(name_or_path)
    with _named(folder):
        return _read_record(folder)[1]


def write_evaluation(name_or_path: str | Path, *, name: str, figures: Mapping[str, Any]) -> None:
    """Stores figures in the bundle's record under `name`; the fingerprint stays."""
    folder = resolve_bundle(name_or_path)
    with _named(folder):
        raw, _ = _read_record(folder)
    raw["evaluation"] = {**raw.get("evaluation", {}), name: dict(figures)}
    write_yaml(raw, folder / LABELER_FILE)


def write_calibration(name_or_path: str | Path, calibration: Calibration, *, told: Mapping[str, Any]) -> None:
    """Stores a calibration in a bundle, and what it changed in its training record; figures from before go.

    Raises:
        BundleError: the bundle cannot be read.
        OutputError: it cannot be written.
    """
    folder = resolve_bundle(name_or_path)
    with _named(folder):
        raw, record = _read_record(folder)
        weights, files = _read_contents(folder, record)
    opinion = calibration.opinion
    changed = {
        "fingerprint": _fingerprint(raw["recipe"], raw["label_set"], weights, files, calibration=calibration),
        "temperatures": None if calibration.temperatures is None else list(calibration.temperatures),
        "second_opinion": None if opinion is None else opinion.model_dump(mode="json"),
        "training": {**raw.get("training", {}), "calibration": dict(told)},
        "evaluation": {},
    }
    write_yaml(
        {name: value for name, value in {**raw, **changed}.items() if value is not None},
        folder / LABELER_FILE,
    )


def _read_record(folder: Path) -> tuple[dict[str, Any], BundleRecord]:
    """`labeler.yaml` as it is written and as it is meant, where all files are there."""
    _refuse_pickles(folder)
    _require(folder, LABELER_FILE)
    raw = _read_raw(folder)
    record = _parse(raw)
    for name in (WEIGHTS_FILE, *file_names(record.recipe)):
        _require(folder, name)
    return raw, record


def _require(folder: Path, name: str) -> None:
    if not (folder / name).is_file():
        raise BundleError(f"{name} is missing")


def _read_raw(folder: Path) -> dict[str, Any]:
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


def _read_checked(path: Path, expected: str | None) -> bytes:
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
    with _safetensors():
        tensors: dict[str, Tensor] = load(weights)
    return tensors


@contextmanager
def _safetensors() -> Iterator[None]:
    try:
        yield
    except SafetensorError as error:
        raise BundleError(f"{WEIGHTS_FILE} is damaged: it is not safetensors") from error


def _encoder_config(files: Mapping[str, bytes]) -> dict[str, Any] | None:
    if ENCODER_FILE not in files:
        return None
    try:
        config = json.loads(files[ENCODER_FILE])
    except ValueError as error:
        raise BundleError(f"{ENCODER_FILE} is damaged: it is not JSON") from error
    if not isinstance(config, dict):
        raise BundleError(f"{ENCODER_FILE} is damaged: it is no mapping")
    return config


def _files(reader: Reader, encoder_config: Mapping[str, Any] | None) -> dict[str, bytes]:
    """The bundle's files beside record and weights."""
    files = reader.files()
    if encoder_config is not None:
        files[ENCODER_FILE] = (json.dumps(dict(encoder_config), indent=2, sort_keys=True) + "\n").encode()
    return files


def _hash_field(name: str) -> str:
    """Where the record keeps a file's hash."""
    return f"{Path(name).stem}_hash"


def _without_absent(record: BundleRecord) -> dict[str, Any]:
    """The record as it is written: without the hashes, temperatures or second opinion that it does not have."""
    hashes = {_hash_field(name) for name in (VOCABULARY_FILE, TOKENIZER_FILE, ENCODER_FILE)}
    dumped = record.model_dump(mode="json")
    absent = {name for name in (*hashes, "temperatures", "second_opinion") if dumped[name] is None}
    return {name: value for name, value in dumped.items() if name not in absent}


def _fingerprint(
    recipe: Any,
    label_set: Any,
    weights: bytes,
    files: Mapping[str, bytes],
    *,
    calibration: Calibration = UNCALIBRATED,
) -> str:
    """Over recipe and label set as they are written, so that a later version with new settings agrees."""
    hashes = [hash_bytes(files[name]) for name in sorted(files)]
    return calibration.fingerprint(hash_json([recipe, label_set, hash_bytes(weights), *hashes]))


def _sorted(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: state[name].contiguous() for name in sorted(state)}


@contextmanager
def _named(folder: Path) -> Iterator[None]:
    """Puts the bundle's folder before the message."""
    try:
        yield
    except BundleError as error:
        raise BundleError(f"bundle {folder}: {error}") from error
