from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from labelers.bundle import load_bundle, read_bundle_record, save_bundle
from labelers.recipe import load_recipe
from labelers.registry import list_labelers
from labelers.sparse.fitting import fit_forests, fit_regressions
from labelers.sparse.labelers import ForestLabeler, RegressionLabeler, SparseLabeler
from labelers.sparse.recipe import ForestRecipe, RegressionRecipe
from labelers.training import TrainingInputs, train_labeler
from schemas.errors import BundleError, UsageError
from schemas.label_set import LabelSet, load_label_set
from tests.labelers.sparse.examples import (
    BINARY,
    CERTAINTY,
    binary_texts,
    certain_texts,
    few_vectors,
    forest_recipe,
    regression_recipe,
)

TEXTS = ("no bleed the skull", "a large bleed the skull fracture", "zebra", "")
KINDS = ("forests", "regressions")


def trained(kind: str) -> SparseLabeler:
    if kind == "forests":
        return fit_forests(forest_recipe(), CERTAINTY, certain_texts())
    return fit_regressions(regression_recipe(), BINARY, binary_texts(), binary_texts(), words=few_vectors())


@pytest.fixture(params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    save_bundle(trained(request.param), tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.mark.parametrize("kind", KINDS)
def test_a_round_trip_gives_the_same_predictions(tmp_path: Path, kind: str) -> None:
    labeler = trained(kind)
    save_bundle(labeler, tmp_path)

    loaded = load_bundle(tmp_path, label_set=labeler.label_set)

    assert type(loaded) is type(labeler)
    assert np.array_equal(loaded.probabilities(TEXTS), labeler.probabilities(TEXTS))
    assert loaded.fingerprint == labeler.fingerprint
    assert (loaded.recipe, loaded.label_set) == (labeler.recipe, labeler.label_set)


def test_a_bundle_is_three_files_none_of_them_a_pickle(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())

    assert names == ["labeler.yaml", "vocabulary.txt", "weights.safetensors"]


def test_the_same_labeler_is_written_as_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    kind = KINDS[isinstance(load_bundle(folder), RegressionLabeler)]
    save_bundle(trained(kind), tmp_path / "again")

    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


@pytest.mark.parametrize("name", ["weights.safetensors", "vocabulary.txt"])
def test_a_changed_file_is_refused(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[-2] ^= 1
    (folder / name).write_bytes(content)

    with pytest.raises(BundleError, match=f"{name} is damaged or was changed"):
        load_bundle(folder)


def test_a_pickle_under_the_name_of_the_weights_is_refused_unread(folder: Path) -> None:
    (folder / "weights.safetensors").write_bytes(pickle.dumps({"forest": 1}))

    with pytest.raises(BundleError, match=r"weights\.safetensors is a pickle"):
        load_bundle(folder)


def test_a_bundle_of_another_label_set_is_refused(folder: Path) -> None:
    with pytest.raises(BundleError, match="trained for label set two version 1"):
        load_bundle(folder, label_set=load_label_set("openi_chest"))


def test_a_record_of_another_kind_is_refused(folder: Path) -> None:
    path = folder / "labeler.yaml"
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw["recipe"]["kind"] = "support_vectors"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")

    with pytest.raises(BundleError, match=r"labeler\.yaml is damaged"):
        load_bundle(folder)


def test_the_shipped_recipes_are_those_of_the_papers() -> None:
    forest, regression = load_recipe("bow_rf"), load_recipe("word2vec_logreg")

    assert isinstance(forest, ForestRecipe)
    assert (forest.forest.trees, forest.forest.depth, forest.forest.max_features) == (100, 10, 200)
    assert isinstance(regression, RegressionRecipe)
    assert (regression.unit, regression.ngrams.longest) == ("report", 3)
    assert {"bow_rf", "word2vec_logreg"} <= {entry.name for entry in list_labelers()}


def test_an_unknown_kind_of_recipe_lists_those_there_are(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("kind: random_forrest\n", encoding="utf-8")

    with pytest.raises(UsageError, match="Did you mean 'random_forest'"):
        load_recipe(path)


@pytest.mark.parametrize(("kind", "made"), [("forests", ForestLabeler), ("regressions", RegressionLabeler)])
def test_training_writes_a_bundle_that_labels(tmp_path: Path, kind: str, made: type) -> None:
    is_forest = kind == "forests"
    label_set, texts = (CERTAINTY, certain_texts()) if is_forest else (BINARY, binary_texts())
    path = written_label_set(label_set, tmp_path)
    columns = {
        label: [label_set.classes[i] for i in texts.targets[:, n]] for n, label in enumerate(label_set.ids)
    }
    data = tmp_path / "data.parquet"
    pq.write_table(pa.table({"text": texts.texts, "report_id": texts.groups, **columns}), data)
    recipe = (forest_recipe() if is_forest else regression_recipe()).model_copy(
        update={"label_set": str(path)}
    )

    record = train_labeler(recipe, TrainingInputs(labelled=(data,), texts=(data,)), out=tmp_path / "out")

    labeler = load_bundle(tmp_path / "out")
    assert isinstance(labeler, made)
    assert record["held_out"]["micro"]["f1"] > 0.6
    assert read_bundle_record(tmp_path / "out").training["texts"] == record["texts"]
    assert labeler.probabilities(TEXTS).shape == (4, 2, len(label_set.classes))


def test_a_regression_without_texts_to_pretrain_on_says_so(tmp_path: Path) -> None:
    path = written_label_set(BINARY, tmp_path)
    texts = binary_texts()
    columns = {label: [BINARY.classes[i] for i in texts.targets[:, n]] for n, label in enumerate(BINARY.ids)}
    data = tmp_path / "data.parquet"
    pq.write_table(pa.table({"text": texts.texts, "report_id": texts.groups, **columns}), data)
    recipe = regression_recipe().model_copy(update={"label_set": str(path)})

    with pytest.raises(UsageError, match="name texts, with --text"):
        train_labeler(recipe, TrainingInputs(labelled=(data,)), out=tmp_path / "out")


def written_label_set(label_set: LabelSet, folder: Path) -> Path:
    path = folder / f"{label_set.id}.yaml"
    path.write_text(yaml.safe_dump(label_set.model_dump(mode="json")), encoding="utf-8")
    return path
