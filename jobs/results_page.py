"""The results page: every figure from the data in `conf/results/`, with where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from jobs.comparison_tables import Table, comparison_tables
from jobs.layout import plural
from schemas.conf import CONF_DIR, Frozen, load_conf
from schemas.errors import InvariantError

if TYPE_CHECKING:
    from labelers.comparison.papers import PaperFigures
    from labelers.comparison.records import Comparison, DataFile

RESULTS_DIR = CONF_DIR / "results"
PAGE_FILE = "page.yaml"
COMPARISON_ENDING = ".json"


class Section(Frozen):
    """A part of the page: one file of results, and what there is to say of it.

    `worse` says why, where figures of ours are below the paper's; such a section cannot do without.
    """

    heading: str
    file: str
    text: str = ""
    paper: str | None = None
    worse: str = ""


class Page(Frozen):
    """The page in order."""

    title: str
    introduction: str
    sections: tuple[Section, ...] = Field(min_length=1)


class FigureTable(Frozen):
    """Figures of something else than labelers side by side: the text layer, speed."""

    kind: Literal["figures"]
    measured: str
    command: str
    hardware: str
    data: str
    note: str = ""
    columns: tuple[str, ...] = Field(min_length=1)
    rows: tuple[tuple[str, ...], ...]


def results_page(folder: Path = RESULTS_DIR) -> str:
    """The page as Markdown.

    Raises:
        InvariantError: figures are below the paper's, and the page does not say why.
    """
    page = load_conf(folder / PAGE_FILE, Page)
    lines = [f"# {page.title}", "", page.introduction.strip()]
    for section in page.sections:
        lines += ["", f"## {section.heading}", ""]
        if section.text:
            lines += [section.text.strip(), ""]
        lines += _body(section, folder / section.file)
    return "\n".join(lines) + "\n"


def _body(section: Section, path: Path) -> list[str]:
    if path.suffix == COMPARISON_ENDING:
        return _comparison(section, path)
    figures = load_conf(path, FigureTable)
    table = Table(title=section.heading, header=figures.columns, rows=figures.rows)
    return [
        *table.markdown()[2:],
        "",
        f"- Data: {figures.data}",
        f"- Measured {figures.measured} on {figures.hardware} with `{figures.command}`",
        *([f"- {figures.note.strip()}"] if figures.note else []),
    ]


def _comparison(section: Section, path: Path) -> list[str]:
    from labelers.comparison.papers import load_paper
    from labelers.comparison.records import read_comparison

    comparison = read_comparison(path)
    paper = load_paper(section.paper) if section.paper else None
    lines: list[str] = []
    for table in comparison_tables(comparison, paper):
        lines += [*table.markdown(), ""]
    return [*lines, *_worse(section, comparison, paper), *_provenance(comparison)]


def _worse(section: Section, comparison: Comparison, paper: PaperFigures | None) -> list[str]:
    below = list(_below(comparison, paper)) if paper else []
    if not below:
        return []
    if not section.worse.strip():
        raise InvariantError(
            f"results page: '{section.heading}' does not say why figures are below the paper's"
        )
    return [f"Below the paper: {'; '.join(below)}. {section.worse.strip()}", ""]


def _below(comparison: Comparison, paper: PaperFigures) -> Iterator[str]:
    """Labelers whose mean F1 is lower than the paper's, all classes together."""
    from labelers.comparison.papers import Measure
    from labelers.comparison.records import ALL

    for measure in (Measure.MICRO, Measure.MACRO):
        for name in comparison.labelers:
            found = paper.find(measure, name)
            theirs = found[1][ALL] if found else None
            ours = comparison.figure(name, measure, ALL)
            if theirs and ours.mean < theirs.mean:
                yield f"{measure} F1 of `{name}` ({ours.mean:.3f}, theirs {theirs.mean:.3f})"


def _provenance(comparison: Comparison) -> list[str]:
    labelled = {data for run in comparison.runs for data in run.trained.labelled}
    texts = {data for run in comparison.runs for data in run.trained.texts}
    seeds = {name: [run.seed for run in comparison.runs_of(name)] for name in comparison.labelers}
    return [
        f"- Measured on {_files({comparison.data})}: {plural(_texts(comparison), 'text')} of "
        f"{plural(comparison.documents, 'document')}",
        f"- Trained on {_files(labelled)}; words pre-trained on {_files(texts)}",
        f"- Seeds: {'; '.join(f'`{name}` {_numbers(found)}' for name, found in seeds.items())}",
        f"- Measured {comparison.measured} on {comparison.hardware} with `{comparison.command}`",
        f"- Figures are means ± sample standard deviation over seeds; p is two-sided, against the best, by paired "
        f"bootstrap over documents ({comparison.draws:,} draws, seeds averaged), not corrected for several tests",
        f"- {comparison.note}",
    ]


def _texts(comparison: Comparison) -> int:
    from labelers.comparison.records import ALL

    return comparison.runs[0].figures[ALL].texts


def _numbers(seeds: list[int]) -> str:
    return ", ".join(str(seed) for seed in sorted(seeds))


def _files(files: set[DataFile]) -> str:
    shown = sorted(f"`{data.file}` ({data.hash[:8]})" for data in files)
    return ", ".join(shown) or "nothing"
