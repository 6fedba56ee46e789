"""The shipped label set keeps the counts of the paper and does not contradict itself."""

from __future__ import annotations

from collections import Counter

import pytest

from schemas.label_set import Label, LabelKind, LabelSet, load_label_set

LABEL_SET = load_label_set()


def same_spelling(term: str) -> str:
    return " ".join(term.casefold().replace("-", " ").replace("/", " ").split())


def names_of(label: Label) -> set[str]:
    return {same_spelling(term) for term in (label.name, *label.variants, *label.synonyms)}


@pytest.fixture(params=LABEL_SET.labels, ids=LABEL_SET.ids)
def label(request: pytest.FixtureRequest) -> Label:
    assert isinstance(request.param, Label)
    return request.param


def test_there_are_thirteen_findings_fourteen_impressions_and_four_crossover_labels_in_that_order() -> None:
    kinds = [label.kind for label in LABEL_SET.labels]

    assert kinds == [LabelKind.FINDING] * 13 + [LabelKind.IMPRESSION] * 14 + [LabelKind.CROSSOVER] * 4


def test_the_36_variants_are_27_single_names_and_nine_of_the_four_labels_with_several() -> None:
    several = {label.id: len(label.variants) for label in LABEL_SET.labels if len(label.variants) > 1}

    assert several == {"vessel_occlusion": 2, "evidence_of_surgery": 2, "haemorrhage": 3, "atrophy": 2}
    assert sum(len(label.variants) for label in LABEL_SET.labels) == 36


def test_a_label_with_a_single_variant_is_named_by_it() -> None:
    for label in LABEL_SET.labels:
        if len(label.variants) == 1:
            assert label.variants == (label.name,)


def test_every_label_is_described_in_a_sentence(label: Label) -> None:
    assert label.description.endswith(".")
    assert len(label.description.split()) >= 8


def test_every_label_has_many_synonyms_none_of_them_twice(label: Label) -> None:
    repeated = [term for term, count in Counter(map(str.casefold, label.synonyms)).items() if count > 1]

    assert len(label.synonyms) >= 20
    assert repeated == []
    assert all(term == term.strip() and term for term in label.synonyms)


def test_no_two_labels_share_a_name_variant_or_synonym() -> None:
    owners: dict[str, set[str]] = {}
    for label in LABEL_SET.labels:
        for term in names_of(label):
            owners.setdefault(term, set()).add(label.id)

    assert {term: ids for term, ids in owners.items() if len(ids) > 1} == {}


def test_names_and_descriptions_are_unique() -> None:
    assert len({label.name for label in LABEL_SET.labels}) == 31
    assert len({label.description for label in LABEL_SET.labels}) == 31


@pytest.mark.parametrize(
    ("term", "label_id"),
    [
        ("SAH", "haemorrhage"),
        ("AVM", "congenital_abnormality"),
        ("old lacune", "established_infarct"),
        ("dense MCA sign", "hyperdense_vessel"),
        ("gray-white", "loss_of_grey_white_differentiation"),
        ("EVD", "evidence_of_surgery"),
        ("hygroma", "collection"),
    ],
)
def test_a_radiologists_word_leads_to_its_label(term: str, label_id: str) -> None:
    found = {label.id for label in LABEL_SET.labels for synonym in label.synonyms if term in synonym}

    assert found == {label_id}


def test_the_shipped_label_set_is_the_default() -> None:
    assert isinstance(LABEL_SET, LabelSet)
    assert LABEL_SET.id == "head_ct_31"
