from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from labelers.data import read_labelled
from labelers.text.report import ReportReader
from labelers.written import WRITTEN, WrittenReport, main, read_written
from schemas.certainty import Certainty
from schemas.conf import CONF_DIR
from schemas.errors import InputError
from schemas.label_set import load_label_set

LABELS = load_label_set()
PROBES = CONF_DIR / "probes"
LONG = 6
"""Shorter sentences are what any report says: "No hydrocephalus at present."."""
REPORT = """@ X-1 | CT | a hospital
# CT HEAD
/H Fall, ?bleed
//F There is an old lacune. => +established_infarct
F No haemorrhage, but an infarct is possible. => -haemorrhage ?infarct
"""


def read_all(folder: Path) -> list[WrittenReport]:
    return [report for path in sorted(folder.glob("*.txt")) for report in read_written(path, LABELS)]


def long_sentences(folder: Path) -> set[str]:
    texts = (part.text for report in read_all(folder) for part in report.sentences)
    return {text.casefold().rstrip(".") for text in texts if len(text.split()) >= LONG}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "X.txt"
    path.write_text(REPORT, encoding="utf-8")
    return path


def test_parts_follow_after_a_space_a_line_or_an_empty_line(file: Path) -> None:
    [report] = read_written(file, LABELS)

    assert report.text == (
        "CT HEAD\nFall, ?bleed\n\nThere is an old lacune. No haemorrhage, but an infarct is possible."
    )
    assert [report.text[s.start : s.end] for s in report.sentences] == [s.text for s in report.sentences]


def test_marks_are_classes(file: Path) -> None:
    [report] = read_written(file, LABELS)

    assert report.sentences[2].labels == {"established_infarct": Certainty.POSITIVE}
    assert report.sentences[3].labels == {
        "haemorrhage": Certainty.NEGATIVE,
        "infarct": Certainty.UNCERTAIN,
    }


def test_roles_are_those_of_the_annotation_protocol(file: Path) -> None:
    [report] = read_written(file, LABELS)

    assert [s.role for s in report.sentences] == ["heading", "history", "finding", "finding"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("F There is a bleed. => +bleed", "line 6: unknown label 'bleed'"),
        ("F There is a bleed. => haemorrhage", "line 6: label 'haemorrhage' begins with none"),
        ("F There is a bleed. => +haemorrhage ?haemorrhage", "line 6: label haemorrhage is given twice"),
        ("H Known bleed. => +haemorrhage", "line 6: a history mentions no label"),
        ("Z There is a bleed.", "line 6: expected a role"),
        ("@ X-2 | XR | chest", "line 6: expected '@ ID"),
        ("@ X-1 | CT | again\nF Normal.", "report ids given twice: X-1"),
        ("@ X-3 | CT | nothing", "line 6: report X-3 has no text"),
    ],
)
def test_an_error_names_the_line_and_what_is_wrong(file: Path, line: str, what: str) -> None:
    file.write_text(REPORT + line + "\n", encoding="utf-8")

    with pytest.raises(InputError, match=what.replace("'", ".")):
        read_written(file, LABELS)


def test_tables_are_what_training_reads(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(file), "--out", str(tmp_path / "out")])

    texts = read_labelled(tmp_path / "out" / "sentences.parquet", LABELS, group_column="report_id")
    assert texts.groups == ("X-1",) * 4
    assert texts.targets[3, LABELS.ids.index("infarct")] == Certainty.UNCERTAIN
    assert pq.read_table(tmp_path / "out" / "reports.parquet")["report_id"].to_pylist() == ["X-1"]
    assert "1 reports, 4 parts, 3 mentions" in capsys.readouterr().out


def test_all_written_reports_of_the_project_can_be_read() -> None:
    reports = read_all(WRITTEN)

    assert len(reports) > 500
    assert len({report.report_id for report in reports}) == len(reports)


def test_the_probes_have_every_label_in_every_class() -> None:
    found = {
        mention for report in read_all(PROBES) for part in report.sentences for mention in part.labels.items()
    }
    mentioned = {Certainty.POSITIVE, Certainty.UNCERTAIN, Certainty.NEGATIVE}
    assert found == {(label, certainty) for label in LABELS.ids for certainty in mentioned}


def test_what_is_written_to_learn_from_has_no_long_sentence_of_the_probes() -> None:
    probes = long_sentences(PROBES)

    assert len(probes) > 700
    assert not probes & long_sentences(WRITTEN)


def test_few_mentions_of_the_written_reports_are_lost_on_the_way_to_the_labeler() -> None:
    reader, mentions, lost = ReportReader.load(), 0, 0
    for path in sorted(WRITTEN.glob("*.txt"))[:2]:
        for report in read_written(path, LABELS):
            read = [(s.start, s.end) for s in reader.sentences(report.text) if s.labelled]
            for part in report.sentences:
                mentions += bool(part.labels)
                middle = (part.start + part.end) // 2
                lost += bool(part.labels) and not any(start <= middle < end for start, end in read)

    assert lost / mentions < 0.01
