"""Whole reports: raw text to sentences, sentences to classes, the strongest class of each label against the truth.

What the pipeline does with an archive's reports, so that an error of sections or sentences counts like one of the
labeler. The truth of a report is the strongest class over its annotated sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from labelers.base import Labeler, predicted_classes
from labelers.data import TEXT_COLUMN, Targets, read_columns
from labelers.evaluation.answers import DOCUMENT_COLUMN, Answers, Questions
from labelers.evaluation.figures import document_intervals
from labelers.metrics import score_predictions
from labelers.recipe import Unit
from labelers.statistics.intervals import RESAMPLES
from labelers.text.report import ReportReader, sentence_text
from schemas.aggregation import load_aggregation
from schemas.errors import InputError, UsageError
from schemas.label_set import LabelSet

Reading = Callable[[str], Sequence[str]]
"""From a raw text to the sentences that a labeler is given."""


@dataclass(frozen=True, slots=True, eq=False)
class ReportAnswers:
    """One row for each report: what is true, what was answered from the raw text, (reports, n_L) each."""

    label_set: LabelSet
    documents: tuple[str, ...]
    truth: Targets
    predicted: Targets

    def to_json(self, *, resamples: int = RESAMPLES) -> dict[str, Any]:
        """F1 over reports and labels, not_mentioned left out, and its intervals over reports."""
        label_set = self.label_set
        report = score_predictions(
            self.truth, self.predicted, labels=label_set.ids, classes=label_set.classes
        )
        intervals = document_intervals(
            self.truth, self.predicted, self.documents, label_set, resamples=resamples
        )
        return {"figures": report.to_json(), "intervals": intervals.to_json()}


def read_raw_texts(path: Path) -> dict[str, str]:
    """Each document's raw text, by the columns `doc_id` and `text`.

    Raises:
        InputError: the file does not fit, or names a document twice.
    """
    table = read_columns(path, [DOCUMENT_COLUMN, TEXT_COLUMN])
    names, texts = (table[column].to_pylist() for column in (DOCUMENT_COLUMN, TEXT_COLUMN))
    found = {str(name): str(text) for name, text in zip(names, texts, strict=True) if text is not None}
    if len(found) < len(names):
        raise InputError(f"{path}: a document is there twice, or has no text")
    return found


def read_sentences(text: str) -> list[str]:
    """The sentences of a text that are labelled."""
    found = _reader().sentences(text)
    return [sentence_text(text[sentence.start : sentence.end]) for sentence in found if sentence.labelled]


@cache
def _reader() -> ReportReader:
    return ReportReader.load()


def answer_reports(
    labeler: Labeler, raw: Mapping[str, str], asked: Questions, *, reading: Reading = read_sentences
) -> ReportAnswers:
    """What the labeler finds in raw texts, of which `asked` has the annotated sentences; `reading` gives it these.

    Raises:
        UsageError: the labeler reads whole reports.
        InputError: a document has no annotated sentence.
    """
    if labeler.unit is not Unit.SENTENCE:
        raise UsageError(f"labeler '{labeler.name}' reads whole reports: measure it with --data alone")
    documents = tuple(sorted(raw))
    given = [(sentence, name) for name in documents for sentence in reading(raw[name])]
    texts, sources = [sentence for sentence, _ in given], [name for _, name in given]
    predicted = predicted_classes(np.asarray(labeler.probabilities(texts)))
    return ReportAnswers(
        label_set=asked.label_set,
        documents=documents,
        truth=_truth(asked, documents),
        predicted=strongest_classes(predicted, sources, documents, asked.label_set),
    )


def from_annotated_sentences(answers: Answers, documents: Sequence[str]) -> ReportAnswers:
    """The same reports by the answers to their annotated sentences: what the labeler alone can be blamed for."""
    asked = answers.asked
    return ReportAnswers(
        label_set=asked.label_set,
        documents=tuple(documents),
        truth=_truth(asked, documents),
        predicted=strongest_classes(answers.predicted, asked.documents, documents, asked.label_set),
    )


def strongest_classes(
    classes: Targets, sources: Sequence[str], documents: Sequence[str], label_set: LabelSet
) -> Targets:
    """Class indices (n, n_L) of sentences, by document: (documents, n_L); one without sentences mentions nothing.

    Sentences of other documents are passed over.
    """
    ranks = np.array(load_aggregation().ranks(label_set))
    strength = np.zeros((len(documents), len(label_set.ids)), dtype=np.int64)
    place = {name: row for row, name in enumerate(documents)}
    kept = np.array([source in place for source in sources], dtype=np.bool_)
    rows = np.array([place[source] for source in sources if source in place], dtype=np.int64)
    np.maximum.at(strength, rows, ranks[classes[kept]])
    by_rank: Targets = np.argsort(ranks)
    return by_rank[strength]


def _truth(asked: Questions, documents: Sequence[str]) -> Targets:
    bare = set(documents) - set(asked.documents)
    if bare:
        raise InputError(f"{len(bare)} of {len(documents)} documents have no annotated sentence in --data")
    return strongest_classes(asked.truth, asked.documents, documents, asked.label_set)
