from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from jobs.results import command as results
from jobs.results_page import RESULTS_DIR, results_page
from labelers.bundle import load_bundle, read_bundle_record
from labelers.comparison.papers import Measure
from labelers.comparison.records import ALL, read_comparison, write_comparison
from labelers.registry import DEFAULT_LABELER, resolve_bundle
from schemas.errors import InvariantError, OutputError, UsageError
from tests.labelers.comparison.records import comparison, run

ROOT = Path(__file__).parents[2]
PAGE_AT_HAND = (ROOT / "RESULTS.md").read_text(encoding="utf-8")
SPEED = {
    "kind": "figures",
    "measured": "2026-01-03",
    "command": "count sheep",
    "hardware": "abacus",
    "data": "sheep of two meadows",
    "note": "They moved.",
    "columns": ["what", "value"],
    "rows": [["sheep", "12"]],
}


def write_page(folder: Path, *sections: dict[str, Any]) -> None:
    page = {"title": "Figures", "introduction": "All of them.", "sections": list(sections)}
    (folder / "page.yaml").write_text(yaml.safe_dump(page), encoding="utf-8")


def test_the_page_at_hand_is_what_the_data_gives() -> None:
    assert results_page() == PAGE_AT_HAND, "make it anew: ctlabel results --out RESULTS.md"


def test_every_file_of_results_is_on_the_page() -> None:
    files = {path.name for path in RESULTS_DIR.iterdir()} - {"page.yaml"}
    page = yaml.safe_load((RESULTS_DIR / "page.yaml").read_text(encoding="utf-8"))

    assert {section["file"] for section in page["sections"]} == files


def test_the_readme_links_to_the_page() -> None:
    assert "(RESULTS.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_figures_kept_of_the_shipped_labeler_are_those_of_its_bundle() -> None:
    kept = read_comparison(RESULTS_DIR / "shipped_dev.json").runs_of(DEFAULT_LABELER)
    record = read_bundle_record(resolve_bundle(DEFAULT_LABELER))
    [own] = [one for one in kept if one.fingerprint == record.fingerprint]
    stored = record.evaluation["dev"]["figures"]["all"]

    assert own.figures[ALL].value(Measure.MICRO, ALL) == stored["micro"]["f1"]
    assert own.figures[ALL].value(Measure.MACRO, "uncertain") == stored["by_class"]["uncertain"]["macro_f1"]


def test_the_shipped_labelers_figures_were_measured_with_the_rules_as_they_are() -> None:
    shipped = resolve_bundle(DEFAULT_LABELER)
    assert read_bundle_record(shipped).evaluation["dev"]["fingerprint"] == load_bundle(shipped).fingerprint


def test_a_comparison_stands_with_where_it_came_from_and_why_it_is_worse(tmp_path: Path) -> None:
    trained = {
        "labelled": [{"file": "many.parquet", "hash": "aaaaaaaaaa"}],
        "texts": [{"file": "archive.parquet", "hash": "bbbbbbbbbb"}],
    }
    runs = [run("word2vec", seed, micro=0.7, macro=0.5, **trained) for seed in (0, 1)]
    write_comparison(comparison(runs=runs, tests=[]), tmp_path / "few.json")
    section = {
        "heading": "Few",
        "file": "few.json",
        "paper": "schrempf_2020",
        "worse": "Less data.",
        "text": "Hm.",
    }
    write_page(tmp_path, section)

    lines = results_page(tmp_path).splitlines()

    assert lines[4:9] == ["## Few", "", "Hm.", "", "**Micro F1 (in the paper: Table 2)**"]
    assert "| word2vec | 2 | 0.700 ±0.000 | 0.900 ±0.000 | 0.700 ±0.000 | - |" in lines
    assert "| in the paper | 5 | 0.808 ±0.005 | 0.900 ±0.007 | 0.812 ±0.008 |  |" in lines
    start = lines.index("Below the paper: micro F1 of `word2vec` (0.700, theirs 0.808). Less data.")
    assert lines[start + 1 :] == [
        "",
        "- Measured on `few.parquet` (h1): 4 texts of 3 documents",
        "- Trained on `many.parquet` (aaaaaaaa); words pre-trained on `archive.parquet` (bbbbbbbb)",
        "- Seeds: `word2vec` 0, 1",
        "- Measured 2026-01-02 on abacus, 2 cores with `ctlabel compare word2vec own --on few.parquet`",
        "- Figures are means ± sample standard deviation over seeds; p is two-sided, against the best, by paired "
        "bootstrap over documents (100 draws, seeds averaged), not corrected for several tests",
        "- Made up.",
    ]


def test_a_figure_below_the_papers_must_say_why(tmp_path: Path) -> None:
    write_comparison(comparison(), tmp_path / "few.json")
    write_page(tmp_path, {"heading": "Few", "file": "few.json", "paper": "schrempf_2020"})

    with pytest.raises(InvariantError, match="'Few' does not say why"):
        results_page(tmp_path)


def test_without_a_paper_nothing_is_worse(tmp_path: Path) -> None:
    write_comparison(comparison(), tmp_path / "few.json")
    write_page(tmp_path, {"heading": "Few", "file": "few.json"})

    assert "Below the paper" not in results_page(tmp_path)


def test_other_figures_stand_with_where_they_came_from(tmp_path: Path) -> None:
    (tmp_path / "speed.yaml").write_text(yaml.safe_dump(SPEED), encoding="utf-8")
    write_page(tmp_path, {"heading": "Speed", "file": "speed.yaml"})

    assert results_page(tmp_path).splitlines()[4:] == [
        "## Speed",
        "",
        "| what | value |",
        "| --- | --- |",
        "| sheep | 12 |",
        "",
        "- Data: sheep of two meadows",
        "- Measured 2026-01-03 on abacus with `count sheep`",
        "- They moved.",
    ]


def test_figures_without_a_date_are_refused(tmp_path: Path) -> None:
    raw = {key: value for key, value in SPEED.items() if key != "measured"}
    (tmp_path / "speed.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")
    write_page(tmp_path, {"heading": "Speed", "file": "speed.yaml"})

    with pytest.raises(UsageError, match="measured: Field required"):
        results_page(tmp_path)


def test_the_command_writes_the_page_or_prints_it(tmp_path: Path) -> None:
    printed = CliRunner().invoke(results, [], catch_exceptions=False)
    CliRunner().invoke(results, ["--out", str(tmp_path / "page.md")], catch_exceptions=False)

    assert printed.stdout == PAGE_AT_HAND
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == PAGE_AT_HAND
    with pytest.raises(OutputError, match="cannot be written"):
        CliRunner().invoke(results, ["--out", str(tmp_path)], catch_exceptions=False)
