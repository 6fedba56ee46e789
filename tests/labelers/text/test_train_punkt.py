from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from labelers.text.train_punkt import main, train_punkt

PLACES = ["left", "right", "lobe", "cortex", "vessel", "node", "ventricle", "cistern"]
TEXTS = [
    f"The lesion is approx. {n} mm wide. It was seen before by prof. example. The old {place} is clear. "
    f"No bleed was found in the {place}."
    for n, place in enumerate(PLACES * 40)
]


def test_an_abbreviation_is_learnt_from_its_use() -> None:
    parameters = train_punkt(TEXTS)
    assert "prof" in parameters.abbreviations
    assert not {"clear", *PLACES} & set(parameters.abbreviations)


def test_training_writes_the_same_bytes_each_time(tmp_path: Path) -> None:
    source = tmp_path / "texts.parquet"
    pq.write_table(pa.table({"text": [*TEXTS, None]}), source)
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert main([str(source), str(first)]) == 0
    assert main([str(source), str(second)]) == 0
    assert first.read_bytes() == second.read_bytes()
    assert "prof" in json.loads(first.read_text("utf-8"))["abbreviations"]


def test_the_wrong_number_of_arguments_is_an_error() -> None:
    assert main([]) == 2
