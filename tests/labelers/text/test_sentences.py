from __future__ import annotations

import json
import pickle

import pytest

from labelers.text.sentences import SentenceSplitter
from schemas.conf import CONF_DIR

SPLITTER = SentenceSplitter.load()


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in SPLITTER.spans(text, 0, len(text))]


@pytest.mark.parametrize(
    "sentence",
    [
        "A collection of 3.5 mm, i.e. small.",
        "Compared with the scan of 12.03.2021 there is no change.",
        "Seen by Dr. Example on the ward.",
        "Lesion of approx. 3 cm in the left lobe.",
        "Tumour vs. abscess in the right lobe.",
        "Early ?infarct in the left insula.",
        "The sinus shows ? filling defect.",
        "A cyst? maybe, but it is small.",
        "Series 4, no. 12 shows it best.",
        "Cyst (e.g. arachnoid) in the left middle fossa.",
        "Swelling ... none",
        "Grade I (St. n. clipping) as before.",
    ],
)
def test_this_is_one_sentence(sentence: str) -> None:
    assert split(sentence) == [sentence]


@pytest.mark.parametrize("text", ["Haemorrhage? No.", "Midline shift? Yes, 4 mm.", "Fracture? None"])
def test_a_question_and_its_answer_are_one_sentence(text: str) -> None:
    assert split(text) == [text]


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("1) acute infarct 2) no bleed 3) old lacune", ["acute infarct", "no bleed", "old lacune"]),
        ("1. Acute SDH 2. No fracture", ["Acute SDH", "No fracture"]),
        ("(1) Old infarct (2) no bleed", ["Old infarct", "no bleed"]),
        ("Infarcts 2) of the left side", ["Infarcts 2) of the left side"]),
    ],
)
def test_a_list_that_counts_from_one_within_its_line_is_parted(text: str, items: list[str]) -> None:
    assert split(text) == items


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("No bleed. No infarct.", ["No bleed.", "No infarct."]),
        ("no bleed. no infarct.", ["no bleed.", "no infarct."]),
        ("Is this an infarct? The cortex is swollen.", ["Is this an infarct?", "The cortex is swollen."]),
        ("Shift of 4 mm.The cisterns are open.", ["Shift of 4 mm.", "The cisterns are open."]),
        (
            "The cisterns are open.The midline is central.",
            ["The cisterns are open.", "The midline is central."],
        ),
        ("1. Old infarct. 2. Atrophy.", ["Old infarct.", "Atrophy."]),
        ("Findings are: 1) bleed; 2) shift", ["Findings are: 1) bleed; 2) shift"]),
        ("(1) Bleed. (2) Shift.", ["Bleed.", "Shift."]),
        ("Chiari I. Mastoids are clear.", ["Chiari I.", "Mastoids are clear."]),
        ("Bleed in the left lobe.\nNo shift.", ["Bleed in the left lobe.", "No shift."]),
        ('He said "no change." No shift.', ['He said "no change."', "No shift."]),
    ],
)
def test_text_is_split_where_sentences_end(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


def test_decisions_are_the_same_when_remembered() -> None:
    text = "Seen by Prof. Example. Lesion of approx. 3 cm. No. 4 is old. No bleed."
    assert split(text) == split(text)


def test_a_copy_splits_alike() -> None:
    text = "Seen by Dr. Example. No bleed."
    copy = pickle.loads(pickle.dumps(SPLITTER))
    assert list(copy.spans(text, 0, len(text))) == list(SPLITTER.spans(text, 0, len(text)))


def test_hand_written_abbreviations_are_not_both_given_and_forbidden() -> None:
    assert not SPLITTER.rules.abbreviations & SPLITTER.rules.never_abbreviations


def test_the_shipped_parameters_are_sorted_and_hold_no_sentences() -> None:
    shipped = json.loads((CONF_DIR / "text" / "punkt.json").read_text("utf-8"))
    for words in (shipped["abbreviations"], shipped["sentence_starters"], list(shipped["orthography"])):
        assert words == sorted(words)
        assert not any(" " in word for word in words)


@pytest.mark.parametrize("before", ["", "x", "Heading:\n", "ab", "b)", "seen.", "?"])
def test_a_passage_is_split_the_same_wherever_it_stands_and_however_often(before: str) -> None:
    passage = ".The skull is intact. No bleed; 2) Old infarct. Seen by Dr. Poe.Then nothing."
    text = before + passage
    whole = SentenceSplitter.load()._find_spans(text, len(before))  # sees all that stands before

    for _ in range(2):
        assert list(SPLITTER.spans(text, len(before), len(text))) == list(whole)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (
            "No bleed is seen The ventricles are not dilated Old lacune on the left",
            ["No bleed is seen", "The ventricles are not dilated", "Old lacune on the left"],
        ),
        (
            "Thrombus in the left MCA There is no shift of the midline",
            ["Thrombus in the left MCA", "There is no shift of the midline"],
        ),
        ("No bleed\nNo shift is seen at all today", ["No bleed", "No shift is seen at all today"]),
    ],
)
def test_without_any_punctuation_a_capital_letter_begins_a_sentence(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@pytest.mark.parametrize(
    "text",
    [
        "There is an old bleed in the left Sylvian fissure as before",
        "Aneurysm of the circle of Willis as it was in March of that year",
        "Old Left Frontal Infarct with Ex vacuo Dilatation of the Horn",
        "An infarct of the left Thalamus",
        "Scan 7795 Skull views of that day were looked at again",
        "There is, as it was, an old bleed next to the Insula",
    ],
)
def test_a_capital_letter_begins_none_in_a_name_a_title_a_short_line_or_where_there_is_punctuation(
    text: str,
) -> None:
    assert split(text) == [text]
