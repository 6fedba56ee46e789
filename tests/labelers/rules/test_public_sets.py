"""Figures on text that nobody here wrote: floors, so that a change of rules that spoils them is seen."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from labelers.evaluation.answers import answer, read_questions
from labelers.evaluation.figures import figures
from labelers.rules.labeler import RuleLabeler
from schemas.certainty import Certainty
from schemas.conf import CONF_DIR

DATA = Path(__file__).parents[4] / "shared" / "data"
LABELER = RuleLabeler.load(CONF_DIR / "labelers" / "rules.yaml")


def test_negation_on_the_negex_kit() -> None:
    path = DATA / "certainty" / "negex.parquet"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    rows = [row for row in pq.read_table(path).to_pylist() if row["start"] is not None]
    said = [LABELER.certainty(row["sentence"], (row["start"], row["end"])) for row in rows]
    truth = [row["negation"] == "Negated" for row in rows]
    found = [certainty is Certainty.NEGATIVE for certainty in said]
    hits = sum(a and b for a, b in zip(truth, found, strict=True))
    assert 2 * hits / (sum(truth) + sum(found)) > 0.95


def test_labels_on_the_annotated_training_sentences() -> None:
    path = DATA / "annotated" / "train.parquet"
    if not path.is_file():
        pytest.skip(f"{path} is not here")
    answers = answer(LABELER, read_questions(path, LABELER.label_set))
    assert figures(answers)["all"].micro.f1 > 0.85
