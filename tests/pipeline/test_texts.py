from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from labelers.given import given_texts
from labelers.recipe import Unit
from labelers.text.report import ReportReader
from labelers.text.sections import SectionKind
from pipeline.cleaning import Cleaned
from pipeline.eligibility import Eligibility
from pipeline.texts import TextBatch, TextStep
from schemas.status import Reason
from tests.pipeline.rows import batch_of

HEAD = "CT head\nHistory: fall.\nFindings: No bleed. Old infarct.\n"


@pytest.fixture(scope="module")
def step() -> TextStep:
    return TextStep(ReportReader.load(), Eligibility.load())


def read(step: TextStep, *texts: str | None, **columns: Any) -> TextBatch:
    return step.read(batch_of(*texts, **columns), carried=None)


def test_sentences_point_into_the_raw_text_and_only_some_are_read(step: TextStep) -> None:
    sentences = read(step, HEAD).sentences

    spans = [HEAD[start:end] for start, end in zip(sentences.start, sentences.end, strict=True)]
    assert spans == ["fall.", "No bleed.", "Old infarct."]
    assert sentences.read.tolist() == [False, True, True]
    assert sentences.distinct == ["No bleed.", "Old infarct."]


def test_a_sentence_of_several_reports_is_read_once(step: TextStep) -> None:
    sentences = read(step, HEAD, HEAD, "CT head\nFindings: Old   infarct.").sentences

    assert sentences.distinct == ["No bleed.", "Old infarct."]
    assert sentences.report.tolist() == [0, 0, 0, 1, 1, 1, 2]
    assert sentences.distinct_index.tolist() == [-1, 0, 1, -1, 0, 1, 1]


def test_markup_is_blanked_before_sentences_are_sought_and_spans_stay(step: TextStep) -> None:
    text = "<p>CT head</p><p>Findings: <b>No</b> bleed.</p>"

    batch = read(step, text)

    assert batch.cleaned == [(Cleaned.HTML,)]
    [start], [end] = batch.sentences.start, batch.sentences.end
    assert text[start:end] == "No</b> bleed."
    assert batch.sentences.distinct == ["No bleed."]


WHOLE_BODY = (
    "CT of head, chest and abdomen\nFindings: No bleed. Cyst of the liver. Lungs clear. "
    "Oedema of the basal\nganglia in renal failure."
)


def test_sentences_of_other_parts_are_not_read_where_several_are_reported(step: TextStep) -> None:
    sentences = read(step, WHOLE_BODY).sentences

    assert sentences.distinct == ["No bleed.", "Oedema of the basal ganglia in renal failure."]
    assert len(sentences.report) == 4


def test_what_follows_the_heading_of_another_part_is_not_read_up_to_the_next(step: TextStep) -> None:
    text = (
        "CT of head, chest and abdomen\nHead: No bleed.\nChest:\nLungs clear.\nTwo nodules, unchanged.\n"
        "Abdomen: Liver normal. Small cyst.\nImpression:\nNo fracture."
    )

    assert read(step, text).sentences.distinct == ["Head: No bleed.", "No fracture."]


@pytest.mark.parametrize(
    ("text", "distinct"),
    [
        ("CT head\nC-spine: No fracture. No collection.\nSDH, 10 mm.", ["SDH, 10 mm."]),
        ("CT head\nC-spine:\nNo fracture.\nNo collection.\n\nSDH, 10 mm.", ["SDH, 10 mm."]),
        ("CT head\nNo bleed.\nC-spine:\nNo fracture.\nImpression:\nNo SDH.", ["No bleed.", "No SDH."]),
        ("CT head\nC-spine: No fracture. No midline shift.", ["No midline shift."]),
    ],
)
def test_what_stands_below_the_heading_of_another_region_is_not_read_in_any_report(
    step: TextStep, text: str, distinct: list[str]
) -> None:
    assert read(step, text).sentences.distinct == distinct


def test_a_long_rule_between_lines_costs_no_time(step: TextStep) -> None:
    started = time.perf_counter()

    assert step.given("CT head\nNo bleed.\n" + "-" * 100_000 + "\nNo fracture.") == [
        "No bleed.",
        "No fracture.",
    ]
    assert time.perf_counter() - started < 5


def test_a_report_of_the_head_alone_is_read_whole(step: TextStep) -> None:
    sentences = read(step, "CT head\nFindings: Oedema as seen in renal failure. No bleed.").sentences

    assert sentences.distinct == ["Oedema as seen in renal failure.", "No bleed."]


@pytest.mark.parametrize("text", [HEAD, WHOLE_BODY, "<p>CT head</p><p>Findings: <b>No</b> bleed.</p>"])
def test_a_text_by_itself_gives_the_sentences_that_it_gives_in_an_archive(step: TextStep, text: str) -> None:
    assert step.given(text) == read(step, text).sentences.distinct


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CT abdomen\nThe liver is normal.", Reason.NOT_HEAD),
        ("CT head\nHistory: fall, hit the head.", Reason.HISTORY_ONLY),
        ("<p> </p><br/>", Reason.NO_REPORT_TEXT),
        ("\x00\x01", Reason.NO_REPORT_TEXT),
    ],
)
def test_a_report_that_is_not_for_the_labeler_has_a_reason_and_no_sentences(
    step: TextStep, text: str, reason: Reason
) -> None:
    batch = read(step, text, HEAD)

    assert batch.reports.reasons == [reason, None]
    assert batch.to_label.tolist() == [False, True]
    assert set(batch.sentences.report.tolist()) == {1}


def test_modality_and_exam_name_count(step: TextStep) -> None:
    text = "Findings: No bleed."

    assert read(step, text, modalities=["CT"], exam_names=["CT Head"]).reports.reasons == [None]
    assert read(step, text, modalities=["DX"], exam_names=["XR Knee"]).reports.reasons == [
        Reason.NOT_CT_OR_MR
    ]


def test_a_row_that_has_a_reason_already_keeps_it(step: TextStep) -> None:
    batch = read(step, HEAD, None, reasons=[Reason.SAME_REPORT, Reason.UNDECODABLE_TEXT])

    assert batch.reports.reasons == [Reason.SAME_REPORT, Reason.UNDECODABLE_TEXT]
    assert not batch.to_label.any()
    assert len(batch.sentences.report) == len(batch) == 0
    assert batch.sentences.start.dtype == np.int32


def test_a_labeler_of_reports_is_given_the_report_as_one_text(step: TextStep) -> None:
    whole = TextStep(step.reader, step.eligibility, Unit.REPORT)

    sentences = read(whole, HEAD, "CT head\nFindings: Normal study.").sentences

    spans = list(zip(sentences.report, sentences.start, sentences.end, strict=True))
    assert [HEAD[start:end] for report, start, end in spans if report == 0] == [HEAD.strip()]
    assert sentences.distinct == [
        "CT head History: fall. Findings: No bleed. Old infarct.",
        "CT head Findings: Normal study.",
    ]


@pytest.mark.parametrize(
    "sections",
    [(), (SectionKind.IMPRESSION,), (SectionKind.NONE, SectionKind.FINDINGS, SectionKind.IMPRESSION)],
)
def test_a_labeler_of_reports_is_given_what_its_training_tables_gave_it(
    step: TextStep, sections: tuple[SectionKind, ...]
) -> None:
    texts = [
        HEAD,
        "CT HEAD\n\n  Fall.  \n\nThere is a sub-\ndural haematoma.\nCOMPARISON: None.\nIMPRESSION:\n1. Bleed.",
        "MRI brain. Clinical details: headache. Technique: T1, T2.\tNormal appearances of the brain.",
        "CT head\nConclusion: No\u00a0acute finding.\nSigned by: A. Nobody\n",
    ]
    whole = TextStep(step.reader, step.eligibility, Unit.REPORT, frozenset(sections))

    found = read(whole, *texts).sentences

    assert tuple(found.distinct) == given_texts(texts, unit=Unit.REPORT, sections=sections)


def test_rules_that_ask_for_nothing_exclude_no_examination() -> None:
    everything = Eligibility.load("any")

    assert everything.judge(modality="DX", exam_name="XR Chest", text="The lungs are clear.").reason is None


def test_a_labeler_of_some_sections_reads_those_alone_where_a_report_has_one(step: TextStep) -> None:
    whole = TextStep(step.reader, step.eligibility, Unit.REPORT, frozenset({SectionKind.IMPRESSION}))

    text = "CT head\nFindings: Normal brain. Old fracture.\nImpression: No bleed.\n"
    sentences = read(whole, text, text.partition("Impression")[0]).sentences

    assert sentences.distinct == ["No bleed.", "Normal brain. Old fracture."]
