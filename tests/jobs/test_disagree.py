import csv
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from jobs.cli import main
from pipeline.job import plan_job, run_job
from schemas.job import JobConfig
from schemas.run import SUCCESS_FILE
from tests.archives import report_rows, write_reports


def disagree(run: Path, out: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["disagree", str(run), "--out", str(out), *arguments])


def sample(run: Path, out: Path, *arguments: str) -> list[dict[str, str]]:
    result = disagree(run, out, *arguments)
    assert result.exit_code == 0, result.output
    with out.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def raw_texts(run: Path) -> dict[str, str]:
    """By report id; of an id that comes again, the first, which is the one that is labelled."""
    rows = pl.concat([pl.read_parquet(path) for path in sorted(run.parent.glob("reports-*.parquet"))])
    rows = rows.unique("report_id", keep="first")
    return dict(zip(rows["report_id"], rows["report_text"], strict=True))


def test_each_row_says_where_the_two_differ_and_on_what_the_second_rests(
    small_run: Path, tmp_path: Path
) -> None:
    rows = sample(small_run, tmp_path / "out.csv", "--with-text", "--per-stratum", "50")
    texts = raw_texts(small_run)
    assert rows
    for row in rows:
        assert texts[row["report_id"]][int(row["start"]) : int(row["end"])] == row["text"]
        assert row["run_class"] != row["other_class"]
        assert (row["run_probability"] == "") == (row["run_class"] == "not_mentioned")
        assert (row["term"] == "") == (row["other_class"] == "not_mentioned")


def test_the_kind_of_disagreement_follows_from_the_classes(small_run: Path, tmp_path: Path) -> None:
    for row in sample(small_run, tmp_path / "out.csv", "--per-stratum", "50"):
        absent = (row["run_class"] == "not_mentioned", row["other_class"] == "not_mentioned")
        assert row["kind"] == {(False, True): "run_only", (True, False): "other_only"}.get(
            absent, "certainty"
        )


def test_no_stratum_has_more_rows_than_asked_for_and_no_sentence_comes_twice(
    small_run: Path, tmp_path: Path
) -> None:
    rows = sample(small_run, tmp_path / "out.csv", "--with-text", "--per-stratum", "1")
    strata = [(row["label"], row["kind"]) for row in rows]
    assert len(strata) == len(set(strata))
    many = sample(small_run, tmp_path / "many.csv", "--with-text", "--per-stratum", "99")
    keys = [(row["label"], row["kind"], row["text"].casefold()) for row in many]
    assert len(keys) == len(set(keys))
    assert len(many) > len(rows)


def test_a_seed_gives_the_same_sample_again(small_run: Path, tmp_path: Path) -> None:
    names = ("a.csv", "b.csv")
    first, second = (sample(small_run, tmp_path / name, "--seed", "7") for name in names)
    assert first == second


def test_text_is_written_only_when_asked_for_and_never_printed(small_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    shown = disagree(small_run, out).output + disagree(small_run, tmp_path / "b.csv", "--json").output
    for text in raw_texts(small_run).values():
        for line in (text or "").splitlines()[1:]:
            assert line not in shown + out.read_text(encoding="utf-8")


def test_agreement_counts_every_sentence_that_either_labels(small_run: Path, tmp_path: Path) -> None:
    record = json.loads(disagree(small_run, tmp_path / "out.csv", "--json").output)
    sentences = pa.concat_tables(pq.read_table(path) for path in (small_run / "sentences").glob("*.parquet"))
    said = pl.from_arrow(sentences.filter(sentences["read"]))
    assert isinstance(said, pl.DataFrame)
    mentions = said.explode("mentions").unnest("mentions")
    for row in record["labels"]:
        by_run = mentions.filter(pl.col("label").cast(pl.String) == row["label"]).height
        assert row["same"] + row["certainty"] + row["run_only"] == by_run
        assert -1 <= row["kappa"] <= 1


def test_the_table_names_both_labelers_and_the_file(small_run: Path, tmp_path: Path) -> None:
    output = disagree(small_run, tmp_path / "out.csv").output
    assert "read by tiny and by rules" in output
    assert f"for review in {tmp_path / 'out.csv'}" in output


@pytest.fixture(scope="module")
def rules_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    write_reports(folder / "reports.parquet", report_rows(range(6)))
    config = JobConfig(reports=(str(folder / "reports.parquet"),), labeler="rules")
    run_job(plan_job(config), folder / "run")
    return folder / "run"


def test_a_run_can_be_made_by_rules(rules_run: Path) -> None:
    reports = pl.read_parquet(rules_run / "reports").sort("report_id")
    found: list[Any] = reports["infarct"].cast(pl.String).to_list()
    assert found[0] == "positive"


def test_a_labeler_is_not_compared_with_itself(rules_run: Path, tmp_path: Path) -> None:
    result = disagree(rules_run, tmp_path / "out.csv")
    assert result.exit_code == 2
    assert "the run was made by this labeler (rules)" in result.stderr


def test_a_second_labeler_can_be_a_bundle(rules_run: Path, tmp_path: Path, tiny_bundle: Path) -> None:
    rows = sample(rules_run, tmp_path / "out.csv", "--labeler", str(tiny_bundle))
    assert {row["term"] for row in rows} <= {""}


def test_reports_that_have_changed_are_not_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "there"
    folder.mkdir()
    path = write_reports(folder / "reports.parquet", report_rows(range(6)))
    run_job(plan_job(JobConfig(reports=(str(path),), labeler="rules")), folder / "run")
    other = report_rows(range(6))
    other["report_text"][0] = "CT head\nNothing."
    write_reports(path, other)
    result = disagree(folder / "run", tmp_path / "out.csv", "--labeler", "default")
    assert result.exit_code == 3
    assert "has changed since the run" in result.stderr


def test_an_unfinished_run_and_a_file_that_is_there_are_refused(small_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(small_run, run)
    (run / SUCCESS_FILE).unlink()
    assert disagree(run, tmp_path / "out.csv").exit_code == 3
    (tmp_path / "out.csv").write_text("")
    assert disagree(small_run, tmp_path / "out.csv").exit_code == 4
