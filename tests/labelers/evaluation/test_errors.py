from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelers.evaluation.errors import class_confusion, error_masks, split_errors, write_errors
from schemas.errors import OutputError, UsageError
from tests.labelers.evaluation.examples import PREDICTED, TRUTH, answers_of

CLASS_INDICES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20)


def test_errors_are_split_into_missed_false_and_wrong_certainty_by_label() -> None:
    found = split_errors(answers_of()).to_json()

    one_third = {"count": 1, "share": 0.3333}
    assert {kind: found[kind] for kind in ("missed", "false", "wrong_certainty")} == dict.fromkeys(
        ("missed", "false", "wrong_certainty"), one_third
    )
    assert found["errors"] == 3
    assert found["by_label"]["a"]["errors"] == 2
    assert found["by_label"]["b"]["missed"] == {"count": 1, "share": 1.0}


def test_a_label_without_errors_has_no_split() -> None:
    right_in_a = PREDICTED.copy()
    right_in_a[:, 0] = TRUTH[:, 0]

    assert list(split_errors(answers_of(right_in_a)).to_json()["by_label"]) == ["b"]


@given(CLASS_INDICES)
def test_every_wrong_answer_is_an_error_of_exactly_one_kind(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs).T[:, :, None]

    masks = error_masks(truth, predicted)

    assert (sum(mask.astype(int) for mask in masks.values()) == (truth != predicted)).all()


def test_the_confusion_counts_truth_by_row_and_answer_by_column() -> None:
    found = class_confusion(TRUTH, PREDICTED, n_classes=4)

    assert found.tolist() == [[2, 1, 0, 0], [0, 1, 0, 1], [0, 0, 1, 0], [1, 0, 0, 1]]


def test_the_list_of_errors_has_no_text_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert write_errors(answers_of(), tmp_path / "errors.csv", with_text=False) == 3

    found = pyarrow.csv.read_csv(tmp_path / "errors.csv").to_pylist()
    assert found[0] == {
        "id": "t2",
        "document": "d1",
        "label": "a",
        "truth": "negative",
        "predicted": "positive",
        "kind": "wrong_certainty",
        "probability": pytest.approx(0.7),
    }
    assert [row["kind"] for row in found] == ["wrong_certainty", "false", "missed"]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_texts_come_with_the_errors_as_they_are(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"errors.{ending}"
    write_errors(answers_of(), path, with_text=True)

    read = pyarrow.csv.read_csv if ending == "csv" else pq.read_table
    assert read(path)["text"].to_pylist() == ["Two.", 'Three "quoted".', 'Three "quoted".']


def test_a_file_of_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.csv or \.parquet"):
        write_errors(answers_of(), tmp_path / "errors.txt", with_text=False)


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_errors(answers_of(), tmp_path / "nowhere" / "errors.csv", with_text=False)
