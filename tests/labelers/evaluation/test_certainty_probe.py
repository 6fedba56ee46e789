from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelers.evaluation.certainty_probe import Statement, main, probe, read_statements
from labelers.rules.labeler import RuleLabeler
from schemas.certainty import Certainty
from schemas.conf import CONF_DIR
from schemas.errors import InputError, UsageError

RULES = RuleLabeler.load(CONF_DIR / "labelers" / "rules.yaml")
NEGEX = {
    "sentence": ["There is no cough.", "He has a fever.", "No place is marked here."],
    "start": [12, 9, None],
    "end": [17, 14, None],
    "negation": ["Negated", "Affirmed", "Negated"],
}


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    pq.write_table(pa.table(NEGEX), tmp_path / "kit.parquet")
    return tmp_path / "kit.parquet"


def test_a_labels_name_takes_the_place_of_the_concept() -> None:
    statement = Statement("There is no cough.", 12, 17, Certainty.NEGATIVE)

    assert statement.about("infarct") == "There is no infarct."


def test_of_a_long_text_only_whole_words_near_the_concept_are_read() -> None:
    text = "abcdefg " * 50 + "no cough today" + " hijklmn" * 50
    start = text.index("cough")

    found = Statement(text, start, start + 5, Certainty.NEGATIVE).about("infarct")

    assert "no infarct today" in found
    assert len(found) < 450
    assert set(found.split()) == {"abcdefg", "no", "infarct", "today", "hijklmn"}


def test_statements_without_a_place_are_left_out(kit: Path) -> None:
    assert [statement.truth for statement in read_statements(kit)] == [Certainty.NEGATIVE, Certainty.POSITIVE]


def test_assertions_of_the_past_or_the_family_are_left_out(tmp_path: Path) -> None:
    columns = {
        "text": ["a", "b", "c", "d"],
        "start": [0, 0, 0, 0],
        "end": [1, 1, 1, 1],
        "polarity": ["negated", None, "affirmed", "affirmed"],
        "uncertain": [None, True, None, None],
        "historical": [None, None, True, None],
        "family": [None, None, None, True],
    }
    pq.write_table(pa.table(columns), tmp_path / "cases.parquet")

    found = read_statements(tmp_path / "cases.parquet")

    assert [(one.text, one.truth) for one in found] == [("a", Certainty.NEGATIVE), ("b", Certainty.UNCERTAIN)]


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "other.parquet")

    with pytest.raises(InputError, match="needs the columns sentence, start, end, negation, or text"):
        read_statements(tmp_path / "other.parquet")


def test_answers_are_counted_over_statements_and_labels(kit: Path) -> None:
    found = probe(RULES, read_statements(kit), ["infarct", "fracture"])

    assert found["answers"]["negative"] == {
        "not_mentioned": 0,
        "negative": 2,
        "uncertain": 0,
        "positive": 0,
    }
    assert found["f1"] == {"negative": 1.0, "positive": 1.0}


def test_a_label_that_there_is_not_is_refused(kit: Path) -> None:
    with pytest.raises(UsageError, match="cough"):
        probe(RULES, read_statements(kit), ["cough"])


def test_the_command_writes_what_was_measured_with_what(kit: Path, tmp_path: Path) -> None:
    main([str(kit), "--labeler", "rules", "--label", "infarct", "--out", str(tmp_path / "out.json")])

    record = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert record["labeler"] == {"name": "rules", "fingerprint": RULES.fingerprint}
    assert (record["statements"], record["labels"]) == (2, ["infarct"])
