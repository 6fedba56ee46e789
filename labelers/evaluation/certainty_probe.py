"""Certainty on text that speaks of anything at all: its concept is replaced by a label's name.

`python -m labelers.evaluation.certainty_probe KIT.parquet --labeler default` reads sentences with a marked concept
(`sentence` or `text`, `start`, `end`) that is negated, uncertain or affirmed, puts a label's name in its place, and
counts which class the labeler gives that label. So text without any finding of the head, such as the NegEx kit,
tells whether negation and doubt are read. The sentence round the concept stays strange to a labeler of radiology
reports: the figures are a floor.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelers.base import Labeler, predicted_classes
from labelers.data import column_names, hash_file, read_columns
from labelers.loading import load_labeler
from labelers.registry import locate_labeler
from labelers.writing import to_json_text, write_json
from schemas.certainty import Certainty
from schemas.errors import CtlabelError, InputError, UsageError, unknown_name

LABELS = ("haemorrhage", "infarct", "fracture", "hydrocephalus", "tumour")
_NEGEX = ("sentence", "start", "end", "negation")
_ASSERTIONS = ("text", "start", "end", "polarity", "uncertain", "historical", "family")
NEIGHBOURHOOD = 200
"""How many characters on either side of the concept are read: some sentences of the kits are whole documents."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A text with a concept at [start, end), and the class that it has there."""

    text: str
    start: int
    end: int
    truth: Certainty

    def about(self, name: str) -> str:
        """The text round the concept with another one in its place, from word to word."""
        low, high = max(0, self.start - NEIGHBOURHOOD), self.end + NEIGHBOURHOOD
        before, after = self.text[low : self.start], self.text[self.end : high]
        if low:
            before = before.partition(" ")[2]
        if high < len(self.text):
            after = after.rpartition(" ")[0]
        return f"{before}{name}{after}"


def read_statements(path: Path) -> list[Statement]:
    """Of the NegEx kit (`negation`) or of assertion cases (`polarity`, `uncertain`); what has no place is left out.

    Raises:
        InputError: the file has the columns of neither.
    """
    names = set(column_names(path))
    if names >= {*_NEGEX}:
        rows = read_columns(path, _NEGEX).to_pylist()
        marked = [(row["sentence"], row, _negation(row)) for row in rows]
    elif names >= {*_ASSERTIONS}:
        rows = read_columns(path, _ASSERTIONS).to_pylist()
        marked = [(row["text"], row, _assertion(row)) for row in rows]
    else:
        raise InputError(f"{path}: needs the columns {', '.join(_NEGEX)}, or {', '.join(_ASSERTIONS)}")
    return [
        Statement(text, row["start"], row["end"], truth)
        for text, row, truth in marked
        if row["start"] is not None and truth is not None
    ]


def probe(
    labeler: Labeler, statements: Sequence[Statement], labels: Sequence[str] = LABELS
) -> dict[str, Any]:
    """How often the labeler gives the right class, by true class, over all statements and labels.

    Raises:
        UsageError: the labeler has not one of the labels, or other classes than the four of certainty.
    """
    label_set = labeler.label_set
    if tuple(label_set.classes) != tuple(certainty.label for certainty in Certainty):
        raise UsageError(f"labeler '{labeler.name}' gives no certainty")
    said: Counter[tuple[Certainty, Certainty]] = Counter()
    for label in labels:
        if label not in label_set.ids:
            raise unknown_name(kind="label", name=label, known=label_set.ids)
        row = label_set.ids.index(label)
        texts = [statement.about(label_set.labels[row].name) for statement in statements]
        answers = predicted_classes(labeler.probabilities(texts))[:, row]
        said.update((s.truth, Certainty(int(a))) for s, a in zip(statements, answers, strict=True))
    return _figures(said)


def _figures(said: Mapping[tuple[Certainty, Certainty], int]) -> dict[str, Any]:
    table = {
        truth.label: {answer.label: said.get((truth, answer), 0) for answer in Certainty}
        for truth in Certainty
        if any(key[0] is truth for key in said)
    }
    return {"answers": table, "f1": {truth: round(_f1(table, truth), 4) for truth in table}}


def _f1(table: Mapping[str, Mapping[str, int]], truth: str) -> float:
    given = sum(row[truth] for row in table.values())
    return 2 * table[truth][truth] / max(1, given + sum(table[truth].values()))


def _negation(row: Mapping[str, Any]) -> Certainty | None:
    return Certainty.NEGATIVE if row["negation"] == "Negated" else Certainty.POSITIVE


def _assertion(row: Mapping[str, Any]) -> Certainty | None:
    """None of a case that is about the past or the family, or tells neither."""
    if row["historical"] or row["family"]:
        return None
    if row["uncertain"]:
        return Certainty.UNCERTAIN
    if row["polarity"] is None and row["uncertain"] is None:
        return None
    return Certainty.NEGATIVE if row["polarity"] == "negated" else Certainty.POSITIVE


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, probes, prints or writes the figures."""
    parser = argparse.ArgumentParser(
        prog="python -m labelers.evaluation.certainty_probe", description=__doc__
    )
    parser.add_argument("data", type=Path, help="Parquet file of sentences with a marked concept.")
    parser.add_argument("--labeler", default="default", help="A bundle's name or folder, or rules.")
    parser.add_argument(
        "--label", action="append", help="Name to put in; repeat. Five common ones unless given."
    )
    parser.add_argument("--out", type=Path, help="JSON file to write instead of printing.")
    given = parser.parse_args(arguments)
    try:
        statements = read_statements(given.data)
        labeler = load_labeler(locate_labeler(given.labeler))
        figures = probe(labeler, statements, given.label or LABELS)
    except CtlabelError as error:
        parser.exit(error.exit_code, f"error: {error}\n")
    record = {
        "labeler": {"name": labeler.name, "fingerprint": labeler.fingerprint},
        "data": {"file": given.data.name, "hash": hash_file(given.data)},
        "statements": len(statements),
        "labels": list(given.label or LABELS),
        **figures,
    }
    if given.out is None:
        sys.stdout.write(to_json_text(record))
    else:
        write_json(record, given.out)


if __name__ == "__main__":
    main()
