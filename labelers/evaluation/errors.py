"""Where a labeler errs: the paper's split of errors, certainty classes taken for each other, a list to be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from labelers.data import Targets
from labelers.evaluation.answers import Answers
from schemas.errors import OutputError, UsageError

Counts = NDArray[np.int64]
ENDINGS = (".csv", ".parquet")


class ErrorKind(StrEnum):
    """A mention that was not found, one that is none, or one of another certainty (Schrempf 2020, section 4.1)."""

    MISSED = "missed"
    FALSE = "false"
    WRONG_CERTAINTY = "wrong_certainty"


@dataclass(frozen=True, slots=True, eq=False)
class ErrorSplit:
    """How many errors of each kind: `counts` (n_L, 3), in the order of `ErrorKind`."""

    labels: tuple[str, ...]
    counts: Counts

    def to_json(self) -> dict[str, Any]:
        """Counts and shares, of all labels and of each that has errors."""
        found = zip(self.labels, self.counts, strict=True)
        return {**_split(self.counts.sum(axis=0)), "by_label": {n: _split(c) for n, c in found if c.any()}}


def split_errors(answers: Answers) -> ErrorSplit:
    """Every (text, label) whose class is not the true one."""
    masks = error_masks(answers.truth, answers.predicted)
    return ErrorSplit(
        labels=answers.asked.label_set.ids,
        counts=np.stack([masks[kind].sum(axis=0) for kind in ErrorKind], axis=1),
    )


def error_masks(truth: Targets, predicted: Targets) -> dict[ErrorKind, NDArray[np.bool_]]:
    """Which of the class indices (n, n_L) are errors, by kind; a class above 0 is a mention."""
    is_mention, is_found = truth > 0, predicted > 0
    return {
        ErrorKind.MISSED: is_mention & ~is_found,
        ErrorKind.FALSE: is_found & ~is_mention,
        ErrorKind.WRONG_CERTAINTY: is_mention & is_found & (truth != predicted),
    }


def class_confusion(truth: Targets, predicted: Targets, *, n_classes: int) -> Counts:
    """How often a class (row) was answered with a class (column), over all labels: (n_C, n_C)."""
    pairs = np.bincount((truth * n_classes + predicted).ravel(), minlength=n_classes**2)
    return pairs.reshape(n_classes, n_classes).astype(np.int64)


def error_table(answers: Answers, *, with_text: bool) -> pa.Table:
    """A row for each error, in the order of texts and labels; `probability` is that of the predicted class."""
    columns = ["id", "document", "label", "truth", "predicted", "kind", "probability"]
    types = [*([pa.string()] * 6), pa.float32(), *([pa.string()] if with_text else [])]
    schema = pa.schema(list(zip([*columns, *(["text"] if with_text else [])], types, strict=True)))
    return pa.Table.from_pylist(list(_errors(answers, with_text=with_text)), schema=schema)


def write_errors(answers: Answers, path: Path, *, with_text: bool) -> int:
    """Writes the list as CSV or Parquet, by the file's ending; returns how many errors there are.

    Raises:
        UsageError: the file has another ending.
        OutputError: it cannot be written.
    """
    check_ending(path)
    table = error_table(answers, with_text=with_text)
    write = pa.csv.write_csv if path.suffix == ".csv" else pa.parquet.write_table
    try:
        write(table, path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or type(error).__name__}") from error
    return int(table.num_rows)


def check_ending(path: Path) -> None:
    """Refuses what `write_errors` would.

    Raises:
        UsageError: the file's ending says neither CSV nor Parquet.
    """
    if path.suffix not in ENDINGS:
        raise UsageError(f"{path}: errors are written as {' or '.join(ENDINGS)}")


def _errors(answers: Answers, *, with_text: bool) -> Iterator[dict[str, Any]]:
    asked, truth, predicted = answers.asked, answers.truth, answers.predicted
    masks = error_masks(truth, predicted)
    classes = asked.label_set.classes
    for row, column in zip(*np.nonzero(truth != predicted), strict=True):
        yield {
            "id": asked.ids[row],
            "document": asked.documents[row],
            "label": asked.label_set.ids[column],
            "truth": classes[truth[row, column]],
            "predicted": classes[predicted[row, column]],
            "kind": next(kind.value for kind, mask in masks.items() if mask[row, column]),
            "probability": float(answers.probabilities[row, column, predicted[row, column]]),
            **({"text": asked.texts[row]} if with_text else {}),
        }


def _split(counts: Counts) -> dict[str, Any]:
    errors = int(counts.sum())
    found = zip(ErrorKind, counts.tolist(), strict=True)
    return {
        "errors": errors,
        **{kind.value: {"count": n, "share": round(n / max(1, errors), 4)} for kind, n in found},
    }
