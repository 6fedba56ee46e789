from __future__ import annotations

from pathlib import Path

import pytest

from labelers.data import read_labelled
from labelers.spelling import load_spelling
from labelers.synonyms import TermFinder, held_out_synonyms
from labelers.synthetic import Synthesis, load_synthesis, main, synthetic_texts
from schemas.errors import UsageError
from schemas.label_set import load_label_set
from tests.labelers.networks import three_labels


def test_the_paper_has_180_synthetic_sentences() -> None:
    texts = synthetic_texts(load_synthesis("schrempf"), load_label_set())

    assert len(texts) == 180
    assert texts.targets.shape == (180, 31)
    assert len(set(texts.texts)) == 180


def test_each_sentence_says_one_thing_of_one_label() -> None:
    texts = synthetic_texts(load_synthesis("schrempf"), load_label_set())

    assert ((texts.targets > 0).sum(axis=1) == 1).all()
    assert [int((texts.targets == code).sum()) for code in (1, 2, 3)] == [36, 36, 108]


def test_templates_are_filled_in_order_with_a_capital_where_asked() -> None:
    texts = synthetic_texts(load_synthesis("schrempf"), three_labels())

    assert texts.texts[:5] == (
        "There is bleed.",
        "There is bleed in the brain.",
        "Bleed is evident in the brain.",
        "There may be bleed.",
        "There is no bleed.",
    )
    assert texts.targets[:5, 0].tolist() == [3, 3, 3, 2, 1]


def test_a_template_is_filled_with_as_many_words_of_each_label_as_it_says() -> None:
    template = {"text": "The {label} has resolved.", "certainty": "negative"}
    synthesis = Synthesis.model_validate({"templates": [template], "fillings": 2})

    texts = synthetic_texts(synthesis, load_label_set())

    assert len(set(texts.texts)) == len(texts) == 62
    assert (texts.targets == 1).sum(axis=0).tolist() == [2] * 31
    assert synthetic_texts(synthesis, load_label_set()).texts == texts.texts


def test_a_template_may_say_something_of_a_second_label() -> None:
    template = {"text": "{Label}: no; {other}: yes.", "certainty": "negative", "other": "positive"}
    synthesis = Synthesis.model_validate({"templates": [template], "fillings": 1})

    texts = synthetic_texts(synthesis, three_labels())

    assert [sorted(row.tolist()) for row in texts.targets] == [[0, 1, 3]] * 3


def test_no_held_out_synonym_is_learnt_from_the_shipped_cues() -> None:
    label_set, spelling = load_label_set(), load_spelling()
    texts = synthetic_texts(load_synthesis("cues"), label_set)
    held_out = {label.id: held_out_synonyms(label, spelling) for label in label_set.labels}
    finder = TermFinder(label_set)

    found = [
        term
        for text in texts.texts
        for term in finder.find(text, held_out.keys())
        if term.words.lower() in {word.lower() for word in held_out[term.label]}
    ]

    assert len(texts) > 5_000
    assert found == []


def test_the_command_writes_what_training_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["cues", "--out", str(tmp_path / "cues.parquet")])

    read = read_labelled(tmp_path / "cues.parquet", load_label_set())
    assert f"{len(read)} sentences" in capsys.readouterr().out
    assert (read.targets == synthetic_texts(load_synthesis("cues"), load_label_set()).targets).all()


def test_a_template_with_a_class_of_another_label_set_is_refused() -> None:
    synthesis = Synthesis.model_validate({"templates": [{"text": "{label}", "certainty": "present"}]})

    with pytest.raises(UsageError, match="class 'present', which label set 'three' lacks"):
        synthetic_texts(synthesis, three_labels())
