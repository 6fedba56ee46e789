from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelers.evaluation.answers import Questions
from labelers.evaluation.reports import (
    answer_reports,
    from_annotated_sentences,
    read_raw_texts,
    strongest_classes,
)
from schemas.errors import InputError
from tests.labelers.evaluation.examples import answers_of, two_labels
from tests.labelers.networks import small_labeler, three_labels


def questions(documents: tuple[str, ...]) -> Questions:
    n = len(documents)
    return Questions(
        label_set=three_labels(),
        ids=tuple(map(str, range(n))),
        documents=documents,
        sampled=(None,) * n,
        texts=("There is no bleed.",) * n,
        truth=np.array([[1, 0, 0]] * n),
    )


def test_the_strongest_class_of_a_documents_sentences_holds() -> None:
    classes = np.array([[1, 2], [3, 1], [2, 0], [1, 0]])

    found = strongest_classes(classes, ("x", "x", "y", "elsewhere"), ("y", "x", "bare"), two_labels())

    assert found.tolist() == [[2, 0], [3, 2], [0, 0]]


def test_without_any_sentence_nothing_is_mentioned() -> None:
    nothing = np.zeros((0, 2), dtype=np.int64)

    assert strongest_classes(nothing, (), ("x",), two_labels()).tolist() == [[0, 0]]


def test_answers_to_annotated_sentences_are_joined_by_report() -> None:
    found = from_annotated_sentences(answers_of(), ("d1", "d3"))

    assert found.truth.tolist() == [[3, 1], [0, 2]]
    assert found.predicted.tolist() == [[3, 1], [0, 2]]


def test_raw_texts_are_read_as_an_archives_are() -> None:
    labeler = small_labeler()
    wrapped = (
        "History: bleed.\nFindings:\nThere is no bleed in the brain, and there\nis no fracture. Old infarct."
    )

    found = answer_reports(labeler, {"d": wrapped}, questions(("d", "d")))

    read = ["There is no bleed in the brain, and there is no fracture.", "Old infarct."]
    sentences = labeler.probabilities(read).argmax(axis=-1)
    assert found.predicted.tolist() == [sentences.max(axis=0).tolist()]
    assert found.truth.tolist() == [[1, 0, 0]]


def test_a_report_that_is_history_alone_mentions_nothing() -> None:
    found = answer_reports(small_labeler(), {"d": "History: bleed."}, questions(("d",)))

    assert found.predicted.tolist() == [[0, 0, 0]]


def test_a_document_without_annotated_sentences_is_refused() -> None:
    with pytest.raises(InputError, match="1 of 2 documents have no annotated sentence"):
        answer_reports(small_labeler(), {"d": "No bleed.", "e": "No bleed."}, questions(("d",)))


def test_a_document_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"doc_id": ["a", "a"], "text": ["x", "y"]}), tmp_path / "raw.parquet")

    with pytest.raises(InputError, match="there twice"):
        read_raw_texts(tmp_path / "raw.parquet")
