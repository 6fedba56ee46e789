from __future__ import annotations

import pickle
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelers.text.report import ReportReader, sentence_text
from labelers.text.sections import SectionKind

READER = ReportReader.load()


def labelled(text: str) -> list[str]:
    return [sentence_text(text[one.start : one.end]) for one in READER.sentences(text) if one.labelled]


def kept_away(text: str) -> list[str]:
    return [sentence_text(text[one.start : one.end]) for one in READER.sentences(text) if not one.labelled]


def test_a_sectioned_report_is_read_section_by_section() -> None:
    text = (
        "CT HEAD WITHOUT CONTRAST\n\nHISTORY: Fall. Known stroke.\nTECHNIQUE: 5 mm slices.\nCOMPARISON: None.\n\n"
        "FINDINGS:\nNo bleed. Old lacune.\n\nIMPRESSION:\n1. No acute change.\n2. Old lacune.\n\n"
        "RECOMMENDATION: MRI if symptoms persist.\nDictated by: the duty radiologist"
    )
    sections = [one.section for one in READER.sentences(text)]
    assert sections == [
        *[SectionKind.HISTORY] * 2,
        SectionKind.TECHNIQUE,
        SectionKind.COMPARISON,
        *[SectionKind.FINDINGS] * 2,
        *[SectionKind.IMPRESSION] * 2,
        SectionKind.ADVICE,
        SectionKind.ADMINISTRATIVE,
    ]
    assert labelled(text) == ["No bleed.", "Old lacune.", "No acute change.", "Old lacune."]


def test_a_heading_ends_the_previous_section() -> None:
    assert labelled("History:\nFall.\nStroke in 2010.\nFindings:\nNo bleed.") == ["No bleed."]


def test_headings_in_one_line_part_the_line() -> None:
    assert labelled("Indication: stroke. Findings: no bleed. Conclusion: normal") == ["no bleed.", "normal"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Indication: fall Findings: Acute SDH Impression: SDH", ["Acute SDH", "SDH"]),
        ("HISTORY: FALL, KNOWN SDH FINDINGS: ACUTE INFARCT.", ["ACUTE INFARCT."]),
        ("indication: fall. findings: acute infarct.", ["acute infarct."]),
        ("Findings: no significant Findings: none", ["no significant Findings: none"]),
    ],
)
def test_an_unmistakable_heading_parts_a_line_after_any_word_but_its_adjectives(
    text: str, read: list[str]
) -> None:
    assert labelled(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Examination: CT head demonstrates a haematoma.", ["CT head demonstrates a haematoma."]),
        ("Technique: Plain CT. Large left haematoma.", ["Large left haematoma."]),
        ("Comparison: none. Left haematoma.", ["Left haematoma."]),
        ("Findings: SDH.\nFollow-up: The SDH is smaller.", ["SDH.", "The SDH is smaller."]),
        ("Findings: SDH.\nFollow-up: CT to ensure that it has resolved.", ["SDH."]),
        ("History: fall. Known haematoma.\nFindings: No bleed.", ["No bleed."]),
    ],
)
def test_findings_on_the_line_of_another_heading_are_read(text: str, read: list[str]) -> None:
    assert labelled(text) == read


def test_history_goes_on_in_the_lines_below_it_that_are_worded_so() -> None:
    text = "Indication:\nHeadache.\nPrevious subarachnoid haemorrhage.\nOld infarct.\nImpression:\nNo bleed."

    assert labelled(text) == ["Old infarct.", "No bleed."]


@pytest.mark.parametrize(
    "text",
    [
        "==History== known SDH\n==Findings== No bleed.",
        "__History__: known SDH\n__Findings__: No bleed.",
        "History => known SDH\nFindings => No bleed.",
        "72M with known haematoma.\nNo bleed.",
    ],
)
def test_headings_in_other_signs_and_histories_without_one_are_known(text: str) -> None:
    assert labelled(text) == ["No bleed."]


def test_a_blank_line_behind_every_line_parts_nothing() -> None:
    lines = [
        "Findings: There is no acute infarct and no mass",
        "lesion is identified in either hemisphere. No fracture",
        "of the skull.",
        "The ventricles are of normal size and the midline is",
        "central.",
        "The sinuses are clear.",
    ]

    assert labelled("\n\n".join(lines)) == [
        "There is no acute infarct and no mass lesion is identified in either hemisphere.",
        "No fracture of the skull.",
        "The ventricles are of normal size and the midline is central.",
        "The sinuses are clear.",
    ]


def test_an_age_in_an_impression_is_no_history() -> None:
    sentence = "72-year-old man with history of glioblastoma, recurrent tumour."

    assert labelled(f"Impression: {sentence}") == [sentence]


def test_a_heading_left_at_the_end_of_a_line_is_no_sentence() -> None:
    assert labelled("The sinuses are clear. Conclusion\nNo acute change.") == [
        "The sinuses are clear.",
        "No acute change.",
    ]


@pytest.mark.parametrize(
    "heading", ["# Findings", "**FINDINGS**", "1. FINDINGS", "[Findings]", "FINDINGS -", "2) Findings:"]
)
def test_headings_are_seen_in_any_dress(heading: str) -> None:
    assert labelled(f"History: stroke\n{heading}\nNo bleed.") == ["No bleed."]


def test_without_findings_heading_a_history_ends_with_its_line() -> None:
    assert labelled("CT head\nHistory: fall, on warfarin\nNo bleed.\nMidline central.") == [
        "No bleed.",
        "Midline central.",
    ]


def test_findings_in_the_line_of_a_history_are_not_lost() -> None:
    text = "Indication: fall. On warfarin. No intracranial bleed is seen. Old left lacune."
    assert labelled(text) == ["No intracranial bleed is seen.", "Old left lacune."]


@pytest.mark.parametrize(
    "history", ["?bleed", "79F, fall on stairs", "Sudden left weakness, GCS 14. ?stroke", "Off legs."]
)
def test_a_history_without_heading_is_kept_away(history: str) -> None:
    text = f"CT head\n{history}\nThere is an old infarct.\nNo bleed."
    assert labelled(text) == ["There is an old infarct.", "No bleed."]


def test_a_report_of_one_line_is_never_taken_for_its_own_history() -> None:
    assert labelled("Fall, subdural haematoma on the left.") == ["Fall, subdural haematoma on the left."]


def test_a_history_only_counts_before_the_first_finding() -> None:
    text = "CT head\nNo bleed.\nOld infarct, known since the fall in May.\nNo shift."
    assert "Old infarct, known since the fall in May." in labelled(text)


def test_sub_headings_of_the_findings_stay_with_their_sentence() -> None:
    text = "FINDINGS:\nVentricles: normal\nMidline: central.\nSinuses:\nClear on both sides."
    assert labelled(text) == ["Ventricles: normal", "Midline: central.", "Sinuses: Clear on both sides."]


def test_a_structure_above_a_list_is_a_heading() -> None:
    assert labelled("FINDINGS\nBrain:\n- No bleed\n- Old lacune") == ["No bleed", "Old lacune"]


def test_hard_wrapped_sentences_are_put_together() -> None:
    text = (
        "FINDINGS:\nThere is a large area of low attenuation in the left\n"
        "middle cerebral territory. The right side is\nnormal. No bleed.\n"
    )
    assert labelled(text) == [
        "There is a large area of low attenuation in the left middle cerebral territory.",
        "The right side is normal.",
        "No bleed.",
    ]


def test_a_line_without_full_stop_is_a_sentence() -> None:
    assert labelled("Findings\nMild atrophy\nOld lacune on the left\nNo bleed") == [
        "Mild atrophy",
        "Old lacune on the left",
        "No bleed",
    ]


@pytest.mark.parametrize("bullet", ["- ", "* ", "• ", "1. ", "2) ", "(a) ", "-"])
def test_bullets_are_left_out(bullet: str) -> None:
    text = f"Impression:\n{bullet}Old lacune\n{bullet}No bleed"
    assert labelled(text) == ["Old lacune", "No bleed"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r", "\u2028", "\x0b"])
def test_any_line_ending_will_do(ending: str) -> None:
    assert labelled(f"HISTORY: fall{ending}FINDINGS:{ending}No bleed{ending}Old lacune") == [
        "No bleed",
        "Old lacune",
    ]


def test_odd_spaces_are_spaces() -> None:
    assert labelled("FINDINGS:\u00a0No\u00a0bleed.\tOld\u202flacune.") == ["No bleed.", "Old lacune."]


def test_advice_with_a_finding_reaches_the_labeler() -> None:
    text = "Findings: An acute infarct cannot be excluded, MRI advised. Clinical correlation is recommended."
    assert labelled(text) == ["An acute infarct cannot be excluded, MRI advised."]
    assert kept_away(text) == ["Clinical correlation is recommended."]


def test_sentence_text_joins_lines_and_white_space() -> None:
    assert (
        sentence_text("loss of grey-\n  white  matter\u00a0contrast\r\nthere")
        == "loss of grey-white matter contrast there"
    )


def test_nothing_comes_of_nothing() -> None:
    for text in ("", " \n\t ", "\ufeff", "---", "FINDINGS:"):
        assert READER.sentences(text) == []


def test_a_copy_reads_alike() -> None:
    text = "History: fall.\nFindings: seen by Dr. Example. No bleed."
    copy = pickle.loads(pickle.dumps(READER))
    assert copy.sentences(text) == READER.sentences(text)
    assert copy.fingerprint == READER.fingerprint


def test_the_fingerprint_is_the_same_each_time() -> None:
    assert ReportReader.load().fingerprint == READER.fingerprint


@pytest.mark.parametrize(
    "piece",
    ["No bleed. ", "A", "a: ", "- x\n", ".", "? ", "1. ", "FINDINGS: x ", "the\n", "lobe ", "Ab Cd: ", "( "],
)
def test_reading_time_grows_with_the_text_and_not_its_square(piece: str) -> None:
    began = time.process_time()
    READER.sentences(piece * (100_000 // len(piece)))
    assert time.process_time() - began < 3


PIECES = st.sampled_from(
    [
        "FINDINGS:",
        "History",
        "No bleed.",
        "?infarct",
        "- ",
        "1. ",
        "\n",
        "\r\n",
        " ",
        "\u00a0",
        "Dr. ",
        "3.5 mm",
        ":",
        ".",
        "İ",
    ]
)


@settings(max_examples=300)
@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_spans_are_in_order_apart_and_without_edges(text: str) -> None:
    sentences = READER.sentences(text)
    spans = [(one.start, one.end) for one in sentences]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(["no bleed is seen", "old lacune", "mild atrophy of the brain"]),
        min_size=1,
        max_size=8,
    )
)
def test_no_word_of_the_findings_is_lost(parts: list[str]) -> None:
    for separator in (". ", ".\n", "\n- ", "\n\n"):
        text = "Findings:\n" + separator.join(parts)
        assert " ".join(labelled(text)).replace(".", "").split() == " ".join(parts).split()
