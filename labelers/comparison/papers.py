"""Figures of a paper's tables, from `conf/papers/`, to stand beside ours."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from schemas.conf import Frozen, conf_path, load_conf
from schemas.label_set import Identifier


class Measure(StrEnum):
    """What a table shows."""

    MICRO = "micro"
    MACRO = "macro"
    TRAINING = "training"


class Spread(Frozen):
    """Mean and standard deviation over seeds; `sd` is None of one seed."""

    mean: float
    sd: float | None = None


class PaperRow(Frozen):
    """A row, by the name that the paper gives it; None is a figure that the paper does not have."""

    name: str
    values: tuple[Spread | None, ...]


class PaperTable(Frozen):
    """One table; rows are keyed by our names of its labelers, or RECIPE/VARIANT for an ablation."""

    number: int = Field(ge=1)
    title: str
    measure: Measure
    columns: tuple[Identifier, ...]
    rows: dict[str, PaperRow]

    @model_validator(mode="after")
    def _rows_are_whole(self) -> Self:
        short = [name for name, row in self.rows.items() if len(row.values) != len(self.columns)]
        if short:
            raise ValueError(f"rows without a value for each column: {', '.join(short)}")
        return self


class PaperFigures(Frozen):
    """All tables of a paper that we compare with."""

    id: Identifier
    cite: str
    seeds: int = Field(ge=1)
    tables: tuple[PaperTable, ...]

    def find(self, measure: Measure, name: str) -> tuple[PaperTable, dict[str, Spread | None]] | None:
        """The table that has `name` for this measure, and its figures by column."""
        for table in self.tables:
            if table.measure is measure and name in table.rows:
                return table, dict(zip(table.columns, table.rows[name].values, strict=True))
        return None


def load_paper(name_or_path: str | Path) -> PaperFigures:
    """The figures of a shipped name or of a YAML file.

    Raises:
        UsageError: there is no such paper, or the file does not fit.
    """
    return load_conf(conf_path("papers", name_or_path, kind="paper"), PaperFigures)
