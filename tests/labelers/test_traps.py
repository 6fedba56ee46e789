"""Sentences that are easily misread, through the labeler that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from labelers.base import predicted_classes
from labelers.bundle import load_bundle
from labelers.network_labeler import NetworkLabeler
from schemas.certainty import Certainty

MARKS = {"+": Certainty.POSITIVE, "?": Certainty.UNCERTAIN, "-": Certainty.NEGATIVE}
TRAPS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("traps.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def labeler() -> NetworkLabeler:
    loaded = load_bundle("default")
    assert isinstance(loaded, NetworkLabeler)
    return loaded


def said(labeler: NetworkLabeler, trap: dict[str, Any]) -> dict[str, int]:
    [classes] = predicted_classes(labeler.probabilities([trap["text"]]))
    ids, may_vary = labeler.label_set.ids, trap.get("open", ())
    return {label: int(c) for label, c in zip(ids, classes, strict=True) if c and label not in may_vary}


def marked(trap: dict[str, Any]) -> Any:
    """A trap that the labeler is known to fall into must go on failing: the file tells when it no longer does."""
    marks = [pytest.mark.xfail(strict=True)] if trap.get("fails") else []
    return pytest.param(trap, id=trap["text"], marks=marks)


@pytest.mark.parametrize("trap", [marked(trap) for trap in TRAPS])
def test_a_trap_is_read_as_it_is_meant(labeler: NetworkLabeler, trap: dict[str, Any]) -> None:
    assert said(labeler, trap) == {mark[1:]: int(MARKS[mark[0]]) for mark in trap["says"]}


def test_there_are_the_fourteen_and_ninety_more() -> None:
    assert len(TRAPS) >= 104
