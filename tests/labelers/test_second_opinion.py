"""Second opinions: the pool, its weight, and bundles that name one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from labelers.bundle import Calibration, load_bundle, read_bundle_record, save_bundle, with_calibration
from labelers.calibrating_bundles import calibrate_bundle
from labelers.loading import load_labeler
from labelers.recipe import Recipe, Unit
from labelers.second_opinion import Adviser, SecondOpinion, fit_weight, load_adviser, pool, weighed
from labelers.sparse.fitting import fit_forests
from labelers.training import TrainingInputs, train_labeler
from schemas.errors import BundleError, UsageError
from schemas.label_set import load_label_set
from tests.conftest import TINY_RECIPE
from tests.labelers.networks import three_labels
from tests.labelers.sparse.examples import CERTAINTY, certain_texts, forest_recipe

TEXTS = ("There is no haemorrhage.", "Acute infarct.", "Possible skull fracture.", "")
MISTAKE: Any = 7
"""What no labeler can read."""
RULES = SecondOpinion(labeler="rules", weight=0.5)


def two_classes(*positive: float) -> NDArray[np.float32]:
    """One label in two classes, by the probability of the second: (n, 1, 2)."""
    return np.array([[[1 - p, p]] for p in positive], np.float32)


def test_the_pool_multiplies_and_makes_the_sum_one_again() -> None:
    found = pool(two_classes(0.6), two_classes(0.2), weight=1.0)

    assert found[0, 0] == pytest.approx([0.4 * 0.8 / 0.44, 0.6 * 0.2 / 0.44], abs=1e-6)


def test_half_the_weight_takes_the_root() -> None:
    found = pool(two_classes(0.5), two_classes(0.8), weight=0.5)

    assert found[0, 0, 1] / found[0, 0, 0] == pytest.approx(2.0, rel=1e-5)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_without_weight_the_first_opinion_stays(first: float, second: float) -> None:
    found = pool(two_classes(first), two_classes(second), weight=0.0)

    assert found == pytest.approx(two_classes(first), abs=1e-6)


def test_who_is_certain_is_not_talked_round() -> None:
    found = pool(two_classes(0.0, 1.0), two_classes(0.97, 0.03), weight=1.0)

    assert found.argmax(axis=-1).tolist() == [[0], [1]]


def test_a_sure_answer_stands_and_an_unsure_one_is_weighed() -> None:
    first, second = two_classes(0.85, 0.75), two_classes(0.1, 0.1)

    found = weighed(first, second, weight=1.0)

    assert np.array_equal(found[0], first[0])
    assert np.array_equal(found[1], pool(first, second, weight=1.0)[1])


def test_the_weight_is_the_least_that_does_best() -> None:
    truth = np.array([[1], [0], [1]])
    first, second = two_classes(0.4, 0.1, 0.9), two_classes(0.9, 0.1, 0.9)

    weight = fit_weight(first, second, truth)

    assert weight == 0.2  # 0.4 / 0.6 x (0.9 / 0.1)^w is above 1 from w = 0.185
    assert pool(first, second, weight=weight).argmax(axis=-1).tolist() == truth.tolist()


def test_an_opinion_that_misleads_has_no_weight() -> None:
    assert fit_weight(two_classes(0.6, 0.4), two_classes(0.1, 0.9), np.array([[1], [0]])) == 0


def training_file(bundle: Path) -> Path:
    return bundle.parent / "sentences.parquet"


def advised(bundle: Path, folder: Path) -> Path:
    """The bundle with the rules as its second opinion."""
    labeler = load_bundle(bundle)
    save_bundle(with_calibration(labeler, Calibration(labeler.temperatures, RULES)), folder)
    return folder


def test_a_bundle_weighs_in_what_the_rules_say(tmp_path: Path, tiny_bundle: Path) -> None:
    alone, rules = load_bundle(tiny_bundle), load_labeler("rules")

    labeler = load_bundle(advised(tiny_bundle, tmp_path / "own"))
    both = labeler.probabilities(TEXTS)

    first = alone.probabilities(TEXTS)
    assert np.array_equal(both, weighed(first, rules.probabilities(TEXTS), weight=0.5))
    assert not np.allclose(both, first, atol=0.01)
    assert np.array_equal(both, np.concatenate([labeler.probabilities([t]) for t in TEXTS]))


def test_the_rules_are_part_of_the_fingerprint(tmp_path: Path, tiny_bundle: Path) -> None:
    labeler = load_bundle(advised(tiny_bundle, tmp_path / "own"))
    assert labeler.adviser is not None
    rules = load_labeler("rules")
    assert labeler.adviser.labeler.fingerprint == rules.fingerprint

    other = replace(
        labeler.adviser,
        labeler=replace(load_adviser("rules", labeler.label_set, unit=Unit.SENTENCE), fingerprint="x"),
    )

    assert labeler.fingerprint == labeler.adviser.fingerprint(
        read_bundle_record(tmp_path / "own").fingerprint
    )
    assert labeler.fingerprint != other.fingerprint(read_bundle_record(tmp_path / "own").fingerprint)


def test_a_weight_that_was_edited_is_refused(tmp_path: Path, tiny_bundle: Path) -> None:
    own = advised(tiny_bundle, tmp_path / "own")
    raw = yaml.safe_load((own / "labeler.yaml").read_text(encoding="utf-8"))
    raw["second_opinion"]["weight"] = 0.6
    (own / "labeler.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")

    with pytest.raises(BundleError, match="fingerprint does not fit"):
        load_bundle(own)


def test_a_bundle_without_one_does_not_speak_of_it(tmp_path: Path, tiny_bundle: Path) -> None:
    save_bundle(load_bundle(tiny_bundle), tmp_path / "own")

    assert "second_opinion" not in (tmp_path / "own" / "labeler.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["default", "oracle", "conf/labelers/rules.yaml"])
def test_who_gives_an_opinion_is_a_shipped_labeler_that_reads_by_rules(name: str) -> None:
    with pytest.raises(UsageError, match=f"'{name}' cannot give a second opinion.*: rules$"):
        load_adviser(name, load_label_set("head_ct_31"), unit=Unit.SENTENCE)


def test_one_who_reads_sentences_has_no_opinion_on_reports() -> None:
    with pytest.raises(UsageError, match="reads a sentence at a time, not a report"):
        load_adviser("rules", load_label_set("head_ct_31"), unit=Unit.REPORT)


def test_training_refuses_an_opinion_before_it_begins(tmp_path: Path, tiny_bundle: Path) -> None:
    inputs = TrainingInputs(labelled=(training_file(tiny_bundle),))

    with pytest.raises(UsageError, match="cannot give a second opinion"):
        train_labeler(
            Recipe.model_validate(TINY_RECIPE), inputs, out=tmp_path / "own", second_opinion="rules.yaml"
        )

    assert list(tmp_path.iterdir()) == []


def test_a_bundle_whose_second_opinion_is_gone_is_refused_by_its_place(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    labeler = load_bundle(tiny_bundle)
    gone = SecondOpinion(labeler="oracle", weight=0.5)
    adviser = Adviser(gone, load_labeler("rules"))
    save_bundle(replace(labeler, adviser=adviser), tmp_path / "own")

    with pytest.raises(BundleError, match=r"bundle .*own: its second opinion cannot be had: 'oracle'"):
        load_bundle(tmp_path / "own")


def test_of_texts_that_the_first_is_sure_about_the_second_is_not_asked(tiny_bundle: Path) -> None:
    first = load_bundle(tiny_bundle).probabilities(TEXTS)
    sure, unsure = first.copy(), first.copy()
    sure[...], unsure[...] = (1, 0, 0, 0), (0.4, 0.3, 0.2, 0.1)
    adviser = Adviser(RULES, load_labeler("rules"))

    assert adviser.weigh_in([MISTAKE, MISTAKE], sure[:2]).tolist() == sure[:2].tolist()
    with pytest.raises((AttributeError, TypeError)):
        adviser.weigh_in([MISTAKE, MISTAKE], unsure[:2])


def test_forests_are_advised_too() -> None:
    plain = fit_forests(forest_recipe(), CERTAINTY, certain_texts())
    adviser = Adviser(RULES, plain)
    texts = ("no bleed the skull", "a large bleed the skull fracture")

    alone, both = plain.probabilities(texts), replace(plain, adviser=adviser).probabilities(texts)

    assert np.array_equal(both, weighed(alone, alone, weight=0.5))


def test_an_opinion_on_other_labels_is_refused() -> None:
    with pytest.raises(UsageError, match="has the labels of head_ct_31, not those of three"):
        load_adviser("rules", three_labels(), unit=Unit.SENTENCE)


@pytest.fixture(scope="module")
def hesitant_bundle(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path) -> Path:
    """Trained for half its epochs, so that the rules know better, and with them."""
    recipe = Recipe.model_validate(TINY_RECIPE).with_overrides(max_epochs=8)
    out = tmp_path_factory.mktemp("hesitant") / "bundle"
    train_labeler(
        recipe, TrainingInputs(labelled=(training_file(tiny_bundle),)), out=out, second_opinion="rules"
    )
    return out


def test_training_fits_the_weight_on_what_it_held_out(hesitant_bundle: Path) -> None:
    record = read_bundle_record(hesitant_bundle)

    told = record.training["calibration"]
    assert told["second_opinion"]["after"]["micro_f1"] > told["after"]["micro_f1"]
    assert record.second_opinion == SecondOpinion(labeler="rules", weight=told["second_opinion"]["weight"])


def test_calibrating_afterwards_gives_what_training_gave(
    tmp_path: Path, hesitant_bundle: Path, tiny_bundle: Path
) -> None:
    wanted = read_bundle_record(hesitant_bundle)
    own = shutil.copytree(hesitant_bundle, tmp_path / "own")
    calibrate_bundle(own, [training_file(tiny_bundle)])
    assert read_bundle_record(own).second_opinion is None

    calibrate_bundle(own, [training_file(tiny_bundle)], second_opinion="rules")

    assert read_bundle_record(own) == wanted


def test_where_no_weight_helps_there_is_no_second_opinion(tmp_path: Path, tiny_bundle: Path) -> None:
    own = shutil.copytree(tiny_bundle, tmp_path / "own")

    changed = calibrate_bundle(own, [training_file(tiny_bundle)], second_opinion="rules")

    assert changed["second_opinion"]["weight"] == 0
    assert read_bundle_record(own).second_opinion is None
    assert load_bundle(own).fingerprint == load_bundle(tiny_bundle).fingerprint
