from __future__ import annotations

import pytest

from labelers.synthetic import Synthesis, load_synthesis, synthetic_texts
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


def test_a_template_with_a_class_of_another_label_set_is_refused() -> None:
    synthesis = Synthesis.model_validate({"templates": [{"text": "{label}", "certainty": "present"}]})

    with pytest.raises(UsageError, match="class 'present', which label set 'three' lacks"):
        synthetic_texts(synthesis, three_labels())
