from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml

from labelers import training
from labelers.base import Probabilities, predicted_classes
from labelers.bundle import load_bundle, read_bundle_record
from labelers.checkpoint import CHECKPOINT_FILE
from labelers.fitting import EncodedTexts, Fitter, rate_share, repeatable
from labelers.handover import TIMING_FILE
from labelers.inference import class_probabilities
from labelers.metrics import micro_f1
from labelers.parts.losses import label_weights
from labelers.recipe import Recipe
from labelers.training import TrainingInputs, read_split, train_labeler
from schemas.errors import InputError, OutputError
from schemas.label_set import LabelSet
from tests.labelers.networks import (
    ARCHITECTURES,
    small_network,
    small_recipe,
    three_labels,
    write_checkpoint_folder,
)

PHRASES = {"There is {}.": 3, "There may be {}.": 2, "There is no {}.": 1, "History of {}.": 0}


@pytest.fixture
def label_file(tmp_path: Path) -> Path:
    path = tmp_path / "three.yaml"
    path.write_text(yaml.safe_dump(three_labels().model_dump(mode="json")), encoding="utf-8")
    return path


@pytest.fixture
def inputs(tmp_path: Path) -> TrainingInputs:
    ids = three_labels().ids
    rows = [(phrase.format(label), label, code) for phrase, code in PHRASES.items() for label in ids] * 4
    columns: dict[str, list[str]] = {"text": [row[0] for row in rows]}
    columns["report_id"] = [f"r{n % 16}" for n in range(len(rows))]
    for label in ids:
        columns[label] = [three_labels().classes[code if label == own else 0] for _, own, code in rows]
    pq.write_table(pa.table(columns), tmp_path / "sentences.parquet")
    pq.write_table(
        pa.table({"text": ["An archive of words about the brain."] * 3}), tmp_path / "archive.parquet"
    )
    return TrainingInputs(labelled=(tmp_path / "sentences.parquet",), texts=(tmp_path / "archive.parquet",))


def recipe_for(label_file: Path, *, word2vec: bool = False, **changes: object) -> Recipe:
    raw = small_recipe("bigru_per_label_attention", **changes).model_dump(mode="json")
    raw["label_set"] = str(label_file)
    raw["network"]["dropout"] = {"embedded": 0.2, "encoded": 0.2, "pooled": 0.2, "rare_words": 0.25}
    if word2vec:
        raw["network"]["embedding"] = {
            "kind": "word2vec",
            "size": 16,
            "epochs": 2,
            "min_count": 1,
            "max_words": 99,
        }
    return Recipe.model_validate(raw)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != TIMING_FILE}


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_seed_gives_the_same_bundle_byte_for_byte(
    tmp_path: Path, label_file: Path, inputs: TrainingInputs, precision: str
) -> None:
    recipe = recipe_for(label_file, word2vec=True, precision=precision)

    train_labeler(recipe, inputs, out=tmp_path / "one")
    torch.rand(7)  # what went on before does not matter
    train_labeler(recipe, inputs, out=tmp_path / "two")
    train_labeler(recipe.with_overrides(seed=1), inputs, out=tmp_path / "other")

    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert load_bundle(tmp_path / "one").fingerprint != load_bundle(tmp_path / "other").fingerprint


def test_training_that_was_stopped_goes_on_to_the_same_bundle(
    tmp_path: Path, label_file: Path, inputs: TrainingInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_for(label_file, max_epochs=4)
    train_labeler(recipe, inputs, out=tmp_path / "whole")
    measured, measure = [], Fitter.measure

    def stopped_in_the_third_epoch(fitter: Fitter) -> float:
        measured.append(1)
        if len(measured) == 3:
            raise KeyboardInterrupt
        return measure(fitter)

    monkeypatch.setattr(Fitter, "measure", stopped_in_the_third_epoch)
    with pytest.raises(KeyboardInterrupt):
        train_labeler(recipe, inputs, out=tmp_path / "resumed")
    assert not (tmp_path / "resumed").exists()
    train_labeler(recipe, inputs, out=tmp_path / "resumed")

    assert len(measured) == 3 + 2  # two epochs were kept
    assert files(tmp_path / "resumed") == files(tmp_path / "whole")
    assert not (tmp_path / "resumed.partial").exists()


def test_an_unfinished_training_of_other_settings_is_not_gone_on_with(
    tmp_path: Path, label_file: Path, inputs: TrainingInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_for(label_file)
    with monkeypatch.context() as patched:
        patched.setattr(training, "_publish", lambda *_args, **_options: None)
        train_labeler(recipe, inputs, out=tmp_path / "out")

    with pytest.raises(OutputError, match="holds a training of other data or settings"):
        train_labeler(recipe.with_overrides(seed=9), inputs, out=tmp_path / "out")

    (tmp_path / "out.partial" / CHECKPOINT_FILE).write_bytes(b"\x00" * 20)
    with pytest.raises(OutputError, match="is damaged"):
        train_labeler(recipe, inputs, out=tmp_path / "out")


def test_a_bundle_that_is_there_is_replaced_only_when_asked(
    tmp_path: Path, label_file: Path, inputs: TrainingInputs
) -> None:
    recipe = recipe_for(label_file)
    (tmp_path / "out").mkdir()

    with pytest.raises(OutputError, match="exists already"):
        train_labeler(recipe, inputs, out=tmp_path / "out")

    train_labeler(recipe, inputs, out=tmp_path / "out", overwrite=True)
    assert load_bundle(tmp_path / "out").label_set == three_labels()


def test_a_place_where_nothing_can_be_written_is_refused_before_training(
    tmp_path: Path, label_file: Path, inputs: TrainingInputs
) -> None:
    (tmp_path / "a_file").write_text("")

    with pytest.raises(OutputError, match="cannot be made"):
        train_labeler(recipe_for(label_file), inputs, out=tmp_path / "a_file" / "out")


def test_the_bundle_tells_how_it_was_made(tmp_path: Path, label_file: Path, inputs: TrainingInputs) -> None:
    train_labeler(recipe_for(label_file), inputs, out=tmp_path / "out")

    record = read_bundle_record(tmp_path / "out").training
    assert [entry["file"] for entry in record["data"]["labelled"]] == ["sentences.parquet"]
    assert [point["epoch"] for point in record["curve"]] == [1, 2]
    assert record["best_epoch"] in (1, 2)
    assert record["texts"]["train"] + record["texts"]["held_out"] == 48
    assert set(record["held_out"]) >= {"micro", "macro", "by_class", "by_label"}
    assert "torch" in record["versions"]


def test_reports_are_held_out_whole_and_files_without_reports_train_wholly(
    tmp_path: Path, label_file: Path, inputs: TrainingInputs
) -> None:
    table = pq.read_table(inputs.labelled[0])
    pq.write_table(table.drop_columns("report_id"), tmp_path / "more.parquet")
    both = TrainingInputs(labelled=(*inputs.labelled, tmp_path / "more.parquet"))

    split = read_split(recipe_for(label_file), both, three_labels())

    assert not set(split.train.groups) & set(split.held_out.groups)
    assert split.train.groups.count(None) == 48
    assert None not in split.held_out.groups


def test_synthetic_texts_alone_leave_the_held_out_texts_as_they_are(
    inputs: TrainingInputs, label_file: Path
) -> None:
    both = read_split(recipe_for(label_file, synthesis="schrempf"), inputs, three_labels())
    recipe = recipe_for(label_file, synthesis="schrempf", synthetic_only=True)

    split = read_split(recipe, inputs, three_labels())

    assert len(split.train) == 3 * 5
    assert split.train.texts == both.train.texts[-15:]
    assert split.held_out.texts == both.held_out.texts


def test_synonyms_are_learnt_in_texts_of_their_own_and_the_held_out_texts_stay(
    inputs: TrainingInputs, label_file: Path
) -> None:
    bleed, *others = three_labels().labels
    known = bleed.model_copy(update={"synonyms": ("blood",)})
    label_set = three_labels().model_copy(update={"labels": (known, *others)})
    without = read_split(recipe_for(label_file), inputs, label_set)

    split = read_split(recipe_for(label_file, synonyms=2), inputs, label_set)

    made = split.train.texts[len(without.train) :]
    assert made
    assert set(made) <= {phrase.format("blood") for phrase in PHRASES}
    assert split.held_out.texts == without.held_out.texts


def test_synthetic_texts_alone_need_a_synthesis(label_file: Path) -> None:
    with pytest.raises(ValueError, match="leaves nothing to train on"):
        recipe_for(label_file, synthetic_only=True)


def test_data_from_which_nothing_can_be_held_out_is_refused(
    tmp_path: Path, label_file: Path, inputs: TrainingInputs
) -> None:
    table = pq.read_table(inputs.labelled[0])
    pq.write_table(table.drop_columns("report_id"), tmp_path / "more.parquet")
    alone = TrainingInputs(labelled=(tmp_path / "more.parquet",))

    with pytest.raises(InputError, match="groups in column report_id"):
        train_labeler(recipe_for(label_file), alone, out=tmp_path / "out")


def test_a_transformer_is_trained_resumed_and_loaded_without_its_checkpoint(
    tmp_path: Path, label_file: Path, inputs: TrainingInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_checkpoint_folder(tmp_path / "encoder")
    settings = {"precision": "bfloat16", "schedule": "linear", "warm_up": 0.25, "weight_decay": 0.01}
    recipe = small_recipe("alarm_per_label_attention", **settings).model_copy(
        update={"label_set": str(label_file)}
    )
    recipe = recipe.with_overrides(encoder=str(folder))
    train_labeler(recipe, inputs, out=tmp_path / "whole")
    with monkeypatch.context() as patched:
        patched.setattr(training, "_publish", lambda *_args, **_options: None)
        train_labeler(recipe, inputs, out=tmp_path / "resumed")

    train_labeler(recipe, inputs, out=tmp_path / "resumed")
    shutil.rmtree(folder)

    assert files(tmp_path / "resumed") == files(tmp_path / "whole")
    assert read_bundle_record(tmp_path / "whole").training["data"]["encoder"]["name"] == "encoder"
    assert load_bundle(tmp_path / "whole").probabilities(["There is a bleed."]).shape == (1, 3, 4)


@pytest.mark.parametrize(
    ("schedule", "done", "share"),
    [
        ("constant", 0.1, 0.5),
        ("constant", 0.9, 1.0),
        ("linear", 0.1, 0.5),
        ("linear", 0.2, 1.0),
        ("linear", 0.6, 0.5),
    ],
)
def test_the_learning_rate_warms_up_and_then_follows_its_schedule(
    schedule: str, done: float, share: float
) -> None:
    options = small_recipe(schedule=schedule, warm_up=0.2).training

    assert rate_share(options, done) == pytest.approx(share)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_it_learns_32_sentences_by_heart(architecture: str, tmp_path: Path) -> None:
    label_set: LabelSet = three_labels()
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 4, size=(32, len(label_set.ids)))
    tokens = [tuple(int(word) for word in rng.permutation(40)[:5] + 2) for _ in range(32)]
    texts = EncodedTexts(tokens=tokens, targets=targets)
    recipe = small_recipe(architecture, max_epochs=150, patience=20)

    with repeatable(threads=1, seed=0):
        network = small_network(recipe, words=42)
        fitter = Fitter(recipe, network, train=texts, held_out=texts)
        fit = fitter.run(folder=tmp_path, key="key", progress=False)

    assert fit.best.micro_f1 == 1.0


@pytest.mark.parametrize("architecture", ["bigru", "bigru_per_label_attention", "alarm_per_label_attention"])
def test_the_losss_weights_are_taken_out_of_the_probabilities_where_the_recipe_says_so(
    architecture: str, tmp_path: Path
) -> None:
    targets = np.array([[3, 0, 0]] * 2 + [[0, 0, 1]] * 6)
    texts = EncodedTexts(tokens=[(2, 3)] * 2 + [(4, 5)] * 6, targets=targets)

    def trained(*, unweighted: bool) -> Probabilities:
        recipe = small_recipe(architecture, max_epochs=1)
        loss = recipe.loss.model_copy(update={"beta": 1.0, "unweighted_answers": unweighted})
        recipe = recipe.model_copy(update={"loss": loss})
        with repeatable(threads=1, seed=0):
            network = small_network(recipe)
            fitter = Fitter(recipe, network, train=texts, held_out=texts)
            fit = fitter.run(folder=tmp_path / str(unweighted), key="key", progress=False)
            network.load_state_dict(fit.state)
            return class_probabilities(network, texts.tokens, shape=(3, 4))

    odds = trained(unweighted=False) / label_weights(torch.from_numpy(targets), n_classes=4, beta=1.0).numpy()

    expected = odds / odds.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(trained(unweighted=True), expected, rtol=1e-4)


def test_training_stops_when_nothing_gets_better_and_keeps_the_best_epoch(tmp_path: Path) -> None:
    texts = EncodedTexts(tokens=[(2, 3)] * 8, targets=np.array([[3, 0, 0]] * 8))
    recipe = small_recipe(max_epochs=100, patience=3)

    with repeatable(threads=1, seed=0):
        fitter = Fitter(recipe, small_network(recipe), train=texts, held_out=texts)
        fit = fitter.run(folder=tmp_path, key="key", progress=False)

    assert fit.best.micro_f1 == 1.0
    assert len(fit.curve) == fit.best.epoch + 3
    assert all(point.micro_f1 < 1.0 for point in fit.curve[: fit.best.epoch - 1])


def test_training_leaves_the_callers_threads_and_random_state_alone() -> None:
    threads = torch.get_num_threads()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    with repeatable(threads=1, seed=0):
        torch.rand(10)

    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_micro_f1_of_the_loaded_bundle_is_the_one_in_its_record(
    tmp_path: Path, label_file: Path, inputs: TrainingInputs
) -> None:
    recipe = recipe_for(label_file, max_epochs=10, patience=10)
    record = train_labeler(recipe, inputs, out=tmp_path / "out")
    held_out = read_split(recipe, inputs, three_labels()).held_out

    predicted = predicted_classes(load_bundle(tmp_path / "out").probabilities(held_out.texts))

    found = micro_f1(held_out.targets, predicted, n_classes=4)
    assert record["held_out"]["micro"]["f1"] == pytest.approx(found, abs=1e-4)
