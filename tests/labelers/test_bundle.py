from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import yaml

from labelers.bundle import load_bundle, read_bundle_record, save_bundle, write_evaluation
from labelers.registry import BUNDLES_DIR, list_bundles
from schemas.errors import BundleError
from schemas.label_set import load_label_set
from tests.labelers.networks import ARCHITECTURES, small_labeler, three_labels

TEXTS = ("There is no bleed.", "?fracture", "old infarct in the brain", "")
MAX_BUNDLE_BYTES = 20_000_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_bundle(small_labeler(), tmp_path / "bundle", training={"epochs": 3})
    return tmp_path / "bundle"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_round_trip_gives_the_same_predictions(tmp_path: Path, architecture: str) -> None:
    labeler = small_labeler(architecture)
    save_bundle(labeler, tmp_path)

    loaded = load_bundle(tmp_path)

    assert np.array_equal(loaded.probabilities(TEXTS), labeler.probabilities(TEXTS))
    assert loaded.fingerprint == labeler.fingerprint
    assert (loaded.recipe, loaded.label_set) == (labeler.recipe, labeler.label_set)


def test_the_same_labeler_is_written_as_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    save_bundle(small_labeler(), tmp_path / "again", training={"epochs": 3})

    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_other_weights_have_another_fingerprint() -> None:
    assert small_labeler(seed=1).fingerprint != small_labeler(seed=2).fingerprint


def test_figures_are_written_beside_without_changing_the_fingerprint(folder: Path) -> None:
    before = load_bundle(folder).fingerprint

    write_evaluation(folder, name="dev", figures={"micro": 0.5})
    write_evaluation(folder, name="other", figures={"micro": 0.25})

    record = read_bundle_record(folder)
    assert record.evaluation == {"dev": {"micro": 0.5}, "other": {"micro": 0.25}}
    assert record.training == {"epochs": 3}
    assert load_bundle(folder).fingerprint == before


@pytest.mark.parametrize("name", ["labeler.yaml", "weights.safetensors", "vocabulary.txt"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(BundleError, match=f"{name} is missing"):
        load_bundle(folder)


@pytest.mark.parametrize("name", ["weights.safetensors", "vocabulary.txt"])
def test_a_changed_file_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(BundleError, match=f"{name} is damaged or was changed"):
        load_bundle(folder)


def test_cut_off_weights_are_refused(folder: Path) -> None:
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])

    with pytest.raises(BundleError, match=r"weights\.safetensors is damaged"):
        load_bundle(folder)


def test_a_pickle_among_the_files_is_refused_unread(folder: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"")

    with pytest.raises(BundleError, match=r"pytorch_model\.bin may be a pickle"):
        load_bundle(folder)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_pickle_under_the_name_of_the_weights_is_refused_unread(folder: Path, protocol: int) -> None:
    (folder / "weights.safetensors").write_bytes(pickle.dumps({"w": 1}, protocol=protocol))

    with pytest.raises(BundleError, match=r"weights\.safetensors is a pickle"):
        load_bundle(folder)


def test_a_bundle_of_another_label_set_is_refused(folder: Path) -> None:
    with pytest.raises(BundleError, match="trained for label set three version 1"):
        load_bundle(folder, label_set=load_label_set())

    assert load_bundle(folder, label_set=three_labels()).label_set == three_labels()


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("recipe", "summary", "Another.", "fingerprint does not fit"),
        ("label_set", "description", "Another.", "label set in labeler.yaml was changed"),
        ("recipe", "no_such_key", 1, "labeler.yaml is damaged"),
    ],
)
def test_a_record_that_was_edited_is_refused(
    folder: Path, section: str, key: str, value: object, message: str
) -> None:
    path = folder / "labeler.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw[section][key] = value
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")

    with pytest.raises(BundleError, match=message):
        load_bundle(folder)


@pytest.fixture
def transformer_folder(tmp_path: Path) -> Path:
    save_bundle(small_labeler("alarm_softmax"), tmp_path / "transformer")
    return tmp_path / "transformer"


def test_a_transformers_bundle_holds_tokenizer_and_configuration_instead_of_a_vocabulary(
    transformer_folder: Path,
) -> None:
    assert {path.name for path in transformer_folder.iterdir()} == {
        "labeler.yaml",
        "weights.safetensors",
        "tokenizer.json",
        "encoder.json",
    }


@pytest.mark.parametrize("name", ["tokenizer.json", "encoder.json"])
def test_a_transformers_file_that_is_missing_or_changed_is_refused(
    transformer_folder: Path, name: str
) -> None:
    path = transformer_folder / name
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    with pytest.raises(BundleError, match=f"{name} is damaged or was changed"):
        load_bundle(transformer_folder)

    path.unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        load_bundle(transformer_folder)


@pytest.mark.parametrize("content", ["[", "just text", "format: 99\n", "\x00"])
def test_a_record_that_is_none_is_refused(folder: Path, content: str) -> None:
    (folder / "labeler.yaml").write_text(content, encoding="utf-8")

    with pytest.raises(BundleError, match=r"bundle .*: "):
        load_bundle(folder)


@pytest.mark.parametrize("name", list_bundles())
def test_a_shipped_bundle_is_whole_fits_its_label_set_and_is_small_enough(name: str) -> None:
    labeler = load_bundle(name, label_set=load_label_set())

    assert labeler.name == name
    size = sum(path.stat().st_size for path in (BUNDLES_DIR / name).iterdir())
    assert size <= MAX_BUNDLE_BYTES


@pytest.mark.skipif(
    "bigru_per_label_attention" not in list_bundles(), reason="the default is not trained yet"
)
def test_the_default_labeler_tells_the_certainty_classes_apart() -> None:
    labeler = load_bundle("default")
    texts = [
        "There is a haemorrhage.",
        "There is no haemorrhage.",
        "Possible haemorrhage.",
        "Clinical details:",
    ]

    classes = labeler.probabilities(texts).argmax(axis=-1)

    assert classes[:, labeler.label_set.ids.index("haemorrhage")].tolist() == [3, 1, 2, 0]
