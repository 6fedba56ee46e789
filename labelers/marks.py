"""Labels as people write them down beside a sentence: `+haemorrhage -mass_effect ?infarct`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from schemas.certainty import Certainty
from schemas.errors import InputError, unknown_name
from schemas.label_set import LabelSet

CLASSES = {"+": Certainty.POSITIVE, "?": Certainty.UNCERTAIN, "-": Certainty.NEGATIVE}
Mentions = dict[str, Certainty]


class Line(NamedTuple):
    """Where a line stands, for errors."""

    path: Path
    number: int

    def error(self, what: str) -> InputError:
        """What is wrong with the line."""
        return InputError(f"{self.path}, line {self.number}: {what}")


def read_lines(path: Path) -> list[tuple[Line, str]]:
    """The lines that are not blank, without blanks at their ends.

    Raises:
        InputError: the file cannot be read as UTF-8.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as UTF-8 text: {type(error).__name__}") from error
    numbered = enumerate(lines, start=1)
    return [(Line(path, number), line.rstrip()) for number, line in numbered if line.strip()]


def read_marks(line: Line, marks: Sequence[str], label_set: LabelSet) -> Mentions:
    """The class of each label that is marked.

    Raises:
        InputError: a mark begins with no sign, names no label, or a label twice.
    """
    labels: Mentions = {}
    for mark in marks:
        label = mark[1:]
        if mark[0] not in CLASSES:
            raise line.error(f"label '{mark}' begins with none of + ? -")
        if label not in label_set.ids:
            raise line.error(str(unknown_name(kind="label", name=label, known=label_set.ids)))
        if label in labels:
            raise line.error(f"label {label} is given twice")
        labels[label] = CLASSES[mark[0]]
    return labels


def class_columns(mentions: Sequence[Mentions], label_set: LabelSet) -> dict[str, pa.Array]:
    """A column of class names for each label."""
    return {
        label: pa.array([found.get(label, Certainty.NOT_MENTIONED).label for found in mentions], pa.string())
        for label in label_set.ids
    }


def count_mentions(mentions: Sequence[Mentions], label_set: LabelSet) -> str:
    """How often each label is mentioned in each class, as lines to print."""
    counts = Counter((label, certainty) for found in mentions for label, certainty in found.items())
    lines = [f"{'':36}" + "".join(f"{sign:>4}" for sign in CLASSES)]
    for label in label_set.ids:
        lines.append(
            f"{label:36}" + "".join(f"{counts[label, certainty]:4}" for certainty in CLASSES.values())
        )
    return "\n".join(lines)
