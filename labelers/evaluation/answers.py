"""A labeler's answers to annotated texts, beside what is true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from labelers.base import Labeler, Probabilities, predicted_classes
from labelers.data import Targets, column_names, read_columns, read_labelled
from labelers.given import given_texts
from schemas.label_set import LabelSet

SUBSET_COLUMN = "sampled"
DOCUMENT_COLUMN = "doc_id"
ID_COLUMN = "id"
ALL = "all"
ANNOTATION_NOTE = (
    "Annotations: made by language-model annotators under a written protocol, not reviewed by a radiologist."
)


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """Annotated texts: `truth` (n, n_L); of each text its id, its document, and how it was sampled."""

    label_set: LabelSet
    ids: tuple[str, ...]
    documents: tuple[str, ...]
    sampled: tuple[str | None, ...]
    texts: tuple[str, ...]
    truth: Targets

    def subsets(self) -> dict[str, list[int]]:
        """The rows of all texts, and of each way of sampling."""
        ways = sorted({way for way in self.sampled if way is not None})
        rows = {way: [row for row, found in enumerate(self.sampled) if found == way] for way in ways}
        return {ALL: list(range(len(self.texts))), **rows}


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What was asked, and the probabilities (n, n_L, n_C) that a labeler gave."""

    asked: Questions
    probabilities: Probabilities

    @property
    def truth(self) -> Targets:
        """(n, n_L)."""
        return self.asked.truth

    @property
    def predicted(self) -> Targets:
        """The most probable classes, (n, n_L)."""
        return predicted_classes(self.probabilities)

    def select(self, rows: list[int]) -> Answers:
        """Those of these rows."""
        asked = self.asked
        chosen = replace(
            asked,
            ids=tuple(asked.ids[row] for row in rows),
            documents=tuple(asked.documents[row] for row in rows),
            sampled=tuple(asked.sampled[row] for row in rows),
            texts=tuple(asked.texts[row] for row in rows),
            truth=asked.truth[rows],
        )
        return Answers(chosen, self.probabilities[rows])


def read_questions(data: Path, label_set: LabelSet) -> Questions:
    """Annotated texts with what the file tells of each; a text without an id is named by its row.

    Raises:
        InputError: the file does not fit the label set.
    """
    labelled = read_labelled(data, label_set, group_column=SUBSET_COLUMN)
    return Questions(
        label_set=label_set,
        ids=_read_names(data, ID_COLUMN),
        documents=read_documents(data),
        sampled=labelled.groups,
        texts=labelled.texts,
        truth=labelled.targets,
    )


def answer(labeler: Labeler, asked: Questions) -> Answers:
    """The labeler's answers to all of it."""
    given = given_texts(asked.texts, unit=labeler.unit, sections=labeler.sections)
    return Answers(asked, np.asarray(labeler.probabilities(given)))


def read_documents(data: Path) -> tuple[str, ...]:
    """The document that each text is from; each text is its own where the file does not say."""
    return _read_names(data, DOCUMENT_COLUMN)


def _read_names(data: Path, column: str) -> tuple[str, ...]:
    """A column as text; the row's number where it is null, or there is none."""
    if column not in column_names(data):
        return tuple(str(row) for row in range(read_columns(data, []).num_rows))
    names = read_columns(data, [column])[column].to_pylist()
    return tuple(f"row {row}" if name is None else str(name) for row, name in enumerate(names))
