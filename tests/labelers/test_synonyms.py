from __future__ import annotations

import numpy as np
import pytest

from labelers.data import LabelledTexts
from labelers.spelling import load_spelling
from labelers.synonyms import SynonymSwap, held_out_synonyms, swapped_texts
from schemas.label_set import Label, LabelSet, load_label_set

SPELLING = load_spelling()
WORDS = ("contusion", "stain", "crack", "bleed", "blood")
HELD_OUT = {"contusion", "stain", "crack"}


def label(name: str, *synonyms: str) -> Label:
    return Label.model_validate(
        {
            "id": name,
            "name": name,
            "kind": "finding",
            "variants": [name],
            "description": "For tests.",
            "synonyms": synonyms,
        }
    )


def swap(*labels: Label) -> SynonymSwap:
    return SynonymSwap(LabelSet(id="few", version=1, labels=labels), SPELLING)


def held_out_of(words: list[str]) -> set[str]:
    return set(held_out_synonyms(label("x", *words), SPELLING))


def test_about_half_of_the_shipped_synonyms_are_held_out() -> None:
    labels = load_label_set().labels
    held_out = sum(len(held_out_synonyms(one, SPELLING)) for one in labels)

    assert held_out / sum(len(one.synonyms) for one in labels) == pytest.approx(0.5, abs=0.02)
    assert all(held_out_synonyms(one, SPELLING) for one in labels)


@pytest.mark.parametrize(
    "words",
    [
        ["brain oedema", "brain edema", "brain-oedema", "Brain oedemas"],
        ["old haematoma", "old hematoma", "old haematomas"],
        ["glial tumour", "glial tumor", "glial-tumor"],
        ["focal ischaemia", "focal ischemia"],
        ["greyish mass", "grayish mass"],
    ],
)
def test_spellings_hyphens_and_plurals_of_a_word_are_in_the_same_half(words: list[str]) -> None:
    assert len(held_out_of(words)) in {0, len(words)}


def test_what_is_held_out_never_changes() -> None:
    assert held_out_of(list(WORDS)) == HELD_OUT


def test_a_synonym_is_put_for_another_of_a_mentioned_label_only() -> None:
    swapped = swap(label("haemorrhage", *WORDS), label("infarct", "stroke", "brain attack"))

    assert swapped.change("A haemorrhage, no infarct.", {"haemorrhage"}) in {
        f"A {other}, no infarct." for other in HELD_OUT
    }
    assert swapped.change("A haemorrhage, no infarct.", set()) == "A haemorrhage, no infarct."


def test_the_longer_of_two_terms_counts() -> None:
    swapped = swap(label("haemorrhage", *WORDS), label("infarct", "haemorrhage-like stroke"))

    assert swapped.change("A haemorrhage-like stroke.", {"haemorrhage"}) == "A haemorrhage-like stroke."


def test_a_part_of_a_word_is_no_term() -> None:
    swapped = swap(label("haemorrhage", *WORDS))

    assert (
        swapped.change("No bloodless rebleed, micro-bleed.", {"haemorrhage"})
        == "No bloodless rebleed, micro-bleed."
    )


def test_a_capital_stays_one() -> None:
    found = swap(label("haemorrhage", *WORDS)).change("Haemorrhage.", {"haemorrhage"})

    assert found in {f"{other.capitalize()}." for other in HELD_OUT}


def test_a_term_without_a_synonym_of_its_form_stays() -> None:
    plural = swap(label("haemorrhage", "bleeds", *WORDS))

    assert plural.change("Old bleeds.", {"haemorrhage"}) == "Old bleeds."
    adjectives = swap(label("effacement", "effaced", *WORDS))
    assert adjectives.change("The sulci are effaced.", {"effacement"}) == "The sulci are effaced."


FEW = LabelSet(id="few", version=1, labels=(label("haemorrhage", *WORDS), label("infarct", "stroke")))


def labelled(*rows: tuple[str, int, int]) -> LabelledTexts:
    """Texts, each with its class of haemorrhage and of infarct."""
    targets = np.array([row[1:] for row in rows], np.int64)
    return LabelledTexts(tuple(row[0] for row in rows), targets, ("report",) * len(rows))


def test_a_synonym_to_be_learnt_takes_the_place_of_another_in_a_text_that_keeps_its_labels() -> None:
    texts = labelled(("Old haemorrhage, no infarct.", 3, 1))

    made = swapped_texts(texts, FEW, SPELLING, each=5)

    learnt = set(WORDS) - HELD_OUT
    assert {text for text in made.texts if "infarct" in text} == {
        f"Old {word}, no infarct." for word in learnt
    }
    assert (made.targets == [3, 1]).all()
    assert set(made.groups) == {None}


def test_of_each_synonym_no_more_texts_are_made_than_asked_for() -> None:
    texts = labelled(*((f"Haemorrhage of {size} mm.", 3, 0) for size in range(20)))

    made = swapped_texts(texts, FEW, SPELLING, each=4)

    assert len(made) == 4 * len(set(WORDS) - HELD_OUT)
    assert not any(word in text for word in HELD_OUT for text in made.texts)
    again = swapped_texts(texts, FEW, SPELLING, each=4)
    assert again.texts == made.texts


def test_a_term_of_a_label_that_is_not_mentioned_stays() -> None:
    made = swapped_texts(labelled(("History of haemorrhage.", 0, 0)), FEW, SPELLING, each=4)

    assert len(made) == 0
