"""`ctlabel compare` and `ctlabel ablate`, with trainings of a second each."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result

from jobs.ablate import command as ablate
from jobs.compare import command as compare
from labelers.comparison.records import read_comparison
from schemas.errors import BundleError, OutputError, UsageError
from tests.labelers.networks import small_recipe, three_labels

PHRASES = {"There is {}.": 3, "There may be {}.": 2, "There is no {}.": 1, "Compared with last week.": 0}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two recipes, sentences to train on and to measure on; and a comparison of two recipes and two seeds."""
    folder = tmp_path_factory.mktemp("compared")
    (folder / "three.yaml").write_text(
        yaml.safe_dump(three_labels().model_dump(mode="json")), encoding="utf-8"
    )
    for name, architecture in (("mean", "word2vec"), ("single", "bigru_single_attention")):
        write_recipe(folder, name, architecture)
    write_sentences(folder)
    run(
        compare,
        folder,
        "mean.yaml",
        "single.yaml",
        *TRAINING,
        "--seeds",
        "0,1",
        "--work",
        str(folder / "work"),
    )
    return folder


def write_recipe(folder: Path, name: str, architecture: str, **changes: Any) -> None:
    raw = small_recipe(architecture).model_dump(mode="json")
    raw["name"], raw["label_set"] = name, str(folder / "three.yaml")
    raw["training"].update(synthesis="schrempf", **changes)
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")


def write_sentences(folder: Path) -> None:
    ids = three_labels().ids
    rows = [(phrase.format(label), label, code) for phrase, code in PHRASES.items() for label in ids] * 3
    columns = {"text": [row[0] for row in rows], "report_id": [f"r{n % 12}" for n in range(len(rows))]}
    columns["doc_id"] = [f"d{n % 4}" for n in range(len(rows))]
    for label in ids:
        columns[label] = [three_labels().classes[code if label == own else 0] for _, own, code in rows]
    pq.write_table(pa.table(columns), folder / "few.parquet")


TRAINING = ("--data", "few.parquet")


def run(command: click.Command, folder: Path, *arguments: str) -> Result:
    """The command over the sentences, from inside the folder, so that its record has no folder of this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        given = [*arguments, "--on", "few.parquet", "--draws", "200"]
        return CliRunner().invoke(command, given, catch_exceptions=False)


def test_every_run_is_kept_with_its_figures_and_where_it_came_from(place: Path) -> None:
    found = read_comparison(place / "work" / "results.json")
    first = found.runs[0]

    assert [(one.labeler, one.seed) for one in found.runs] == [
        ("mean", 0),
        ("mean", 1),
        ("single", 0),
        ("single", 1),
    ]
    assert len({one.fingerprint for one in found.runs}) == 4
    assert found.documents == 4
    assert found.command == (
        "ctlabel compare mean.yaml single.yaml --on few.parquet --data few.parquet --seeds 0,1 --draws 200"
    )
    assert [data.file for data in first.trained.labelled] == ["few.parquet"]
    assert first.trained.labelled[0].hash == found.data.hash
    assert first.trained.parameters == (16 * 16 + 16) + (16 * 12 + 12)
    assert first.trained.epochs == 2
    assert first.trained.hardware == found.hardware
    assert set(first.figures["all"].by_label) == set(three_labels().ids)
    assert {test.measure for test in found.tests} == {"micro", "macro"}


def test_what_is_trained_already_is_not_trained_again(place: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (place / "work").rglob("weights.safetensors")}
    arguments = ("mean.yaml", "single.yaml", *TRAINING, "--seeds", "0,1", "--work", "work")

    result = run(compare, place, *arguments)

    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert result.stderr.count("trained before") == 4
    assert "mean      " in result.stdout


def test_another_recipe_never_passes_for_what_is_trained(place: Path) -> None:
    arguments = ("mean.yaml", *TRAINING, "--work", "work", "--max-epochs", "1")

    with pytest.raises(OutputError, match="seed-0 was trained from another recipe or other data"):
        run(compare, place, *arguments)


def test_other_data_never_passes_for_what_was_trained_on(place: Path) -> None:
    archive = ("--text", "few.parquet")

    with pytest.raises(OutputError, match="seed-0 was trained from another recipe or other data"):
        run(compare, place, "mean.yaml", *TRAINING, *archive, "--work", "work")


def test_bundles_stand_beside_what_is_trained(place: Path) -> None:
    result = run(
        compare, place, "--bundles", "several=work/mean", "--bundles", "one=work/single/seed-1", "--json"
    )
    found = json.loads(result.stdout)

    assert [(one["labeler"], one["seed"]) for one in found["runs"]] == [
        ("several", 0),
        ("several", 1),
        ("one", 1),
    ]
    known = read_comparison(place / "work" / "results.json")
    assert [one["fingerprint"] for one in found["runs"][:2]] == [
        one.fingerprint for one in known.runs_of("mean")
    ]


def test_a_committee_stands_beside_its_members(place: Path) -> None:
    members = ["work/mean/seed-0", "work/mean/seed-1"]
    file = place / "both.yaml"
    file.write_text(yaml.safe_dump({"kind": "committee", "name": "both", "members": members}))

    result = run(compare, place, "--bundles", "both=./both.yaml", "--bundles", "mean=work/mean", "--json")
    both, *alone = json.loads(result.stdout)["runs"]

    assert (both["labeler"], both["seed"]) == ("both", 0)
    assert "sentences" not in both["trained"]
    assert both["fingerprint"] not in {one["fingerprint"] for one in alone}
    assert both["figures"]["all"]["texts"] == alone[0]["figures"]["all"]["texts"]


def test_the_same_labeler_and_seed_cannot_count_twice(place: Path) -> None:
    twice = ("--bundles", "a=work/mean", "--bundles", "a=work/mean/seed-1")

    with pytest.raises(UsageError, match="'a' is given twice with seed 1"):
        run(compare, place, *twice)


def test_a_folder_without_bundles_is_refused(place: Path) -> None:
    (place / "empty").mkdir(exist_ok=True)

    with pytest.raises(BundleError, match="nor a folder of bundles"):
        run(compare, place, "--bundles", "a=./empty")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to compare"),
        (("--bundles", "default"), "it takes NAME=FOLDER"),
        (("mean.yaml",), "needs --work"),
        (("mean.yaml", "--work", "other"), "and --data"),
        (("mean.yaml", "mean.yaml"), "given twice"),
    ],
)
def test_what_cannot_be_compared_is_a_usage_error(
    place: Path, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        run(compare, place, *arguments)


@pytest.mark.parametrize("seeds", ["0,0", "a", "1,,2", ""])
def test_seeds_are_different_numbers(place: Path, seeds: str) -> None:
    result = run(compare, place, "mean.yaml", "--seeds", seeds)

    assert result.exit_code == 2
    assert "no list of different seeds such as 0,1,2" in result.stderr


def test_an_ablation_is_a_comparison_of_a_recipes_variants(place: Path) -> None:
    result = run(ablate, place, "mean.yaml", *TRAINING, "--work", "ablated", "--out", "ablation.json")
    found = read_comparison(place / "ablation.json")

    assert found.labelers == ("mean/synthetic_only", "mean/real_only", "mean/full")
    sentences = {one.labeler: one.trained.sentences for one in found.runs}
    synthetic = 3 * 5
    assert sentences["mean/synthetic_only"] == synthetic
    assert sentences["mean/full"] == (sentences["mean/real_only"] or 0) + synthetic
    assert "mean/real_only" in result.stdout
    shutil.rmtree(place / "ablated")
