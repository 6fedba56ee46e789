from __future__ import annotations

import pytest

from labelers.text.choice import GivenReport, given_report
from labelers.text.report import ReportReader
from labelers.text.sections import SectionKind

REPORT = "Indication: Fall.\nFindings: No fracture.  There is\na bleed.\nImpression: Subdural haematoma.\n"
IMPRESSION = (SectionKind.IMPRESSION,)


@pytest.fixture(scope="module")
def reader() -> ReportReader:
    return ReportReader.load()


def given(reader: ReportReader, text: str, *sections: SectionKind) -> GivenReport:
    return given_report(text, reader.sentences(text), sections)


def test_of_a_report_with_an_impression_that_alone_is_given(reader: ReportReader) -> None:
    found = given(reader, REPORT, *IMPRESSION)

    assert (found.text, found.section) == ("Subdural haematoma.", SectionKind.IMPRESSION)
    assert REPORT[found.start : found.end] == "Subdural haematoma."


@pytest.mark.parametrize("heading", ["Conclusion", "SUMMARY", "Impression"])
def test_conclusion_and_summary_are_impressions(reader: ReportReader, heading: str) -> None:
    text = f"Findings: No fracture.\n{heading}: Normal study.\n"

    assert given(reader, text, *IMPRESSION).text == "Normal study."


def test_of_a_report_without_an_impression_all_is_given_that_a_labeler_reads(reader: ReportReader) -> None:
    text = REPORT.partition("Impression")[0]

    found = given(reader, text, *IMPRESSION)

    assert found.text == "No fracture. There is a bleed."
    assert text[found.start : found.end] == "No fracture.  There is\na bleed."


def test_without_sections_the_report_is_given_as_it_stands_in_one_line(reader: ReportReader) -> None:
    found = given(reader, "\n" + REPORT)

    assert found.text == (
        "Indication: Fall. Findings: No fracture. There is a bleed. Impression: Subdural haematoma."
    )
    assert (found.start, found.end, found.section) == (1, len(REPORT), SectionKind.NONE)


def test_a_report_of_which_a_labeler_reads_nothing_is_given_as_it_stands(reader: ReportReader) -> None:
    assert given(reader, "Indication: Fall.", *IMPRESSION).text == "Indication: Fall."
    assert given(reader, " \n", *IMPRESSION)[:2] == (2, 2)
