from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from labelers.base import Probabilities
from labelers.data import LabelledTexts
from labelers.evaluation.answers import answer, read_questions
from labelers.evaluation.figures import figures
from labelers.given import archive_for, given_texts, given_to
from labelers.recipe import Unit, load_recipe
from labelers.text.sections import SectionKind
from tests.labelers.networks import three_labels

REPORT = "History: Fall.\nFindings: No  fracture.\nImpression: Bleed."


def test_sentences_are_given_as_they_are() -> None:
    assert given_texts([REPORT], unit=Unit.SENTENCE) == (REPORT,)


def test_a_recipe_of_reports_is_given_its_sections_or_all_of_them() -> None:
    texts = LabelledTexts((REPORT,), np.zeros((1, 1), dtype=np.int64), ("r1",))

    assert given_to(load_recipe("cnn_lstm"), texts).texts == ("Bleed.",)
    assert given_to(load_recipe("alarm_binary"), texts).texts == (
        "History: Fall. Findings: No fracture. Impression: Bleed.",
    )
    assert given_to(load_recipe("word2vec"), texts).texts == (REPORT,)


def test_words_are_pretrained_on_the_same_form(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pq.write_table(pa.table({"text": [REPORT]}), tmp_path / f"{name}.parquet")

    found = archive_for(load_recipe("cnn_lstm"), [tmp_path / "a.parquet", tmp_path / "b.parquet"])

    assert list(found) == ["Bleed.", "Bleed."]


def test_what_is_given_once_stays_as_it_is_where_no_sections_are_named() -> None:
    once = given_texts([REPORT, "A re-\nbleed."], unit=Unit.REPORT)

    assert given_texts(once, unit=Unit.REPORT) == once


@pytest.mark.parametrize(("sections", "recall"), [((SectionKind.IMPRESSION,), 1.0), ((), 0.0)])
def test_measuring_gives_reports_in_the_labelers_own_form(
    tmp_path: Path, sections: tuple[SectionKind, ...], recall: float
) -> None:
    labeler = ImpressionLabeler(sections)
    columns = {
        label: ["positive" if label == "bleed" else "not_mentioned"] for label in labeler.label_set.ids
    }
    pq.write_table(pa.table({"text": [REPORT], **columns}), tmp_path / "reports.parquet")

    asked = read_questions(tmp_path / "reports.parquet", labeler.label_set)
    assert figures(answer(labeler, asked))["all"].micro.recall == recall


class ImpressionLabeler:
    """Calls the first label positive where it is given nothing but an impression."""

    name, unit, fingerprint = "impression", Unit.REPORT, "none"

    def __init__(self, sections: tuple[SectionKind, ...]) -> None:
        self.sections = sections
        self.label_set = three_labels()

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        found = np.zeros((len(texts), 3, 4), dtype=np.float32)
        found[:, :, 0] = 0.5
        found[:, 0, 3] = [text == "Bleed." for text in texts]
        return found

    def truncated(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        return np.zeros(len(texts), dtype=np.bool_)
