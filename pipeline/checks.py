"""What must hold in the rows of each output table; a broken rule is one line that never quotes a value of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.split import split_of
from schemas.job import SplitShares
from schemas.label_set import LabelSet
from schemas.status import Reason, ReportStatus
from schemas.tables import Table, probability_column

SUM_TOLERANCE = 1e-3
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


def check_rows(table: pa.Table, kind: Table, *, label_set: LabelSet) -> Iterator[str]:
    """All that can be said of one file's rows without seeing another file."""
    if kind is Table.REPORTS:
        yield from check_reports(table, label_set=label_set)
    elif kind is Table.IMAGES:
        everything = np.ones(len(table), np.bool_)
        yield from check_labels(table, label_set=label_set, labelled=everything)
    elif kind is Table.SENTENCES:
        yield from check_sentences(table, label_set=label_set)
    else:
        yield from check_statuses(table, reason="reason", may_be_labelled=False)


def check_reports(table: pa.Table, *, label_set: LabelSet) -> Iterator[str]:
    """Status, reason and labels of each row fit each other."""
    yield from check_statuses(table, reason="status_reason", may_be_labelled=True)
    labelled = is_labelled(table)
    yield from broken(labelled & ~valid(table["report_id"]), "labelled without a report id")
    yield from check_labels(table, label_set=label_set, labelled=labelled)


def check_statuses(table: pa.Table, *, reason: str, may_be_labelled: bool) -> Iterator[str]:
    """Each status is one of ours, and each reason belongs to its status."""
    known = {status.value for status in ReportStatus}
    if not may_be_labelled:
        known.remove(ReportStatus.LABELLED)
    belongs: dict[Any, str] = {None: ReportStatus.LABELLED.value}
    belongs |= {reason.value: reason.status.value for reason in Reason}
    statuses, reasons = table["status"].to_pylist(), table[reason].to_pylist()
    unknown = np.array([status not in known for status in statuses], np.bool_)
    yield from broken(unknown, "status is not one that a row here can have")
    pairs = zip(statuses, reasons, strict=True)
    misfit = np.array([belongs.get(why) != status for status, why in pairs], np.bool_)
    yield from broken(misfit & ~unknown, f"'{reason}' does not belong to the status")


def check_labels(table: pa.Table, *, label_set: LabelSet, labelled: Mask) -> Iterator[str]:
    """Labels are there for labelled rows alone, and each class is the most probable one."""
    for label_id in label_set.ids:
        for problem in _check_label(table, label_id, classes=label_set.classes, labelled=labelled):
            yield f"label '{label_id}': {problem}"


def _check_label(
    table: pa.Table, label_id: str, *, classes: tuple[str, ...], labelled: Mask
) -> Iterator[str]:
    given = valid(table[label_id])
    yield from broken(given & ~labelled, "class given, but the row is not labelled")
    yield from broken(labelled & ~given, "no class, but the row is labelled")
    codes = codes_of(table[label_id], classes)
    yield from broken(given & (codes < 0), "a class that the label set does not have")
    column = table[probability_column(label_id)]
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
    wrong: Mask = lengths != np.where(labelled, len(classes), 0)
    yield from broken(wrong, "not as many probabilities as classes")
    if wrong.any():
        return
    probabilities = pc.list_flatten(column).to_numpy().reshape(-1, len(classes))
    yield from _check_probabilities(probabilities, codes[labelled], rows=np.flatnonzero(labelled))


def _check_probabilities(
    probabilities: npt.NDArray[np.float32], codes: Codes, *, rows: npt.NDArray[np.intp]
) -> Iterator[str]:
    sound: Mask = np.all(np.isfinite(probabilities) & (probabilities >= 0), axis=1)
    yield from broken(~sound, "a probability is negative or no number", rows=rows)
    total = probabilities.sum(axis=1, where=np.isfinite(probabilities))
    yield from broken(sound & (abs(total - 1) > SUM_TOLERANCE), "probabilities do not add up to 1", rows=rows)
    chosen = np.take_along_axis(probabilities, np.maximum(codes, 0)[:, None], axis=1)[:, 0]
    best = probabilities.max(axis=1, initial=0)
    yield from broken(sound & (codes >= 0) & (chosen < best), "the class is not the most probable", rows=rows)


def check_sentences(table: pa.Table, *, label_set: LabelSet) -> Iterator[str]:
    """Sentences are numbered and in order within each report, do not overlap, and mention known labels."""
    start, end = table["start"].to_numpy(), table["end"].to_numpy()
    first = first_of_each(table["report_id"])
    yield from broken((start < 0) | (end <= start), "a span that is empty or turned round")
    overlap = np.zeros(len(table), np.bool_)
    overlap[1:] = start[1:] < end[:-1]
    yield from broken(overlap & ~first, "a span that begins before the last one's end")
    number = np.arange(len(table)) - np.maximum.accumulate(np.where(first, np.arange(len(table)), 0))
    yield from broken(table["sentence"].to_numpy() != number, "sentences are not numbered 0, 1, 2, ...")
    lengths = pc.list_value_length(table["mentions"]).to_numpy()
    yield from broken((lengths > 0) & ~table["read"].to_numpy(), "mentions, but the labeler did not read it")
    _, labels, classes = mentions(table, label_set=label_set)
    if (labels < 0).any() or (classes < 1).any():
        yield "a mention of a label or class that the label set does not have"


def mentions(table: pa.Table, *, label_set: LabelSet) -> tuple[Codes, Codes, Codes]:
    """Per mention its sentence's row, its label and its class, by index; -1 for what is unknown."""
    column = table["mentions"].combine_chunks()
    rows = pc.list_parent_indices(column).to_numpy()
    values = pc.list_flatten(column)
    label = codes_of(pc.struct_field(values, "label"), label_set.ids)
    return rows, label, codes_of(pc.struct_field(values, "certainty"), label_set.classes)


def check_splits(table: pa.Table, *, shares: SplitShares) -> Iterator[str]:
    """Each row is in the part that its patient (its study where there is none) is dealt to, and in no other."""
    owners = zip(table["patient_id"].to_pylist(), table["study_id"].to_pylist(), strict=True)
    expected = [split_of(patient or study, shares=shares).value for patient, study in owners]
    pairs = zip(table["split"].to_pylist(), expected, strict=True)
    wrong = np.array([found != wanted for found, wanted in pairs], np.bool_)
    yield from broken(wrong, "in another split than its patient")


def codes_of(column: Any, names: tuple[str, ...]) -> Codes:
    """The index of each value in `names`; -1 for null and for what is not there."""
    values = column.cast(pa.string())
    found = pc.fill_null(pc.index_in(values, value_set=pa.array(names, pa.string())), -1)
    codes: Codes = found.to_numpy().astype(np.int64)
    return codes


def is_labelled(table: pa.Table) -> Mask:
    """Which rows have the status `labelled`."""
    equal = pc.equal(table["status"].cast(pa.string()), ReportStatus.LABELLED.value)
    return pc.fill_null(equal, False).to_numpy()  # type: ignore[no-any-return]


def valid(column: Any) -> Mask:
    """Which values are not null."""
    return column.is_valid().to_numpy()  # type: ignore[no-any-return]


def first_of_each(column: Any) -> Mask:
    """Which rows have another value than the row before."""
    first = np.ones(len(column), np.bool_)
    if len(column) > 1:
        first[1:] = pc.not_equal(column.slice(1), column.slice(0, len(column) - 1)).to_numpy()
    return first


def broken(mask: Mask, what: str, *, rows: npt.NDArray[np.intp] | None = None) -> Iterator[str]:
    """One line for all rows of the mask, naming the first; nothing where there is none."""
    count = int(mask.sum())
    if count:
        at = int(mask.argmax())
        first = at if rows is None else int(rows[at])
        yield f"row {first}{f' and {count - 1:,} more' if count > 1 else ''}: {what}"
