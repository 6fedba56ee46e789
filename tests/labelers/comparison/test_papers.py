import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from labelers.comparison.papers import Measure, PaperTable, Spread, load_paper
from schemas.errors import UsageError

SCHREMPF = Path(__file__).parents[4] / "shared" / "papers" / "schrempf_2020_per_label_attention.md"
CELL = re.compile(r"(?:<b>)?([\d.,]+)(?:</b>)?(?: <sub>([\d.]+)</sub>)?")


def numbers(cells: list[str]) -> list[Spread | None]:
    found = [CELL.fullmatch(cell.strip()) for cell in cells]
    return [
        Spread(mean=float(m[1].replace(",", "")), sd=float(m[2]) if m[2] else None) if m else None
        for m in found
    ]


def printed_tables() -> dict[int, list[list[Spread | None]]]:
    """The figures of every table in the paper's text, by its number."""
    tables: dict[int, list[list[Spread | None]]] = {}
    rows: list[list[str]] = []
    for line in SCHREMPF.read_text(encoding="utf-8").splitlines():
        if "\t" in line:
            rows = [*([] if line.startswith("Model\t") else rows), line.split("\t")]
        elif (caption := re.match(r"Table ([2-6]):", line)) and rows:
            first = rows[0].index("#Parameters" if caption[1] == "4" else "All")
            tables[int(caption[1])] = [numbers(row[first:]) for row in rows[1:]]
            rows = []
    return tables


@pytest.mark.skipif(not SCHREMPF.exists(), reason="the papers are not at hand")
@pytest.mark.parametrize("number", [2, 3, 4, 5, 6])
def test_the_figures_are_those_printed_in_the_paper(number: int) -> None:
    [table] = [table for table in load_paper("schrempf_2020").tables if table.number == number]

    assert [list(row.values) for row in table.rows.values()] == printed_tables()[number]


def test_a_labeler_is_found_by_our_name_for_it() -> None:
    found = load_paper("schrempf_2020").find(Measure.MACRO, "word2vec")

    assert found is not None
    assert found[0].number == 3
    assert found[1]["uncertain"] == Spread(mean=0.164, sd=0.048)


def test_an_ablation_is_found_by_recipe_and_variant() -> None:
    found = load_paper("schrempf_2020").find(Measure.MICRO, "bigru_per_label_attention/real_only")

    assert found is not None
    assert (found[0].number, found[1]["all"]) == (5, Spread(mean=0.908, sd=0.004))


def test_the_full_variant_is_the_labeler_itself() -> None:
    paper = load_paper("schrempf_2020")
    for measure in (Measure.MICRO, Measure.MACRO):
        for name in ("bigru_per_label_attention", "alarm_per_label_attention"):
            whole, full = paper.find(measure, name), paper.find(measure, f"{name}/full")
            assert whole is not None
            assert full is not None
            assert whole[1] == full[1]


def test_a_labeler_of_another_paper_is_not_found() -> None:
    assert load_paper("schrempf_2020").find(Measure.MICRO, "cnn_lstm") is None


def test_an_unknown_paper_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="schrempf_2020"):
        load_paper("schrempf_2021")


def test_a_row_without_a_value_for_each_column_is_refused() -> None:
    raw = {"number": 1, "title": "t", "measure": "micro", "columns": ["all", "negative"]}

    with pytest.raises(ValidationError, match="rows without a value for each column: a"):
        PaperTable.model_validate({**raw, "rows": {"a": {"name": "A", "values": [{"mean": 1}]}}})
