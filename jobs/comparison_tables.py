"""A comparison as tables like the paper's, with the paper's own figures under ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labelers.comparison.papers import Measure, PaperFigures, Spread
    from labelers.comparison.records import Comparison

NOTHING = "-"
PAPER_ROW = "  in the paper"
BEST = "best"


@dataclass(frozen=True, slots=True)
class Table:
    """A table before it is set as text or Markdown; `numeric` columns are flush right."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: range = range(0)

    def lines(self) -> list[str]:
        """As plain text."""
        from jobs.layout import table

        return [
            self.title,
            *table([self.header, *self.rows], numeric=self.numeric),
        ]

    def markdown(self) -> list[str]:
        """As Markdown, the title in bold above it."""
        rules = ["---:" if at in self.numeric else "---" for at in range(len(self.header))]
        rows = [self.header, rules, *([cell.strip() for cell in row] for row in self.rows)]
        return [f"**{self.title}**", "", *(f"| {' | '.join(row)} |" for row in rows)]


def comparison_tables(comparison: Comparison, paper: PaperFigures | None) -> list[Table]:
    """Micro F1, macro F1, and what it took to train."""
    from labelers.comparison.papers import Measure

    return [
        _f1_table(comparison, paper, Measure.MICRO),
        _f1_table(comparison, paper, Measure.MACRO),
        _training_table(comparison, paper),
    ]


def shown(spread: Spread | None) -> str:
    """`0.871 ±0.003`; without a deviation, of one seed, the mean alone."""
    if spread is None:
        return NOTHING
    return f"{spread.mean:.3f}" if spread.sd is None else f"{spread.mean:.3f} ±{spread.sd:.3f}"


def _f1_table(comparison: Comparison, paper: PaperFigures | None, measure: Measure) -> Table:
    columns = _columns(comparison, measure)
    rows: list[tuple[str, ...]] = []
    for name in comparison.labelers:
        cells = [shown(comparison.figure(name, measure, column)) for column in columns]
        seeds = str(len(comparison.runs_of(name)))
        rows.append((name, seeds, *cells, _p(comparison, name, measure)))
        found = paper.find(measure, name) if paper else None
        if paper and found:
            theirs = [shown(found[1].get(column)) for column in columns]
            rows.append((PAPER_ROW, str(paper.seeds), *theirs, ""))
    title = f"{measure.capitalize()} F1{_table_numbers(comparison, paper, measure)}"
    header = ("labeler", "seeds", *columns, "p")
    return Table(title=title, header=header, rows=tuple(rows), numeric=range(1, len(header)))


def _columns(comparison: Comparison, measure: Measure) -> tuple[str, ...]:
    from labelers.comparison.papers import Measure
    from labelers.comparison.records import ALL, LABELS

    return (ALL, *comparison.classes, *((LABELS,) if measure is Measure.MACRO else ()))


def _p(comparison: Comparison, name: str, measure: Measure) -> str:
    if len(comparison.labelers) == 1:
        return NOTHING
    test = comparison.test_of(name, measure)
    if test is None:
        return BEST
    return "<0.001" if test.p < 0.001 else f"{test.p:.3f}"


def _table_numbers(comparison: Comparison, paper: PaperFigures | None, measure: Measure) -> str:
    """Which of the paper's tables the rows are from."""
    found = [paper.find(measure, name) for name in comparison.labelers] if paper else []
    numbers = sorted({table.number for table, _ in filter(None, found)})
    return f" (in the paper: Table {', '.join(map(str, numbers))})" if numbers else ""


def _training_table(comparison: Comparison, paper: PaperFigures | None) -> Table:
    from labelers.comparison.papers import Measure

    rows = list(_training_rows(comparison, paper))
    return Table(
        title=f"Training{_table_numbers(comparison, paper, Measure.TRAINING)}",
        header=("labeler", "sentences", "parameters", "seconds", "epochs", "on", "finished"),
        rows=tuple(rows),
        numeric=range(1, 5),
    )


def _training_rows(comparison: Comparison, paper: PaperFigures | None) -> Iterator[tuple[str, ...]]:
    from labelers.comparison.papers import Measure

    for name in comparison.labelers:
        trained = [run.trained for run in comparison.runs_of(name)]
        yield (
            name,
            _counts([one.sentences for one in trained]),
            _counts([one.parameters for one in trained]),
            _seconds([one.seconds for one in trained]),
            _counts([one.epochs for one in trained]),
            _joined([one.hardware for one in trained]),
            _joined([one.finished[:10] if one.finished else None for one in trained]),
        )
        found = paper.find(Measure.TRAINING, name) if paper else None
        if found:
            parameters, seconds = found[1]["parameters"], found[1]["training_seconds"]
            size = f"{parameters.mean:,.0f}" if parameters else NOTHING
            time = f"{seconds.mean:.0f} ±{seconds.sd:.0f}" if seconds and seconds.sd else NOTHING
            yield (PAPER_ROW, "838", size, time, NOTHING, "GeForce GTX 1080 Ti", NOTHING)


def _counts(values: Sequence[int | None]) -> str:
    """One number, or the lowest and the highest."""
    known = sorted({value for value in values if value is not None})
    return " to ".join(f"{value:,}" for value in (known[:1] + known[1:][-1:])) or NOTHING


def _seconds(values: Sequence[float | None]) -> str:
    from labelers.comparison.records import spread

    known = [value for value in values if value is not None]
    if not known:
        return NOTHING
    found = spread(known)
    return f"{found.mean:.0f}" if found.sd is None else f"{found.mean:.0f} ±{found.sd:.0f}"


def _joined(values: Sequence[str | None]) -> str:
    return "; ".join(sorted({value for value in values if value})) or NOTHING
