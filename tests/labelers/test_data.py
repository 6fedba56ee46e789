from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelers.data import held_out_mask, read_labelled, read_texts
from schemas.errors import InputError
from tests.labelers.networks import three_labels

ROW = {"text": ["No bleed."], "bleed": ["negative"], "fracture": ["not_mentioned"], "infarct": ["positive"]}


def write(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table({**ROW, **columns}), path)
    return path


def test_class_names_become_class_indices_in_label_order(tmp_path: Path) -> None:
    texts = read_labelled(write(tmp_path / "a.parquet"), three_labels())

    assert texts.texts == ("No bleed.",)
    assert texts.targets.tolist() == [[1, 0, 3]]
    assert texts.groups == (None,)


def test_the_group_column_is_read_where_there_is_one(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", report_id=["r1"])

    assert read_labelled(path, three_labels(), group_column="report_id").groups == ("r1",)
    assert read_labelled(path, three_labels(), group_column="other").groups == (None,)


def test_label_columns_may_be_dictionaries(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", bleed=pa.array(["uncertain"]).dictionary_encode())

    assert read_labelled(path, three_labels()).targets[0, 0] == 2


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"bleed": ["perhaps"]}, "column bleed has values other than not_mentioned, negative"),
        ({"bleed": pa.array([None], pa.string())}, "column bleed has values other than"),
        ({"text": pa.array([None], pa.string())}, "1 texts are null"),
    ],
)
def test_values_that_do_not_fit_are_refused_without_showing_them(
    tmp_path: Path, columns: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_labelled(write(tmp_path / "a.parquet", **columns), three_labels())

    assert "perhaps" not in str(caught.value)


def test_missing_columns_and_files_are_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"words": ["a"]}), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_text("no Parquet")

    with pytest.raises(InputError, match=r"no column bleed, fracture, infarct, text; there are: words"):
        read_labelled(tmp_path / "a.parquet", three_labels())
    with pytest.raises(InputError, match=r"b\.parquet cannot be read as Parquet"):
        read_texts(tmp_path / "b.parquet")
    with pytest.raises(InputError, match=r"c\.parquet cannot be read"):
        read_texts(tmp_path / "c.parquet")


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table(ROW).slice(0, 0), tmp_path / "a.parquet")

    with pytest.raises(InputError, match="there are no rows"):
        read_labelled(tmp_path / "a.parquet", three_labels())


def test_a_group_is_held_out_whole_whatever_else_there_is() -> None:
    groups = [f"r{n % 200}" for n in range(600)]

    mask = held_out_mask([*groups, None], share=0.1)

    assert not mask[-1]
    assert (mask[:200] == mask[200:400]).all()
    assert 10 <= mask[:200].sum() <= 30
    assert np.array_equal(held_out_mask(groups[:50], share=0.1), mask[:50])
