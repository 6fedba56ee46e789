from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from labelers.experiments.__main__ import main
from labelers.recipe import Recipe
from labelers.sparse.recipe import SparseRecipe
from schemas.errors import OutputError, UsageError
from tests.labelers.networks import small_recipe
from tests.labelers.sparse.examples import BINARY, binary_texts, forest_recipe, regression_recipe


@pytest.fixture
def data(tmp_path: Path) -> Path:
    texts = binary_texts()
    columns = {label: [BINARY.classes[i] for i in texts.targets[:, n]] for n, label in enumerate(BINARY.ids)}
    pq.write_table(
        pa.table({"text": texts.texts, "report_id": texts.groups, **columns}), tmp_path / "data.parquet"
    )
    return tmp_path / "data.parquet"


def run(recipe: SparseRecipe | Recipe, data: Path, *options: str) -> dict[str, object]:
    folder = data.parent
    label_set, recipe_file, out = folder / "two.yaml", folder / "recipe.yaml", folder / "out" / "figures.json"
    label_set.write_text(yaml.safe_dump(BINARY.model_dump(mode="json")), encoding="utf-8")
    recipe_file.write_text(recipe.to_yaml(), encoding="utf-8")
    main([str(recipe_file), "--data", str(data), "--label-set", str(label_set), "--out", str(out), *options])
    found: dict[str, object] = json.loads(out.read_text(encoding="utf-8"))
    return found


def test_repeats_are_written_with_what_was_measured_on_what(data: Path) -> None:
    found = run(regression_recipe(), data, "--text", str(data), "--count", "2", "--seed", "5")

    assert found["design"] == {
        "splits": "repeats",
        "count": 2,
        "seed": 5,
        "group_column": "report_id",
        "groups": 72,
        "texts": 72,
        "label_set": {"id": "two", "hash": BINARY.hash, "labels": 2},
    }
    assert found["figures"]["bleed"]["auc"]["estimate"] > 0.9  # type: ignore[index]
    assert [entry["file"] for entry in found["data"]] == ["data.parquet"] * 2  # type: ignore[attr-defined]


def test_the_same_seed_gives_the_same_figures(data: Path) -> None:
    first = run(forest_recipe(), data, "--count", "2")["figures"]

    assert run(forest_recipe(), data, "--count", "2")["figures"] == first


def test_folds_test_every_report_once(data: Path) -> None:
    found = run(forest_recipe(depth=10, max_features=20), data, "--design", "folds", "--count", "3")

    assert found["figures"]["at_one_half"]["documents"] == 72  # type: ignore[index]
    assert found["figures"]["at_one_half"]["f1"] > 0.8  # type: ignore[index]


def test_words_without_texts_to_pretrain_them_on_are_refused(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(regression_recipe(), data)

    assert stopped.value.code == UsageError.exit_code
    assert "name a Parquet file of texts" in capsys.readouterr().err


def test_a_network_is_trained_by_the_one_training_there_is(data: Path) -> None:
    found = run(small_recipe("word2vec", max_epochs=15), data, "--count", "1")

    assert found["figures"]["bleed"]["auc"]["estimate"] > 0.6  # type: ignore[index]


def test_a_split_that_is_given_is_measured_on_its_own_test_file(data: Path) -> None:
    found = run(
        forest_recipe(depth=10, max_features=20), data, "--validation", str(data), "--test", str(data)
    )

    assert found["design"]["splits"] == "given"  # type: ignore[index]
    assert found["design"]["texts"] == 3 * 72  # type: ignore[index]
    assert found["figures"]["at_one_half"]["documents"] == 72  # type: ignore[index]


def test_a_test_file_without_a_validation_file_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(forest_recipe(), data, "--test", str(data))

    assert stopped.value.code == UsageError.exit_code
    assert "--validation and --test go together" in capsys.readouterr().err


def test_one_label_can_be_learnt_alone(data: Path) -> None:
    found = run(small_recipe("word2vec", max_epochs=1), data, "--count", "1", "--label", "bleed")

    assert list(found["figures"]) == ["bleed"]  # type: ignore[call-overload]


def test_networks_that_were_kept_are_not_trained_again(data: Path) -> None:
    kept = data.parent / "kept"
    options = ("--count", "2", "--work", str(kept))
    first = run(small_recipe("word2vec", max_epochs=2), data, *options)
    trained = (kept / "split_1" / "bundle" / "timing.yaml").read_bytes()

    assert run(small_recipe("word2vec", max_epochs=2), data, *options)["figures"] == first["figures"]
    assert (kept / "split_1" / "bundle" / "timing.yaml").read_bytes() == trained


def test_networks_of_another_recipe_are_not_taken_for_this_one(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--count", "1", "--work", str(data.parent / "kept"))
    run(small_recipe("word2vec", max_epochs=1), data, *options)

    with pytest.raises(SystemExit) as stopped:
        run(small_recipe("word2vec", max_epochs=2), data, *options)

    assert stopped.value.code == OutputError.exit_code
    assert "was trained from another recipe or other data" in capsys.readouterr().err


def test_two_labelers_are_compared_on_the_same_repeats(data: Path) -> None:
    (data.parent / "other.yaml").write_text(forest_recipe().to_yaml(), encoding="utf-8")

    found = run(
        regression_recipe(),
        data,
        *("--text", str(data), "--count", "2", "--against", str(data.parent / "other.yaml")),
    )

    against = found["against"]
    assert against["labeler"] == forest_recipe().name  # type: ignore[index]
    compared = against["comparison"]["bleed"]  # type: ignore[index]
    assert len(compared["delong_p_values"]) == 2
    means = [figures["bleed"]["auc"]["estimate"] for figures in (found["figures"], against["figures"])]  # type: ignore[index]
    assert compared["auc"]["estimate"] == pytest.approx(means[0] - means[1], abs=1e-3)


def test_a_second_labeler_is_refused_with_folds(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(forest_recipe(), data, "--design", "folds", "--against", "bow_rf")

    assert stopped.value.code == UsageError.exit_code
    assert "--against is for two or more repeats" in capsys.readouterr().err
