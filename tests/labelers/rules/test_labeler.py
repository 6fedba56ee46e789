from pathlib import Path

import numpy as np
import pytest

from labelers.base import ExplainingLabeler, predicted_classes
from labelers.loading import load_labeler
from labelers.recipe import load_recipe
from labelers.registry import list_labelers, resolve_bundle
from labelers.rules.labeler import RuleLabeler
from schemas.certainty import Certainty
from schemas.conf import CONF_DIR
from schemas.errors import BundleError, UsageError

LABELER = RuleLabeler.load(CONF_DIR / "labelers" / "rules.yaml")
RECIPE = """
name: mine
paper: {cite: none, section: none}
summary: mine
kind: rules
rules: [mine.yaml]
"""
RULES = """
terms:
  - labels: [LABEL]
    example: "A blob."
    shows: {lesion: positive}
    find: [FIND]
"""


def own_labeler(
    folder: Path, *, label: str = "lesion", find: str = "blob", name: str = "recipe.yaml"
) -> Path:
    (folder / "mine.yaml").write_text(RULES.replace("LABEL", label).replace("FIND", find))
    (folder / name).write_text(RECIPE)
    return folder / name


def classes(text: str) -> dict[str, Certainty]:
    codes = predicted_classes(LABELER.probabilities([text]))[0]
    return {LABELER.label_set.ids[i]: Certainty(code) for i, code in enumerate(codes) if code}


def test_a_mention_names_its_term_and_cue_and_where_they_stand() -> None:
    text = "No evidence of a skull fracture."
    [mention] = LABELER.explain(text)
    assert (mention.label, mention.certainty) == ("fracture", Certainty.NEGATIVE)
    assert text[mention.start : mention.end] == "skull fracture"
    assert mention.cue == "no evidence of"
    assert mention.cue_span is not None
    assert text[slice(*mention.cue_span)] == "No evidence of"


def test_a_mention_without_a_cue_is_positive() -> None:
    [mention] = LABELER.explain("Left frontal contusion.")
    assert (mention.certainty, mention.cue) == (Certainty.POSITIVE, None)


def test_of_several_mentions_of_a_label_the_strongest_class_holds() -> None:
    assert classes("No new haemorrhage; the old haematoma persists.")["haemorrhage"] == Certainty.POSITIVE


def test_the_class_of_the_rules_has_the_recipes_confidence_and_all_sum_to_one() -> None:
    probabilities = LABELER.probabilities(["No fracture.", ""])
    assert probabilities.shape == (2, 31, 4)
    np.testing.assert_allclose(probabilities.max(axis=-1), LABELER.recipe.confidence)
    np.testing.assert_allclose(probabilities.sum(axis=-1), 1, rtol=1e-6)


def test_an_answer_does_not_depend_on_the_texts_beside_it() -> None:
    texts = ["Possible infarct.", "No mass effect.", "Possible infarct."]
    alone = np.concatenate([LABELER.probabilities([text]) for text in texts])
    assert (LABELER.probabilities(texts) == alone).all()


def test_a_text_without_words_mentions_nothing() -> None:
    assert classes("") == {}
    assert classes(" ... ") == {}


def test_case_and_odd_characters_change_nothing() -> None:
    assert classes("NO MASS‑EFFECT.") == classes("no mass effect.") == {"mass_effect": Certainty.NEGATIVE}


def test_history_under_its_heading_mentions_nothing() -> None:
    assert classes("Clinical details: fall, bleed?") == {}


def test_certainty_is_told_of_any_words() -> None:
    text = "Lungs without pneumonia."
    assert LABELER.certainty(text, (14, 23)) == Certainty.NEGATIVE


def test_it_loads_by_name_and_explains_itself() -> None:
    loaded = load_labeler("rules")
    assert loaded.fingerprint == LABELER.fingerprint
    assert isinstance(loaded, ExplainingLabeler)


def test_it_is_listed_as_ready_without_training() -> None:
    [entry] = [entry for entry in list_labelers() if entry.name == "rules"]
    assert entry.bundle is None
    assert not entry.needs_training


def test_it_has_no_bundle_and_cannot_be_trained() -> None:
    with pytest.raises(BundleError, match="'rules' reads by rules: it has no bundle"):
        resolve_bundle("rules")
    with pytest.raises(UsageError, match="it is not trained"):
        load_recipe("rules")


def test_rules_of_ones_own_are_found_beside_their_recipe(tmp_path: Path) -> None:
    labeler = load_labeler(own_labeler(tmp_path))
    assert isinstance(labeler, ExplainingLabeler)
    assert [mention.label for mention in labeler.explain("A blob is seen.")] == ["lesion"]


def test_the_fingerprint_changes_with_the_rules_but_not_with_where_they_lie(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    here = load_labeler(own_labeler(tmp_path))
    assert load_labeler(own_labeler(tmp_path / "there")).fingerprint == here.fingerprint
    assert load_labeler(own_labeler(tmp_path, find="blot")).fingerprint != here.fingerprint


def test_a_rule_for_a_label_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown label 'lesions'"):
        load_labeler(own_labeler(tmp_path, label="lesions"))


def test_rules_for_labels_of_other_classes_are_refused(tmp_path: Path) -> None:
    path = own_labeler(tmp_path, label="normal")
    path.write_text(RECIPE + "label_set: openi_chest\n")

    with pytest.raises(UsageError, match="'openi_chest' has other classes"):
        RuleLabeler.load(path)


def test_a_weak_term_gives_way_to_other_words_for_its_label() -> None:
    text = "White matter hyperintensities, possibly small vessel disease."
    assert classes("White matter hyperintensities.") == {"small_vessel_disease": Certainty.POSITIVE}
    assert classes(text) == {"small_vessel_disease": Certainty.UNCERTAIN}


def test_readings_of_one_finding_are_both_left_open() -> None:
    doubtful = {"infarct": Certainty.UNCERTAIN, "tumour": Certainty.UNCERTAIN}
    assert classes("Infarct versus glioma.") == classes("Likely infarct or glioma.") == doubtful
    assert classes("No infarct or glioma.") == dict.fromkeys(doubtful, Certainty.NEGATIVE)
