from __future__ import annotations

from pathlib import Path

import pytest

from schemas.aggregation import AggregationRule, load_aggregation
from schemas.certainty import Certainty
from schemas.errors import UsageError
from schemas.label_set import LabelSet, load_label_set


def label_set_of(*classes: str) -> LabelSet:
    label = {"id": "bleed", "name": "bleed", "kind": "finding", "variants": ["bleed"], "description": ""}
    return LabelSet.model_validate({"id": "one", "version": 1, "classes": classes, "labels": [label]})


def rule(*orders: tuple[str, ...]) -> AggregationRule:
    return AggregationRule(id="own", description="", orders=orders)


def test_the_shipped_rule_ranks_positive_over_uncertain_over_negative_over_not_mentioned() -> None:
    ranks = load_aggregation().ranks(load_label_set())

    assert ranks[Certainty.POSITIVE] > ranks[Certainty.UNCERTAIN] > ranks[Certainty.NEGATIVE]
    assert ranks[Certainty.NEGATIVE] > ranks[Certainty.NOT_MENTIONED] == 0


def test_ranks_are_by_class_index_whatever_the_order_of_the_label_set() -> None:
    assert rule(("yes", "maybe", "no")).ranks(label_set_of("maybe", "no", "yes")) == (1, 0, 2)


def test_the_order_that_names_exactly_the_classes_is_used() -> None:
    orders = rule(("yes", "maybe", "no"), ("no", "yes"))

    assert orders.ranks(label_set_of("no", "yes")) == (1, 0)


def test_classes_that_no_order_names_are_an_error() -> None:
    with pytest.raises(UsageError, match=r"'own' has no order for the classes no, yes, unsure of 'one'"):
        rule(("yes", "no")).ranks(label_set_of("no", "yes", "unsure"))


def test_an_order_that_names_a_class_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("{id: own, description: '', orders: [[yes_, yes_, no_]]}", encoding="utf-8")

    with pytest.raises(UsageError, match="twice"):
        load_aggregation(path)


def test_the_fingerprint_follows_the_orders_and_not_the_words() -> None:
    one = rule(("yes", "no"))

    assert one.fingerprint == one.model_copy(update={"description": "other words"}).fingerprint
    assert one.fingerprint != rule(("no", "yes")).fingerprint
