from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelers.text.measure import GoldSentence, Reading, main, measure, read_gold
from labelers.text.report import ReportReader

WRITTEN = Path(__file__).parents[4] / "shared" / "data" / "written"


def test_a_perfect_reading_scores_one() -> None:
    text = "Findings: No bleed. Old lacune."
    gold = [GoldSentence(0, 19, "finding", mentions=True), GoldSentence(20, 31, "finding", mentions=True)]
    reading = measure(ReportReader.load(), {"a": text}, {"a": gold})
    assert reading.f1 == reading.exact_f1 == 1.0
    assert reading.mentions_lost == 0


def test_a_missed_end_lowers_recall_and_a_wrong_one_precision() -> None:
    text = "Findings: No bleed. Old lacune."
    whole = [GoldSentence(10, 31, "finding", mentions=True)]
    reading = measure(ReportReader.load(), {"a": text}, {"a": whole})
    assert (reading.precision, reading.recall) == (0.5, 1.0)


def test_a_finding_that_is_kept_away_is_counted() -> None:
    text = "History: old stroke."
    reading = measure(
        ReportReader.load(), {"a": text}, {"a": [GoldSentence(9, 20, "finding", mentions=True)]}
    )
    assert reading.mentions_lost == 1


@pytest.fixture(scope="module")
def written() -> Reading:
    if not WRITTEN.is_dir():
        pytest.skip(f"{WRITTEN} is absent")
    reports = pq.read_table(WRITTEN / "reports.parquet", columns=["report_id", "report_text"]).to_pylist()
    gold = read_gold(pq.read_table(WRITTEN / "sentences.parquet").to_pylist())
    return measure(ReportReader.load(), {row["report_id"]: row["report_text"] for row in reports}, gold)


def test_sentences_end_where_the_written_reports_say(written: Reading) -> None:
    assert written.f1 >= 0.99
    assert written.strict_f1 >= 0.98
    assert written.exact_f1 >= 0.985


def test_findings_of_the_written_reports_reach_the_labeler(written: Reading) -> None:
    assert written.mentions_lost <= 0.001 * written.mentions


def test_most_of_history_and_technique_is_kept_away(written: Reading) -> None:
    assert written.kept_away["history"] >= 0.85 * written.total["history"]
    assert written.kept_away["technique"] >= 0.8 * written.total["technique"]
    assert written.kept_away["advice"] >= 0.5 * written.total["advice"]


def test_the_command_measures_two_files_and_prints_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "CT head\nNo bleed. Old infarct."
    sentences = {"report_id": ["a", "a"], "start": [8, 18], "end": [17, 30], "role": ["finding"] * 2}
    pq.write_table(pa.table({"report_id": ["a"], "report_text": [text]}), tmp_path / "reports.parquet")
    pq.write_table(
        pa.table({**sentences, "haemorrhage": ["negative", "not_mentioned"]}), tmp_path / "sentences.parquet"
    )

    code = main([str(tmp_path / "reports.parquet"), str(tmp_path / "sentences.parquet")])

    printed = json.loads(capsys.readouterr().out)
    assert code == 0
    assert printed["boundary_f1"] == 1.0
    assert printed["mentions_lost"] == "0/1 (0.0000)"
