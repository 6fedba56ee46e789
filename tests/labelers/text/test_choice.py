from __future__ import annotations

import pytest

from labelers.text.choice import SectionChooser
from labelers.text.sections import SectionKind

REPORT = "Indication: Fall.\nFindings: No fracture. There is a bleed.\nImpression: Subdural haematoma.\n"


@pytest.fixture(scope="module")
def chooser() -> SectionChooser:
    return SectionChooser((SectionKind.IMPRESSION,))


def chosen(chooser: SectionChooser, text: str) -> list[str]:
    return [text[start:end] for start, end in chooser.spans(text)]


def test_of_a_report_with_an_impression_that_alone_is_read(chooser: SectionChooser) -> None:
    assert chosen(chooser, REPORT) == ["Subdural haematoma."]


@pytest.mark.parametrize("heading", ["Conclusion", "SUMMARY", "Impression"])
def test_conclusion_and_summary_are_impressions(chooser: SectionChooser, heading: str) -> None:
    text = f"Findings: No fracture.\n{heading}: Normal study.\n"

    assert chosen(chooser, text) == ["Normal study."]


def test_of_a_report_without_an_impression_all_is_read_that_a_labeler_reads(chooser: SectionChooser) -> None:
    text = REPORT.partition("Impression")[0]

    assert chosen(chooser, text) == ["No fracture.", "There is a bleed."]


def test_a_text_of_which_a_labeler_reads_nothing_is_read_as_it_is(chooser: SectionChooser) -> None:
    assert chooser.spans("Indication: Fall.") == [(0, 17)]
    assert chooser.spans("") == [(0, 0)]
