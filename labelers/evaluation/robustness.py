"""What changes of the text that leave its meaning do to a labeler's F1."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from labelers.base import Labeler
from labelers.comparison.significance import document_counts
from labelers.data import Targets
from labelers.evaluation.answers import Answers, Questions, answer
from labelers.evaluation.figures import over_totals
from labelers.evaluation.reports import Reading, answer_reports
from labelers.metrics import macro_f1, pooled_f1
from labelers.perturbation import Perturbation
from labelers.statistics.intervals import RESAMPLES
from labelers.statistics.paired import PairedTest, paired_bootstrap
from schemas.label_set import LabelSet


@dataclass(frozen=True, slots=True)
class Drop:
    """What one change did: `changed` of the `texts` became others; `drop` is of micro F1, over documents."""

    perturbation: str
    texts: int
    changed: int
    micro: float
    macro: float
    drop: PairedTest

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "perturbation": self.perturbation,
            "texts": self.texts,
            "changed": self.changed,
            "micro": round(self.micro, 4),
            "macro": round(self.macro, 4),
            "drop": self.drop.to_json(),
        }


def sentence_drops(
    labeler: Labeler, answers: Answers, changes: Sequence[Perturbation], *, resamples: int = RESAMPLES
) -> Iterator[Drop]:
    """Each change on the annotated texts; `answers` are those to the texts as they are."""
    asked = answers.asked
    mentioned = [_mentioned(row, asked.label_set) for row in asked.truth]
    for change in changes:
        texts = tuple(change.change(*pair) for pair in zip(asked.texts, mentioned, strict=True))
        after = answer(labeler, replace(asked, texts=texts))
        yield _drop(
            change.name,
            (asked.texts, texts),
            (answers.truth, answers.predicted, after.predicted),
            documents=asked.documents,
            label_set=asked.label_set,
            resamples=resamples,
        )


def report_drops(  # noqa: PLR0913
    labeler: Labeler,
    raw: Mapping[str, str],
    asked: Questions,
    changes: Sequence[Perturbation],
    *,
    reading: Reading,
    resamples: int = RESAMPLES,
) -> Iterator[Drop]:
    """Each change on the raw texts of whole reports."""
    before = answer_reports(labeler, raw, asked, reading=reading)
    names = before.documents
    mentioned = {
        name: _mentioned(row, asked.label_set) for name, row in zip(names, before.truth, strict=True)
    }
    for change in changes:
        changed = {name: change.change(raw[name], mentioned[name]) for name in names}
        after = answer_reports(labeler, changed, asked, reading=reading)
        yield _drop(
            change.name,
            ([raw[name] for name in names], [changed[name] for name in names]),
            (before.truth, before.predicted, after.predicted),
            documents=names,
            label_set=asked.label_set,
            resamples=resamples,
        )


def _drop(  # noqa: PLR0913
    name: str,
    texts: tuple[Sequence[str], Sequence[str]],
    classes: tuple[Targets, Targets, Targets],
    *,
    documents: tuple[str, ...],
    label_set: LabelSet,
    resamples: int,
) -> Drop:
    """Of texts before and after; of the truth and the answers before and after, (n, n_L) each."""
    truth, *predicted = classes
    before, after = (
        document_counts(truth, found, documents, n_classes=len(label_set.classes)) for found in predicted
    )
    flat_before, flat_after = (found.reshape(len(found), -1).astype(np.float64) for found in (before, after))
    total = after.sum(axis=0)
    return Drop(
        perturbation=name,
        texts=len(texts[0]),
        changed=sum(one != other for one, other in zip(*texts, strict=True)),
        micro=float(pooled_f1(total)),
        macro=float(macro_f1(total)),
        drop=paired_bootstrap(
            flat_before, flat_after, over_totals(pooled_f1, before.shape[1:]), resamples=resamples
        ),
    )


def _mentioned(classes: Targets, label_set: LabelSet) -> Collection[str]:
    """The labels of a row of class indices that are mentioned."""
    return frozenset(label for label, found in zip(label_set.ids, classes, strict=True) if found > 0)
