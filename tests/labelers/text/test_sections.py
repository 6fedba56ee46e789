from __future__ import annotations

import pytest

from labelers.text.sections import HeadingFinder, HeadingGroup, SectionKind, normalise_heading

FINDER = HeadingFinder.load()


@pytest.mark.parametrize("group", FINDER.table.groups, ids=lambda group: group.example)
def test_each_group_recognises_its_example(group: HeadingGroup) -> None:
    heading = FINDER.at_start(group.example)
    assert heading is not None
    assert heading.kind is group.section


def test_the_example_title_is_a_title() -> None:
    assert FINDER.is_title(FINDER.table.titles.example, first=False)


def test_a_phrase_belongs_to_one_kind_only() -> None:
    seen: dict[str, SectionKind] = {}
    for group in FINDER.table.groups:
        for phrase in group.phrases:
            bare = normalise_heading(phrase)
            assert seen.setdefault(bare, group.section) is group.section, phrase


@pytest.mark.parametrize(
    "line",
    [
        "FINDINGS:",
        "Findings",
        "findings :",
        "## Findings",
        "**FINDINGS:**",
        "[Findings]",
        "Findings (head):",
        "FINDINGS -",
        "Preliminary findings:",
        "CT FINDINGS:",
        "> Findings",
    ],
)
def test_a_heading_alone_on_its_line_is_found_however_it_is_written(line: str) -> None:
    heading = FINDER.at_start(line)
    assert heading is not None
    assert heading.kind is SectionKind.FINDINGS
    assert line[heading.content :] == ""


@pytest.mark.parametrize(
    ("line", "content"),
    [
        ("IMPRESSION: no change", "no change"),
        ("**Impression:** no change", "no change"),
        ("Impression - no change", "no change"),
        ("Imp) no change", "no change"),
        ("IMPRESSION No change", "No change"),
        ("[Conclusion] no change", "no change"),
    ],
)
def test_what_follows_a_heading_on_its_line_is_content(line: str, content: str) -> None:
    heading = FINDER.at_start(line)
    assert heading is not None
    assert heading.kind is SectionKind.IMPRESSION
    assert line[heading.content :] == content


@pytest.mark.parametrize(
    "line",
    [
        "Ventricles: normal",
        "Sinuses: clear.",
        "Midline: central",
        "History of stroke is confirmed by an old infarct.",
        "Findings are in keeping with an abscess",
        "No comparison was possible",
        "14:50 scan",
        ":",
        "R MCA infarct",
    ],
)
def test_a_sentence_is_no_heading(line: str) -> None:
    assert FINDER.at_start(line) is None


def test_short_headings_need_their_colon() -> None:
    assert FINDER.at_start("R") is None
    heading = FINDER.at_start("R: chronic change")
    assert heading is not None
    assert heading.kind is SectionKind.IMPRESSION


@pytest.mark.parametrize("line", ["FOLLOW-UP CT HEAD:", "Follow-up MRI"])
def test_a_follow_up_examination_is_no_heading_of_advice(line: str) -> None:
    assert FINDER.at_start(line) is None


def test_headings_are_found_in_the_middle_of_a_line() -> None:
    line = "Indication: fall. Findings: no bleed. IMPRESSION: normal"
    kinds = [(heading.kind, line[heading.content :][:4]) for heading in FINDER.inside(line, 11)]
    assert kinds == [(SectionKind.FINDINGS, "no b"), (SectionKind.IMPRESSION, "norm")]


def test_capitals_stand_out_without_a_full_stop_before_them() -> None:
    line = "HISTORY: fall yesterday FINDINGS: no bleed"
    assert [heading.kind for heading in FINDER.inside(line, 8)] == [SectionKind.FINDINGS]


def test_a_field_in_a_sentence_is_no_heading() -> None:
    assert FINDER.inside("The right lobe shows this finding: a cyst", 0) == ()


@pytest.mark.parametrize(
    "line", ["CT head", "MRI BRAIN W/O CONTRAST", "NCCT HEAD (PLAIN)", "CT brain, CTA and CTP"]
)
def test_a_line_that_names_the_examination_is_a_title(line: str) -> None:
    assert FINDER.is_title(line, first=False)


@pytest.mark.parametrize(
    "line", ["MR angiography, follow-up of aneurysm", "CT HEAD (SDH PROTOCOL)", "CT head for hydrocephalus"]
)
def test_a_finding_beside_the_purpose_of_the_examination_leaves_a_title(line: str) -> None:
    assert FINDER.is_title(line, first=True)


@pytest.mark.parametrize(
    "line",
    [
        "CT head normal",
        "No bleed on CT",
        "CT: acute infarct",
        "Brain",
        "CT HEAD NAD.",
        "CT head: meningioma",
        "MRA: occlusion of the left vertebral artery",
    ],
)
def test_a_line_that_says_something_of_the_patient_is_no_title(line: str) -> None:
    assert not FINDER.is_title(line, first=True)
