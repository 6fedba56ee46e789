"""A labeler's answers to annotated texts, and the figures that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelers.base import Labeler, predicted_classes
from labelers.data import LabelledTexts, Targets, column_names, read_columns, read_labelled
from labelers.given import given_texts
from labelers.metrics import Report, score_predictions

SUBSET_COLUMN = "sampled"
DOCUMENT_COLUMN = "doc_id"
ALL = "all"
ANNOTATION_NOTE = (
    "Annotations: made by language-model annotators under a written protocol, not reviewed by a radiologist."
)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What is true and what was answered, (n, n_L) each, and figures for all texts and each way of sampling."""

    truth: Targets
    predicted: Targets
    figures: dict[str, Report]


def evaluate(labeler: Labeler, data: Path) -> Evaluation:
    """Figures for all texts, and for each value of the column `sampled` where there is one.

    Raises:
        InputError: the file does not fit the labeler's label set.
    """
    texts = read_labelled(data, labeler.label_set, group_column=SUBSET_COLUMN)
    given = given_texts(texts.texts, unit=labeler.unit, sections=labeler.sections)
    predicted = predicted_classes(labeler.probabilities(given))
    return Evaluation(
        truth=texts.targets, predicted=predicted, figures=_figures(labeler, texts, predicted=predicted)
    )


def read_documents(data: Path) -> tuple[str, ...]:
    """The document that each text is from; each text is its own where the file does not say."""
    if DOCUMENT_COLUMN not in column_names(data):
        return tuple(str(row) for row in range(read_columns(data, []).num_rows))
    return tuple(str(found) for found in read_columns(data, [DOCUMENT_COLUMN])[DOCUMENT_COLUMN].to_pylist())


def _figures(labeler: Labeler, texts: LabelledTexts, *, predicted: Targets) -> dict[str, Report]:
    return {
        name: score_predictions(
            texts.targets[rows],
            predicted[rows],
            labels=labeler.label_set.ids,
            classes=labeler.label_set.classes,
        )
        for name, rows in _subsets(texts.groups)
    }


def _subsets(groups: Sequence[str | None]) -> list[tuple[str, list[int]]]:
    found = [(ALL, list(range(len(groups))))]
    for value in sorted({group for group in groups if group is not None}):
        found.append((value, [row for row, group in enumerate(groups) if group == value]))
    return found
