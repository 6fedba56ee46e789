"""What a comparison found, as data: every run with its figures and where they come from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, Literal

from pydantic import Field

from labelers.comparison.papers import Measure, Spread
from schemas.conf import Frozen, parse_conf
from schemas.errors import InputError, OutputError

ALL, LABELS = "all", "labels"


class F1(Frozen):
    """F1 and what it is made of; `macro_f1` is the mean over labels, where it is of a class."""

    f1: float
    precision: float
    recall: float
    support: int
    macro_f1: float | None = None


class Figures(Frozen):
    """What one labeler got on a set of texts; by label only on the whole set."""

    texts: int
    micro: F1
    macro: float
    macro_labels: float
    by_class: dict[str, F1]
    by_label: dict[str, F1] = Field(default_factory=dict)

    def value(self, measure: Measure, column: str) -> float:
        """A cell of a table: `all`, a class, or (macro) `labels`."""
        if column == LABELS:
            return self.macro_labels
        if measure is Measure.MICRO:
            return self.micro.f1 if column == ALL else self.by_class[column].f1
        return self.macro if column == ALL else self.by_class[column].macro_f1 or 0.0


class DataFile(Frozen):
    """A file by name and content."""

    file: str
    hash: str


class Trained(Frozen):
    """How a labeler came to be; what its bundle does not tell is None."""

    labelled: tuple[DataFile, ...] = ()
    texts: tuple[DataFile, ...] = ()
    sentences: int | None = None
    parameters: int | None = None
    epochs: int | None = None
    best_epoch: int | None = None
    seconds: float | None = None
    finished: str | None = None
    hardware: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)


class Run(Frozen):
    """One labeler of one seed, measured; `labeler` is RECIPE/VARIANT in an ablation."""

    labeler: str
    seed: int
    fingerprint: str
    recipe_hash: str
    trained: Trained
    figures: dict[str, Figures]


class PairedTest(Frozen):
    """How much better the best labeler is in a measure, and the p of no difference."""

    labeler: str
    best: str
    measure: Measure
    difference: float
    p: float


class Comparison(Frozen):
    """Several labelers and seeds, measured on the same texts by one command."""

    kind: Literal["comparison"] = "comparison"
    command: str
    measured: str
    hardware: str
    data: DataFile
    documents: int
    draws: int
    versions: dict[str, str]
    note: str
    runs: tuple[Run, ...] = Field(min_length=1)
    tests: tuple[PairedTest, ...] = ()

    @cached_property
    def labelers(self) -> tuple[str, ...]:
        """Their names, in the order in which they were asked for."""
        return tuple(dict.fromkeys(run.labeler for run in self.runs))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes measured, weakest first."""
        return tuple(self.runs[0].figures[ALL].by_class)

    def runs_of(self, labeler: str) -> tuple[Run, ...]:
        """All seeds of a labeler."""
        return tuple(run for run in self.runs if run.labeler == labeler)

    def figure(self, labeler: str, measure: Measure, column: str, *, subset: str = ALL) -> Spread:
        """Mean and standard deviation over the labeler's seeds."""
        return spread([run.figures[subset].value(measure, column) for run in self.runs_of(labeler)])

    def test_of(self, labeler: str, measure: Measure) -> PairedTest | None:
        """How the labeler compares with the best; None of the best itself."""
        found = (test for test in self.tests if (test.labeler, test.measure) == (labeler, measure))
        return next(found, None)

    def to_text(self) -> str:
        """JSON, a line for each run and test, so that a change of one is a change of one line."""
        plain = self.model_dump(mode="json", exclude_none=True)
        head = {key: value for key, value in plain.items() if key not in {"runs", "tests"}}
        lines = [json.dumps({key: value}, ensure_ascii=False)[1:-1] for key, value in head.items()]
        lines += [f'"{key}": [\n{_lines(plain[key])}\n]' for key in ("runs", "tests")]
        return "{\n" + ",\n".join(lines) + "\n}\n"


def spread(values: Sequence[float]) -> Spread:
    """Mean and sample standard deviation, to four decimals like the values themselves."""
    return Spread(mean=round(fmean(values), 4), sd=round(stdev(values), 4) if len(values) > 1 else None)


def read_comparison(path: Path) -> Comparison:
    """The comparison in a file.

    Raises:
        InputError: there is no such file, or it is no JSON.
        UsageError: it is of another make.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as JSON: {type(error).__name__}") from error
    return parse_conf(raw, Comparison, where=str(path))


def write_comparison(comparison: Comparison, path: Path) -> None:
    """Writes the file in one step.

    Raises:
        OutputError: it cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(comparison.to_text(), encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _lines(rows: Sequence[dict[str, Any]]) -> str:
    return ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
