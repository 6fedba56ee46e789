from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
import yaml
from click.testing import CliRunner, Result

from jobs.calibrate import command as calibrate
from jobs.cli import main
from jobs.evaluate import command as evaluate
from jobs.train import command as train
from labelers.bundle import load_bundle, read_bundle_record
from labelers.evaluation.answers import ANNOTATION_NOTE
from schemas.errors import InputError, UsageError
from schemas.label_set import load_label_set
from tests.conftest import TINY_RECIPE

SENTENCES = (
    ("There is haemorrhage.", "positive", "as_found", "r1"),
    ("There is no haemorrhage.", "negative", "as_found", "r2"),
    ("There may be haemorrhage.", "uncertain", "enriched", "r3"),
    ("Technique as usual.", "not_mentioned", "enriched", "r4"),
)


@pytest.fixture
def sentences(tmp_path: Path) -> Path:
    columns: dict[str, list[str]] = {"text": [row[0] for row in SENTENCES]}
    columns["sampled"] = [row[2] for row in SENTENCES]
    columns["report_id"] = [row[3] for row in SENTENCES]
    for label in load_label_set().ids:
        columns[label] = [row[1] if label == "haemorrhage" else "not_mentioned" for row in SENTENCES]
    pq.write_table(pa.table(columns), tmp_path / "few.parquet")
    return tmp_path / "few.parquet"


def run_evaluate(bundle: Path, data: Path, *options: str) -> Result:
    arguments = ["--labeler", str(bundle), "--data", str(data), *options]
    return CliRunner().invoke(evaluate, arguments, catch_exceptions=False)


def test_evaluate_gives_figures_for_all_and_for_each_way_of_sampling(
    tiny_bundle: Path, sentences: Path
) -> None:
    found = json.loads(run_evaluate(tiny_bundle, sentences, "--json").stdout)

    assert list(found["figures"]) == ["all", "as_found", "enriched"]
    assert [part["texts"] for part in found["figures"].values()] == [4, 2, 2]
    assert set(found["figures"]["all"]) == {"texts", "micro", "macro", "macro_labels", "by_class", "by_label"}
    assert found["figures"]["all"]["micro"]["support"] == 3
    assert found["fingerprint"] == load_bundle(tiny_bundle).fingerprint
    assert found["note"] == ANNOTATION_NOTE


def test_evaluate_prints_a_table_that_says_who_annotated(tiny_bundle: Path, sentences: Path) -> None:
    shown = run_evaluate(tiny_bundle, sentences).stdout

    assert "as_found: 2 texts" in shown
    assert "not reviewed by a radiologist" in shown
    assert SENTENCES[0][0] not in shown


def test_evaluate_gives_intervals_errors_and_confusion_beside_the_figures(
    tiny_bundle: Path, sentences: Path
) -> None:
    found = json.loads(run_evaluate(tiny_bundle, sentences, "--json").stdout)

    assert set(found["intervals"]) == set(found["figures"])
    assert found["intervals"]["all"]["documents"] == 4
    for figure in ("micro", "macro", "macro_labels"):
        assert set(found["intervals"]["all"][figure]) == {"estimate", "low", "high"}
    assert found["confusion"]["classes"] == ["not_mentioned", "negative", "uncertain", "positive"]
    assert sum(map(sum, found["confusion"]["truth_by_predicted"])) == 4 * 31
    assert found["errors"]["errors"] == sum(
        found["errors"][kind]["count"] for kind in ("missed", "false", "wrong_certainty")
    )


def test_errors_are_listed_without_text_unless_asked_for(
    tmp_path: Path, tiny_bundle: Path, sentences: Path
) -> None:
    run_evaluate(tiny_bundle, sentences, "--errors", str(tmp_path / "errors.parquet"))
    run_evaluate(tiny_bundle, sentences, "--errors", str(tmp_path / "texts.parquet"), "--with-text")

    assert "text" not in pq.read_schema(tmp_path / "errors.parquet").names
    assert "text" in pq.read_schema(tmp_path / "texts.parquet").names


def test_text_is_asked_for_only_with_a_list_of_errors(tiny_bundle: Path, sentences: Path) -> None:
    with pytest.raises(UsageError, match="--errors"):
        run_evaluate(tiny_bundle, sentences, "--with-text")


def test_whole_reports_are_measured_from_their_raw_texts(
    tmp_path: Path, tiny_bundle: Path, sentences: Path
) -> None:
    table = pq.read_table(sentences)
    table = table.append_column("doc_id", pa.array(["one", "one", "two", "three"]))
    pq.write_table(table, sentences)
    raw = {
        "doc_id": ["one", "two"],
        "text": ["Findings:\nThere is no\nhaemorrhage. There is haemorrhage.", "There may be haemorrhage."],
    }
    pq.write_table(pa.table(raw), tmp_path / "raw.parquet")

    result = run_evaluate(tiny_bundle, sentences, "--documents", str(tmp_path / "raw.parquet"), "--json")

    reports = json.loads(result.stdout)["reports"]
    assert reports["documents"]["file"] == "raw.parquet"
    assert reports["raw_text"]["intervals"]["documents"] == 2
    by_class = reports["raw_text"]["figures"]["by_class"]
    assert {name: score["support"] for name, score in by_class.items()} == {
        "negative": 0,
        "uncertain": 1,
        "positive": 1,
    }
    assert reports["raw_text"]["figures"] == reports["annotated_sentences"]["figures"]


def test_perturbed_sentences_are_measured_when_asked_for(tiny_bundle: Path, sentences: Path) -> None:
    plain = run_evaluate(tiny_bundle, sentences, "--json").stdout
    result = run_evaluate(tiny_bundle, sentences, "--perturb", "--json")

    found = json.loads(result.stdout)["robustness"]["sentences"]
    by_name = {drop["perturbation"]: drop for drop in found}
    assert {"american_spelling", "typos", "synonyms", "no_punctuation"} <= set(by_name)
    assert by_name["upper_case"]["changed"] == 4
    assert by_name["upper_case"]["drop"]["estimate"] == 0.0
    assert "robustness" not in json.loads(plain)


def test_figures_are_written_into_the_bundle_only_when_asked(
    tmp_path: Path, tiny_bundle: Path, sentences: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for path in tiny_bundle.iterdir():
        (own / path.name).write_bytes(path.read_bytes())

    run_evaluate(own, sentences)
    assert read_bundle_record(own).evaluation == {}
    run_evaluate(own, sentences, "--write")

    assert read_bundle_record(own).evaluation["few"]["figures"]["all"]["texts"] == 4
    assert load_bundle(own).fingerprint == load_bundle(tiny_bundle).fingerprint


def test_evaluate_tells_how_well_probabilities_are_calibrated(tiny_bundle: Path, sentences: Path) -> None:
    found = json.loads(run_evaluate(tiny_bundle, sentences, "--json").stdout)["calibration"]

    assert found["mentions"] == sum(point["count"] for point in found["curve"])
    assert 0 <= found["expected_calibration_error"] <= 1
    assert "mentions found: expected error" in run_evaluate(tiny_bundle, sentences).stdout


def test_calibrate_says_what_it_changed(tmp_path: Path, tiny_bundle: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for path in tiny_bundle.iterdir():
        (own / path.name).write_bytes(path.read_bytes())
    data = str(tiny_bundle.parent / "sentences.parquet")

    result = CliRunner().invoke(calibrate, [str(own), "--data", data], catch_exceptions=False)

    assert "held-out texts log loss" in result.stdout
    assert read_bundle_record(own).temperatures == read_bundle_record(tiny_bundle).temperatures


def test_train_and_calibrate_say_what_a_second_opinion_brought(tmp_path: Path, tiny_bundle: Path) -> None:
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(TINY_RECIPE), encoding="utf-8")
    sure = shutil.copytree(tiny_bundle, tmp_path / "sure")
    data = ["--data", str(tiny_bundle.parent / "sentences.parquet"), "--second-opinion", "rules"]
    trained = [str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "own"), "--max-epochs", "8", *data]

    told = CliRunner().invoke(train, trained, catch_exceptions=False).stdout
    again = CliRunner().invoke(calibrate, [str(tmp_path / "own"), *data], catch_exceptions=False).stdout
    useless = CliRunner().invoke(calibrate, [str(sure), *data], catch_exceptions=False).stdout

    opinion = read_bundle_record(tmp_path / "own").second_opinion
    assert opinion is not None
    assert f"with {opinion.weight:g} of rules: micro F1" in told
    assert told.splitlines()[-1] == again.splitlines()[-1]
    assert "rules did not help (micro F1 1.0000): it keeps no second opinion" in useless


def test_data_without_the_label_columns_is_refused(tmp_path: Path, tiny_bundle: Path) -> None:
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "plain.parquet")

    with pytest.raises(InputError, match="has no column"):
        run_evaluate(tiny_bundle, tmp_path / "plain.parquet")


def test_train_writes_a_bundle_from_a_recipe_file(tmp_path: Path, sentences: Path) -> None:
    raw = {
        **TINY_RECIPE,
        "training": {**TINY_RECIPE["training"], "held_out": {"group_column": "report_id", "share": 0.5}},
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    arguments = [str(tmp_path / "tiny.yaml"), "--out", str(tmp_path / "out"), "--data", str(sentences)]

    result = CliRunner().invoke(
        train, [*arguments, "--seed", "3", "--max-epochs", "1"], catch_exceptions=False
    )

    assert result.exit_code == 0
    assert "1 epochs, best 1, held-out micro F1" in result.stdout
    assert load_bundle(tmp_path / "out").recipe.training.seed == 3


def test_a_dry_run_of_train_prints_the_resolved_recipe_and_writes_nothing(tmp_path: Path) -> None:
    arguments = [
        "bigru_per_label_attention",
        "--out",
        str(tmp_path / "out"),
        "--data",
        "x.parquet",
        "--dry-run",
    ]

    result = CliRunner().invoke(train, [*arguments, "--seed", "3"], catch_exceptions=False)

    assert yaml.safe_load(result.stdout)["training"]["seed"] == 3
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize(
    "line",
    [
        "train bigru --data few.parquet --out out",
        "compare bigru --data few.parquet --on few.parquet --work out",
        "ablate bigru --data few.parquet --on few.parquet --work out",
        "pretrain small_from_scratch --text few.parquet --out out",
        "evaluate --data few.parquet",
    ],
)
def test_every_command_refuses_a_gpu_that_is_not_there_before_it_writes(
    line: str, sentences: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sentences.parent)

    with pytest.raises(SystemExit) as ended:
        main([*line.split(), "--device", "cuda"])

    assert ended.value.code == UsageError.exit_code
    assert "device 'cuda' is not there" in capsys.readouterr().err
    assert [path.name for path in sentences.parent.iterdir()] == ["few.parquet"]
