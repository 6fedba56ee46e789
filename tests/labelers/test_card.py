from __future__ import annotations

import pytest

from labelers.bundle import BundleRecord, read_bundle_record
from labelers.card import CARD_FILE, load_card_texts, model_card
from labelers.registry import resolve_bundle
from schemas.errors import UsageError


@pytest.fixture(scope="module")
def record() -> BundleRecord:
    return read_bundle_record("default")


@pytest.fixture(scope="module")
def card(record: BundleRecord) -> str:
    return model_card(record, load_card_texts(record.label_set.id))


def test_a_card_tells_the_labeler_its_data_and_its_intended_use(record: BundleRecord, card: str) -> None:
    assert f"# {record.recipe.name}" in card
    assert record.fingerprint in card
    assert "Not a medical device" in card
    for file in record.training["data"]["labelled"]:
        assert f"`{file['file']}` ({file['hash'][:8]})" in card


def test_a_card_has_a_row_of_figures_for_every_label(record: BundleRecord, card: str) -> None:
    for label in record.label_set.ids:
        assert f"| {label} |" in card


def test_figures_are_those_of_the_record(record: BundleRecord, card: str) -> None:
    figures = record.evaluation["dev"]["figures"]["all"]

    assert f"| all | {figures['texts']} | {figures['micro']['f1']:.3f} | {figures['macro']:.3f} |" in card


def test_the_shipped_card_is_that_of_the_shipped_bundle(card: str) -> None:
    assert (resolve_bundle("default") / CARD_FILE).read_text(encoding="utf-8") == card


def test_a_card_says_who_annotated(card: str) -> None:
    assert card.count("No radiologist has reviewed them.") == 2


def test_a_bundle_without_figures_still_has_a_card(record: BundleRecord) -> None:
    bare = record.model_copy(update={"evaluation": {}, "training": {}})

    assert "## Known failures" in model_card(bare, load_card_texts("head_ct_31"))


def test_a_label_set_without_card_texts_is_named() -> None:
    with pytest.raises(UsageError, match="cmc_2007"):
        load_card_texts("cmc_2007")
