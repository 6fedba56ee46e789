from __future__ import annotations

from pathlib import Path

import pytest

from labelers.marks import Line, class_columns, count_mentions, read_marks
from schemas.certainty import Certainty
from schemas.errors import InputError
from schemas.label_set import load_label_set

LABELS = load_label_set()
LINE = Line(Path("some.txt"), 6)


def test_a_sign_is_a_class() -> None:
    assert read_marks(LINE, ["+haemorrhage", "?infarct", "-fracture"], LABELS) == {
        "haemorrhage": Certainty.POSITIVE,
        "infarct": Certainty.UNCERTAIN,
        "fracture": Certainty.NEGATIVE,
    }


@pytest.mark.parametrize(
    ("mark", "what"),
    [
        ("+bleed", "some.txt, line 6: unknown label 'bleed'"),
        ("infarct", "some.txt, line 6: label 'infarct' begins with none of"),
        ("-haemorrhage", "some.txt, line 6: label haemorrhage is given twice"),
    ],
)
def test_a_mark_that_says_nothing_is_refused_with_its_line(mark: str, what: str) -> None:
    with pytest.raises(InputError) as error:
        read_marks(LINE, ["+haemorrhage", mark], LABELS)

    assert what in str(error.value)


def test_what_is_not_marked_is_not_mentioned() -> None:
    columns = class_columns([{"infarct": Certainty.POSITIVE}, {}], LABELS)

    assert tuple(columns) == LABELS.ids
    assert columns["infarct"].to_pylist() == ["positive", "not_mentioned"]
    assert columns["cyst"].to_pylist() == ["not_mentioned", "not_mentioned"]


def test_mentions_are_counted_by_label_and_class() -> None:
    lines = count_mentions([{"infarct": Certainty.POSITIVE}, {"infarct": Certainty.UNCERTAIN}], LABELS)

    [line] = [line for line in lines.splitlines() if line.startswith("infarct")]
    assert line.split() == ["infarct", "1", "1", "0"]
