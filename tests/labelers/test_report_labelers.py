"""The systems that read whole reports, labels present or absent: Wood's, Jnawali's, Chapman's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from labelers.batching import pad
from labelers.bundle import load_bundle, read_bundle_record
from labelers.parts.binary_losses import BalancedBinaryCrossEntropy
from labelers.parts.losses import build_loss
from labelers.recipe import (
    BalancedBinaryLoss,
    Recipe,
    TextOptions,
    Unit,
    choose_labels,
    load_labels,
    load_recipe,
)
from labelers.training import TrainingInputs, train_labeler
from labelers.words import WordReader
from schemas.errors import UsageError
from tests.labelers.networks import small_network, small_recipe
from tests.labelers.reports import (
    REPORT,
    SYSTEMS,
    small_report_recipe,
    two_classes,
    write_labelled_reports,
)


@pytest.fixture
def reports(tmp_path: Path) -> TrainingInputs:
    return write_labelled_reports(tmp_path)


@pytest.mark.parametrize("name", SYSTEMS)
def test_shipped_recipes_read_reports_and_say_present_or_absent(name: str) -> None:
    recipe = load_recipe(name)

    assert recipe.unit is Unit.REPORT
    assert load_labels(recipe).classes == ("absent", "present")


@pytest.mark.parametrize("name", SYSTEMS)
def test_each_trains_saves_loads_and_labels_the_same(
    tmp_path: Path, reports: TrainingInputs, name: str
) -> None:
    recipe = small_report_recipe(name, tmp_path)
    texts = [REPORT.format(label) for label in two_classes().ids]

    record = train_labeler(recipe, reports, out=tmp_path / "bundle")
    train_labeler(recipe, reports, out=tmp_path / "again")

    labeler = load_bundle(tmp_path / "bundle")
    found = labeler.probabilities(texts)
    assert labeler.unit is Unit.REPORT
    assert found.shape == (3, len(load_labels(recipe).ids), 2)
    assert np.array_equal(found, load_bundle(tmp_path / "again").probabilities(texts))
    assert record["curve"][-1]["loss"] < record["curve"][0]["loss"]


def test_a_labeler_of_one_category_has_that_label_alone(tmp_path: Path, reports: TrainingInputs) -> None:
    recipe = small_report_recipe("alarm_binary", tmp_path)

    record = train_labeler(recipe, reports, out=tmp_path / "bundle")

    label_set = read_bundle_record(tmp_path / "bundle").label_set
    assert (label_set.id, label_set.ids) == ("three_bleed", ("bleed",))
    losses = [point["held_out_loss"] for point in record["curve"]]
    assert record["best_epoch"] == 1 + losses.index(min(losses))


def test_the_category_is_chosen_on_the_command_line() -> None:
    recipe = load_recipe("alarm_binary")

    assert load_labels(choose_labels(recipe, ("effusion",))).ids == ("effusion",)
    assert load_labels(choose_labels(recipe, ())).ids == ("normal",)
    with pytest.raises(UsageError, match="Did you mean 'effusion'"):
        choose_labels(recipe, ("effusions",))
    with pytest.raises(UsageError, match="leave --label out"):
        choose_labels(load_recipe("bow_rf"), ("haemorrhage",))


def test_stop_words_are_left_out_but_for_no_and_not() -> None:
    reader = WordReader(load_recipe("cnn_lstm").text)
    text = "There is no sign of the old infarct, it is not seen 3 times."

    assert reader.tokens(text) == ["no", "sign", "old", "infarct", "not", "seen", "<number>", "times"]
    assert [text[word.start : word.end] for word in reader.words(text)][:2] == ["no", "sign"]


def test_words_are_cut_at_the_most_that_is_read_with_their_spans() -> None:
    reader = WordReader(TextOptions(max_tokens=3, stop_words=frozenset({"the"})))
    text = "In the brain: Small bleed."

    assert reader.tokens(text) == ["in", "brain", "small"]
    assert reader.all_tokens(text)[-1] == "bleed"
    assert [text[word.start : word.end] for word in reader.words(text)] == ["In", "brain", "Small"]


@pytest.mark.parametrize("name", ["word2vec", "bert", "bow_rf"])
def test_sections_are_for_labelers_of_reports(name: str) -> None:
    recipe = load_recipe(name)
    raw = recipe.model_dump(mode="json")
    raw["text"]["sections"] = ["impression"]

    with pytest.raises(ValidationError, match="sections are for unit report"):
        type(recipe).model_validate(raw)
    raw["unit"] = "report"
    assert type(recipe).model_validate(raw).text.sections == ("impression",)


def test_a_document_that_fits_one_window_is_read_as_without_windows() -> None:
    recipe = small_recipe("label_description_attention")
    network = small_network(recipe).eval()
    tokens = pad([(2, 5, 6, 7, 3), (2, 5, 3)])

    in_windows = network(*tokens)
    network.windows = None
    whole = network(*tokens)

    torch.testing.assert_close(in_windows.scores, whole.scores)
    torch.testing.assert_close(in_windows.attention, whole.attention)


def test_a_long_document_has_the_strongest_scores_of_its_windows() -> None:
    network = small_network(small_recipe("bert_multilabel")).eval()
    first, second = (2, 4, 5, 6, 7, 8, 9, 3), (2, 8, 9, 10, 11, 3)  # windows of 8 that share 2

    whole = network(*pad([(2, 4, 5, 6, 7, 8, 9, 10, 11, 3)])).scores[0]
    parts = network(*pad([first, second])).scores  # (2, n_L, n_C)

    odds = parts[..., 1:].logsumexp(dim=-1) - parts[..., 0]
    expected = torch.stack([parts[best, label] for label, best in enumerate(odds.argmax(dim=0))])
    torch.testing.assert_close(whole, expected)


def test_the_balanced_loss_is_for_labels_present_or_absent() -> None:
    spec, targets = BalancedBinaryLoss(kind="balanced_binary"), torch.zeros(2, 3, dtype=torch.long)

    assert isinstance(build_loss(spec, targets, n_classes=2), BalancedBinaryCrossEntropy)
    with pytest.raises(UsageError, match="is for 2 classes, the label set has 4"):
        build_loss(spec, targets, n_classes=4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"windows": {"size": 8, "overlap": 6}}, "overlap must leave room"),
        ({"pooling": {"kind": "last_state"}}, "last_state reads a cnn_lstm"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    raw = small_recipe("bert_multilabel").model_dump(mode="json")

    with pytest.raises(ValidationError, match=message):
        Recipe.model_validate({**raw, "network": {**raw["network"], **changes}})


def test_windows_and_descriptions_need_a_transformer() -> None:
    raw = small_recipe("cnn_lstm").model_dump(mode="json")

    with pytest.raises(ValidationError, match="are for a transformer encoder"):
        Recipe.model_validate({**raw, "network": {**raw["network"], "windows": {"size": 8, "overlap": 2}}})
