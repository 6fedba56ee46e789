from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelers.coding import (
    cantemist_label_set,
    cantemist_table,
    cmc_table,
    code_id,
    main,
    nearest_description,
    openi_table,
)
from labelers.data import read_labelled
from schemas.errors import InputError
from schemas.label_set import load_label_set

SHARED = Path(__file__).parents[3] / "shared" / "data" / "coding"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="the coding data are not at hand")
CANTEMIST_ROWS = [
    {"split": "train", "doc_id": "a", "text": "Tumor de colon.", "codes": ["8140/3", "8000/6"]},
    {"split": "train", "doc_id": "b", "text": "Sin datos.", "codes": []},
    {"split": "test", "doc_id": "c", "text": "Metástasis.", "codes": ["8000/6", "8720/3"]},
]
DESCRIPTIONS = [
    {"code": "8140/3", "desc_es": "Un adenocarcinoma", "title_en": "One adenocarcinoma"},
    {"code": "8000/6", "desc_es": "Una metástasis", "title_en": None},
]


def written(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / f"{name}.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize(
    ("code", "identifier"),
    [("786.2", "code_786_2"), ("V13.02", "code_v13_02"), ("591", "code_591"), ("8000/1/H", "code_8000_1_h")],
)
def test_a_code_becomes_a_label_id(code: str, identifier: str) -> None:
    assert code_id(code) == identifier


@pytest.mark.parametrize("code", ["", "78 6", "a//b", ".1"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(InputError, match="characters other than"):
        code_id(code)


def test_an_openi_report_is_its_sections_under_their_headings(tmp_path: Path) -> None:
    row = {"uid": "7", "indication": "Cough. ", "comparison": None, "findings": "Clear.", "impression": ""}
    labels = {"normal": 1, "Atelectasis": 0, "Cardiomegaly": 0, "Effusion": 1, "Nodule": 0}

    table = openi_table(written(tmp_path, "openi", [row | labels]), load_label_set("openi_chest"))

    assert table.to_pylist() == [
        {
            "report_id": "7",
            "text": "Indication: Cough.\nFindings: Clear.",
            "n_codes": 2,
            "normal": "present",
            "atelectasis": "absent",
            "cardiomegaly": "absent",
            "effusion": "present",
            "nodule": "absent",
        }
    ]


def test_a_cmc_report_has_its_codes_present(tmp_path: Path) -> None:
    row = {"doc_id": 12, "clinical_history": "Cough.", "impression": "Clear.", "codes": ["786.2", "V13.02"]}

    [found] = cmc_table(written(tmp_path, "cmc", [row]), load_label_set("cmc_2007")).to_pylist()

    assert (found["report_id"], found["n_codes"]) == ("12", 2)
    assert found["text"] == "Clinical history: Cough.\nImpression: Clear."
    assert [key for key, value in found.items() if value == "present"] == ["code_786_2", "code_v13_02"]


def test_the_cantemist_label_set_has_the_codes_of_its_splits_only(tmp_path: Path) -> None:
    source = written(tmp_path, "cantemist", CANTEMIST_ROWS)
    descriptions = written(tmp_path, "descriptions", DESCRIPTIONS)

    label_set = cantemist_label_set(source, descriptions, splits=["train"])

    assert label_set.ids == ("code_8000_6", "code_8140_3")
    assert label_set.labels[1].description == "Un adenocarcinoma"
    assert label_set.labels[1].synonyms == ("One adenocarcinoma",)
    assert label_set.labels[0].synonyms == ()


def test_a_code_without_a_column_is_counted_all_the_same(tmp_path: Path) -> None:
    source = written(tmp_path, "cantemist", CANTEMIST_ROWS)
    label_set = cantemist_label_set(source, written(tmp_path, "descriptions", DESCRIPTIONS))

    assert cantemist_table(source, label_set, split="test").to_pylist() == [
        {
            "report_id": "c",
            "text": "Metástasis.",
            "n_codes": 2,
            "code_8000_6": "present",
            "code_8140_3": "absent",
        }
    ]


def test_an_unknown_split_is_named(tmp_path: Path) -> None:
    source = written(tmp_path, "cantemist", CANTEMIST_ROWS)
    label_set = cantemist_label_set(source, written(tmp_path, "descriptions", DESCRIPTIONS))

    with pytest.raises(InputError, match="there is no split dev9"):
        cantemist_table(source, label_set, split="dev9")


@pytest.mark.parametrize(
    ("code", "nearest"),
    [
        ("8140/3", "8140/3"),
        ("8140/3/H", "8140/3"),
        ("8140/33", "8140/3"),
        ("8140/31/H", "8140/3"),
        ("8140/6", "8140/3"),
        ("8720/6", "8720/0"),
        ("9999/3", None),
    ],
)
def test_a_code_without_a_description_takes_the_nearest(code: str, nearest: str | None) -> None:
    assert nearest_description(code, ["8140/0", "8140/3", "8720/0"]) == nearest


def test_the_command_writes_tables_and_label_set(tmp_path: Path) -> None:
    source = written(tmp_path, "cantemist", [*CANTEMIST_ROWS, *_dev_rows()])
    descriptions = written(tmp_path, "descriptions", DESCRIPTIONS)
    out = tmp_path / "out"

    main(
        [
            "cantemist",
            str(source),
            "--descriptions",
            str(descriptions),
            "--splits",
            "train",
            "dev1",
            "--out",
            str(out),
        ]
    )

    label_set = load_label_set(out / "cantemist_train_dev1.yaml")
    texts = read_labelled(out / "cantemist_train.parquet", label_set, group_column="report_id")
    assert label_set == cantemist_label_set(source, descriptions, splits=["train", "dev1"])
    assert texts.groups == ("a", "b")
    assert texts.targets.tolist() == [[1, 1], [0, 0]]


def test_the_command_names_a_file_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["cmc", str(tmp_path / "none.parquet"), "--out", str(tmp_path)])

    assert stopped.value.code == InputError.exit_code
    assert "none.parquet" in capsys.readouterr().err


@needs_data
def test_the_label_sets_name_what_the_data_have() -> None:
    openi = openi_table(SHARED / "openi_labels.parquet", load_label_set("openi_chest"))
    cmc = cmc_table(SHARED / "cmc2007_train.parquet", load_label_set("cmc_2007"))

    assert openi.num_rows == 3851
    assert openi["normal"].to_pylist().count("present") == 1379
    assert cmc.num_rows == 978
    for row in cmc.to_pylist():
        assert list(row.values()).count("present") == row["n_codes"]


def _dev_rows() -> list[dict[str, Any]]:
    return [{"split": split, "doc_id": split, "text": "Nada.", "codes": []} for split in ("dev1", "dev2")]
