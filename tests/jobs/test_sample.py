from __future__ import annotations

import re
import string
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from jobs.sample import command, write_sample
from jobs.sampling.conf import ArchiveConf, Cases, Deck, OtherRegions, Styles, load_sample_conf
from jobs.sampling.dirt import HUGE_CHARS, Dirt, spoilt_text
from jobs.sampling.rows import IMAGES_SCHEMA, REPORTS_SCHEMA
from jobs.sampling.texts import filled, lay_out, respelt
from pipeline.eligibility import Eligibility
from schemas.errors import OutputError, UsageError
from schemas.job import KNOWN_COLUMNS

CASES = load_sample_conf("cases", Cases)
STYLES = load_sample_conf("styles", Styles)
OTHERS = load_sample_conf("other_regions", OtherRegions)
ARCHIVE = load_sample_conf("archive", ArchiveConf)
FACTS = {
    *CASES.facts,
    *("other_side", "Side", "dlp", "age", "sex", "person", "prior", "today", "clock", "colleague"),
}
PARTS = {"title", "history", "technique", "comparison", "findings", "impression", "signature"}


def reports_of(folder: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in sorted(folder.glob("reports-*.parquet"))])


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("sample") / "archive").folder


@pytest.fixture(scope="module")
def reports(archive: Path) -> pl.DataFrame:
    return reports_of(archive)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    return reports_of(write_sample(tmp_path_factory.mktemp("sample") / "clean", clean=True).folder)


def test_the_rows_asked_for_are_shared_evenly_among_the_files(tmp_path: Path) -> None:
    sample = write_sample(tmp_path / "out", reports=101, files=3)

    assert [path.name for path in sample.files] == [f"reports-0000{n}-of-00003.parquet" for n in range(3)]
    assert [pq.read_metadata(path).num_rows for path in sample.files] == [33, 34, 34]
    assert sample.reports == 101


def test_the_tables_have_the_columns_of_the_design(archive: Path) -> None:
    assert pq.read_schema(archive / "reports-00000-of-00004.parquet") == REPORTS_SCHEMA
    assert pq.read_schema(archive / "images.parquet") == IMAGES_SCHEMA


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_sample(tmp_path / name, reports=60, files=2, seed=seed)
    files = sorted(path.name for path in (tmp_path / "a").iterdir())

    def content(name: str) -> list[bytes]:
        return [(tmp_path / name / file).read_bytes() for file in files]

    assert content("a") == content("b")
    assert content("a") != content("c")


def test_two_thousand_reports_hold_every_kind_of_dirt(reports: pl.DataFrame) -> None:
    text = pl.col("report_text")
    found = {
        Dirt.NULL_TEXT: reports.filter(text.is_null()),
        Dirt.BLANK_TEXT: reports.filter(text.str.strip_chars() == ""),
        Dirt.NULL_ID: reports.filter(pl.col("report_id").is_null()),
        Dirt.SAME_ROW_TWICE: reports.filter(reports.is_duplicated()),
        Dirt.ID_REUSED: reports.unique().filter(
            pl.col("report_id").is_not_null() & pl.col("report_id").is_duplicated()
        ),
        Dirt.CONTROL_CHARACTERS: reports.filter(text.str.contains("\x00")),
        Dirt.HTML: reports.filter(text.str.starts_with("<html>")),
        Dirt.RTF: reports.filter(text.str.starts_with("{\\rtf1")),
        Dirt.CARRIAGE_RETURNS: reports.filter(text.str.contains(r"\w.*\r\n")),
        Dirt.HARD_SPACES: reports.filter(text.str.contains("\N{NO-BREAK SPACE}")),
        Dirt.LONG: reports.filter(text.str.len_chars() > 10_000),
        Dirt.NO_EXAM_NAME: reports.filter(pl.col("exam_name").is_null()),
        Dirt.NO_STUDY_ID: reports.filter(pl.col("study_id").is_null()),
        Dirt.WRONG_MODALITY: reports.filter(
            (pl.col("modality") != "MR") & pl.col("exam_name").str.starts_with("MR")
            | (pl.col("modality") != "CT") & pl.col("exam_name").str.starts_with("CT")
        ),
    }

    assert set(found) == set(Dirt)
    assert [dirt for dirt, rows in found.items() if rows.is_empty()] == []


def test_a_clean_archive_has_whole_rows_with_ids_of_their_own(clean: pl.DataFrame) -> None:
    assert clean.height == 2_000
    assert sum(clean.null_count().row(0)) == 0
    assert clean["report_id"].is_unique().all()
    assert not clean["report_text"].str.contains(r"[\x00-\x08{}]").any()


def test_now_and_then_a_text_is_longer_than_a_job_accepts(tmp_path: Path) -> None:
    rows = ARCHIVE.dirty_every * len(Dirt) * ARCHIVE.huge_every
    folder = write_sample(tmp_path / "out", reports=rows, files=1).folder
    huge = reports_of(folder)["report_text"].str.len_chars().fill_null(0) > HUGE_CHARS

    assert huge.sum() == 1


def test_patients_come_back_and_studies_have_addenda(clean: pl.DataFrame) -> None:
    studies_of_patient = clean.group_by("patient_id").agg(pl.col("study_id").n_unique())
    reports_of_study = clean.group_by("study_id").len()

    assert studies_of_patient["study_id"].max() >= 3  # type: ignore[operator]
    assert 20 < (reports_of_study["len"] == 2).sum() < 100
    assert clean.group_by("study_id").agg(pl.col("patient_id").n_unique())["patient_id"].max() == 1


def test_normal_findings_are_said_in_the_same_words_again_and_again(clean: pl.DataFrame) -> None:
    lines = clean["report_text"].str.split("\n").explode().str.strip_chars()

    assert (lines == "No acute intracranial abnormality.").sum() > 20
    assert clean["report_text"].n_unique() < 0.85 * clean.height


def test_some_studies_have_no_images_and_some_images_no_report(archive: Path, reports: pl.DataFrame) -> None:
    images = pl.read_parquet(archive / "images.parquet")
    studies, imaged = set(reports["study_id"].drop_nulls()), set(images["study_id"])

    assert 10 < len(studies - imaged) < 100
    assert 5 < len(imaged - studies) < 100
    assert images["image_id"].is_unique().all()


def test_time_runs_forward_over_the_years_whatever_the_size(clean: pl.DataFrame) -> None:
    first_reports = clean.unique("study_id", keep="first", maintain_order=True)

    assert first_reports["exam_datetime"].is_sorted()
    span = clean["exam_datetime"].max() - clean["exam_datetime"].min()  # type: ignore[operator]
    assert 4.5 * 365 < span.days < 5.5 * 365  # type: ignore[union-attr]


def test_head_and_other_studies_are_told_apart_by_the_eligibility_rules(clean: pl.DataFrame) -> None:
    eligibility = Eligibility.load()
    other_names = {name for exam in OTHERS.exams for name in exam.exam_names}

    def is_taken(row: dict[str, Any]) -> bool:
        told = {name: row[name] for name in ("modality", "exam_name")}
        return eligibility.judge(**told, text=row["report_text"]).reason is None

    rows = list(clean.iter_rows(named=True))
    wrong = [row["exam_name"] for row in rows if is_taken(row) is (row["exam_name"] in other_names)]

    assert wrong == []


def test_another_systems_column_names_stand_for_the_same_columns(tmp_path: Path) -> None:
    ours = write_sample(tmp_path / "ours", reports=50, files=1)
    theirs = write_sample(tmp_path / "theirs", reports=50, files=1, columns="hospital")
    table, renamed = pq.read_table(ours.files[0]), pq.read_table(theirs.files[0])

    assert renamed.column_names[:2] == ["REPORT_NO", "ACCESSION_NO"]
    assert renamed.rename_columns(table.column_names).equals(table)


def test_unknown_column_names_are_an_error_that_lists_what_exists(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean 'hospital'"):
        write_sample(tmp_path / "out", reports=10, columns="hospitals")


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(OutputError, match="not empty"):
        write_sample(tmp_path, reports=10)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file")

    with pytest.raises(OutputError, match="taken"):
        write_sample(taken, reports=10)


@pytest.mark.parametrize(("reports", "files"), [(0, 1), (3, 4), (5, 0)])
def test_numbers_that_do_not_fit_are_refused(tmp_path: Path, reports: int, files: int) -> None:
    with pytest.raises(UsageError, match="--files"):
        write_sample(tmp_path / "out", reports=reports, files=files)
    assert not (tmp_path / "out").exists()


def test_the_command_says_what_it_wrote_and_what_to_do_next(tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = CliRunner().invoke(
        command, [str(out), "--reports", "40", "--files", "2", "--columns", "hospital"]
    )

    assert result.exit_code == 0, result.output
    assert "40 reports (2 files)" in result.output
    assert f"ctlabel label {out}/reports-*.parquet" in result.output
    assert "--column REPORT_BODY=report_text" in result.output
    mapped = re.findall(r"--column \w+=(\w+)", result.output)
    assert set(mapped) <= KNOWN_COLUMNS


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_brace_in_the_templates_is_a_known_fact() -> None:
    said = [each for case in CASES.cases for each in (*case.findings,)]
    said += [each for routine in CASES.routine.values() for each in routine]
    texts = [text for each in said for text in (*each.prose, *each.brief)]
    for case in CASES.cases:
        texts += [*case.history, *case.impression, *case.brief_impression]
    texts += [*STYLES.signatures, *STYLES.follow_ups, *STYLES.additions]

    assert {name for text in texts for name in fields(text)} <= FACTS
    layouts = [template for style in STYLES.styles for template in style.templates]
    assert {name for text in layouts for name in fields(text)} <= FACTS | PARTS
    assert {name for text in STYLES.addenda for name in fields(text)} <= FACTS | {"addition"}
    others = [text for exam in OTHERS.exams for text in exam.texts]
    assert {name for text in others for name in fields(text)} <= FACTS | {"complaint"}


def test_american_hospitals_write_american() -> None:
    american = respelt(CASES, STYLES.american).model_dump_json()

    assert "hemorrhag" in american
    for british in ("haem", "ischaem", "oedema", "tumour", "grey", "visualised"):
        assert british not in american.casefold()


def test_sentences_of_one_topic_stand_under_one_heading_in_the_order_of_the_headings() -> None:
    said = [("bones", "no fracture."), ("brain", "old infarct."), ("brain", "no bleed.")]
    page = lay_out(said, STYLES.styles[2].findings, {"brain": "BRAIN", "bones": "BONES"})

    assert page == "BRAIN: Old infarct. No bleed.\nBONES: No fracture."


def test_a_template_without_braces_is_itself() -> None:
    assert filled("No bleed.", {}) == "No bleed."
    assert filled("{side} bleed", {"side": "left"}) == "left bleed"


def test_cards_are_drawn_by_their_weight() -> None:
    deck = Deck.of(CASES.cases)
    drawn = [deck.draw(Random(seed)).id for seed in range(500)]

    assert drawn.count("normal_ct") > 3 * drawn.count("subdural_ct")


def test_mangled_text_keeps_its_words() -> None:
    text = "CT head\n\nNo bleed. Shift < 2 mm."

    assert spoilt_text(Random(0), text, Dirt.HTML) == (
        "<html><body><p>CT head<br/><br/>No bleed. Shift &lt; 2 mm.</p></body></html>"
    )
    assert spoilt_text(Random(0), text, Dirt.CARRIAGE_RETURNS).replace("\r", "") == text + "\n"
    assert spoilt_text(Random(0), text, Dirt.LONG).startswith(text)
