from __future__ import annotations

import re

import pytest

from labelers.text.roles import Guard, Role, RoleJudge, RoleRule, RoleTable

JUDGE = RoleJudge.load()
NAMED = [pattern for parts in JUDGE.table.parts.values() for pattern in parts]


@pytest.mark.parametrize("rule", JUDGE.table.rules, ids=lambda rule: rule.example)
def test_each_rule_matches_its_example(rule: RoleRule) -> None:
    assert JUDGE.role(rule.example) is rule.role


@pytest.mark.parametrize("rule", JUDGE.table.opening_rules, ids=lambda rule: rule.example)
def test_each_opening_rule_matches_its_example(rule: RoleRule) -> None:
    assert JUDGE.opening_role(rule.example) is rule.role


@pytest.mark.parametrize(
    "rule", [*JUDGE.table.rules, *JUDGE.table.opening_rules], ids=lambda rule: rule.example
)
def test_a_rule_names_only_what_is_there_and_can_be_reached(rule: RoleRule) -> None:
    names = {name for pattern in rule.patterns for name in re.findall(r"<([a-z_]+)>", pattern)}
    assert names <= JUDGE.table.parts.keys()
    assert set(rule.unless) <= JUDGE.table.guards.keys()
    assert rule.patterns or rule.vocabulary in JUDGE.table.vocabularies
    assert not rule.words or rule.words & set(re.findall(r"[^\W_]+", rule.example.lower()))


@pytest.mark.parametrize(
    "sentence",
    [
        "An acute infarct cannot be excluded, MRI advised.",
        "MRI is advised as an early infarct cannot be excluded.",
        "No acute intracranial haemorrhage.",
        "Unchanged compared with the previous CT.",
        "Compared with the previous CT the haematoma has grown.",
        "Acute subdural haematoma, discussed with the neurosurgeons.",
        "Repeat CT shows a new bleed.",
        "Plain CT shows no bleed.",
        "Post-contrast images show an enhancing lesion.",
        "T2 hyperintense foci in the white matter.",
        "Normal brain.",
        "Follow-up shows resolution of the collection.",
        "Findings suggest an abscess.",
        "Negative CT of the brain.",
        "Control CT: haematoma unchanged.",
        "Follow-up MRI with a new lesion.",
        "Repeat scan at 4 hours: contusions have enlarged.",
        "Urgent CT: basilar thrombosis.",
        "",
        "?",
    ],
)
def test_a_sentence_that_may_carry_a_label_has_no_role(sentence: str) -> None:
    assert JUDGE.role(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("Please correlate clinically.", Role.ADVICE),
        ("Suggest follow-up MRI in three months.", Role.ADVICE),
        ("Repeat CT in 24 hours.", Role.ADVICE),
        ("Reimage in three months.", Role.ADVICE),
        ("Discussed with the stroke team by phone.", Role.COMMUNICATION),
        ("No prior studies for comparison.", Role.COMPARISON),
        ("Sagittal T1, axial T2 and FLAIR, DWI.", Role.TECHNIQUE),
    ],
)
def test_a_sentence_about_something_else_has_its_role(sentence: str, role: Role) -> None:
    assert JUDGE.role(sentence) is role


@pytest.mark.parametrize(
    "line",
    [
        "Mild atrophy.",
        "No bleed since the fall.",
        "There is an old infarct on the side of the weakness.",
        "Acute right MCA infarct.",
        "Large mass.",
        "Post-operative changes.",
        "Compared with last week the bleed is smaller.",
    ],
)
def test_a_report_may_open_with_a_finding(line: str) -> None:
    assert JUDGE.opening_role(line) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The prior MRI revealed a meningioma.",
        "Comparison is made with the CT of 2 May, which showed a haematoma.",
        "There was a haematoma on the previous study.",
        "Prior CT 12/3/24: haemorrhage in the left frontal lobe.",
    ],
)
def test_what_only_an_earlier_examination_showed_is_comparison(sentence: str) -> None:
    assert JUDGE.role(sentence) is Role.COMPARISON


@pytest.mark.parametrize(
    "sentence",
    [
        "The previous CT showed a haematoma, which is now smaller.",
        "Compared with the CT of 3 May, which showed a haematoma, there is no change.",
        "CT showed an infarct.",
    ],
)
def test_what_is_there_today_is_no_comparison(sentence: str) -> None:
    assert JUDGE.role(sentence) is None


def test_of_several_rules_that_apply_the_first_of_the_file_gives_the_role() -> None:
    words = [f"word{n}" for n in range(40)]
    rules = [
        {"role": role.value, "example": word, "words": [word], "patterns": [word]}
        for word, role in zip(words, [Role.ADVICE, *[Role.HISTORY] * 39], strict=True)
    ]
    empty = {"parts": {}, "vocabularies": {}, "guards": {guard.value: ["x"] for guard in Guard}}
    forward, turned = (
        RoleJudge(RoleTable.model_validate({**empty, "rules": order, "opening_rules": order}))
        for order in (rules, rules[::-1])
    )

    assert forward.role(" ".join(words)) is Role.ADVICE
    assert turned.role(" ".join(words)) is Role.HISTORY
