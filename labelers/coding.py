"""Report-level data sets of the coding literature as training tables: Open-i, CMC 2007, CANTEMIST.

`python -m labelers.coding openi|cmc|cantemist SOURCE ... --out FOLDER` writes Parquet as `ctlabel train` reads it
(`text`, `report_id`, one column of `absent` or `present` for each label) and, for CANTEMIST, the label set too. The
sets may not be passed on, so neither they nor what is made of them is shipped.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from labelers.data import TEXT_COLUMN, read_columns
from labelers.writing import write_parquet, write_yaml
from schemas.errors import CtlabelError, InputError
from schemas.label_set import Label, LabelKind, LabelSet, load_label_set

ABSENT, PRESENT = "absent", "present"
REPORT_COLUMN = "report_id"
CODES_COLUMN = "n_codes"  # how many codes the report has in truth, those without a column included
OPENI_LABELS, CMC_LABELS = "openi_chest", "cmc_2007"
OPENI_SECTIONS = ("indication", "comparison", "findings", "impression")
CMC_SECTIONS = ("clinical_history", "impression")
CANTEMIST_SPLITS = ("train", "dev1", "dev2", "test")

Rows = Sequence[Mapping[str, Any]]


def code_id(code: str) -> str:
    """A code as a label id: `786.2` is `code_786_2`, `8000/1/H` is `code_8000_1_h`.

    Raises:
        InputError: the code has other characters than letters, digits, points and slashes.
    """
    if not re.fullmatch(r"[A-Za-z0-9]+(?:[./][A-Za-z0-9]+)*", code):
        raise InputError("a code has characters other than letters, digits, points and slashes")
    return "code_" + re.sub(r"[./]", "_", code).lower()


def openi_table(source: Path, label_set: LabelSet) -> pa.Table:
    """One row for each Open-i report; a label is the source column of its id, whatever its case."""
    column_of = {label: "normal" if label == "normal" else label.title() for label in label_set.ids}
    rows = _rows(source, ["uid", *OPENI_SECTIONS, *column_of.values()])
    present = [{label for label, column in column_of.items() if row[column]} for row in rows]
    return _table(rows, label_set, present, id_column="uid", sections=OPENI_SECTIONS)


def cmc_table(source: Path, label_set: LabelSet) -> pa.Table:
    """One row for each CMC 2007 report, with the codes of the majority of its three annotators."""
    rows = _rows(source, ["doc_id", *CMC_SECTIONS, "codes"])
    present = [{code_id(code) for code in row["codes"]} for row in rows]
    return _table(rows, label_set, present, id_column="doc_id", sections=CMC_SECTIONS)


def cantemist_table(source: Path, label_set: LabelSet, *, split: str) -> pa.Table:
    """One row for each document of a split; codes that the label set has not are counted in `n_codes` only."""
    rows = [row for row in _rows(source, ["split", "doc_id", "text", "codes"]) if row["split"] == split]
    if not rows:
        raise InputError(f"{source}: there is no split {split}")
    present = [{code_id(code) for code in row["codes"]} for row in rows]
    return _table(rows, label_set, present, id_column="doc_id", sections=("text",))


def cantemist_label_set(source: Path, descriptions: Path, *, splits: Sequence[str] = ("train",)) -> LabelSet:
    """The codes of these splits, with the Spanish description as description and the English title as synonym.

    A code without a description of its own takes that of the nearest shorter code: without `/H` (a variant that
    the coders noted), without its grade (the last digit), or of the same tissue with another behaviour.
    """
    codes = {
        code for row in _rows(source, ["split", "codes"]) if row["split"] in splits for code in row["codes"]
    }
    texts = {row["code"]: row for row in _rows(descriptions, ["code", "desc_es", "title_en"])}
    labels = tuple(_cantemist_label(code, texts) for code in sorted(codes))
    if not labels:
        raise InputError(f"{source}: the splits {', '.join(splits)} have no codes")
    return LabelSet(
        id="cantemist_" + "_".join(splits),
        version=1,
        description="ICD-O-3 morphology codes of CANTEMIST, present or absent in a case report.",
        classes=(ABSENT, PRESENT),
        labels=labels,
    )


def nearest_description(code: str, known: Iterable[str]) -> str | None:
    """The known code whose description stands in for `code`'s, if there is one."""
    codes = set(known)
    plain = code.removesuffix("/H")
    tissue = plain.split("/")[0]
    same_tissue = sorted((found for found in codes if found.startswith(tissue + "/")), key=_malignant_first)
    candidates = [code, plain, plain[:6], *same_tissue]
    return next((found for found in candidates if found in codes), None)


def write_tables(tables: Mapping[str, pa.Table], out: Path, *, label_set: LabelSet | None = None) -> None:
    """Writes each table as NAME.parquet, and the label set as YAML if given.

    Raises:
        OutputError: a file cannot be written.
    """
    for name, table in tables.items():
        write_parquet(table, out / f"{name}.parquet")
    if label_set is not None:
        write_yaml(label_set.model_dump(mode="json"), out / f"{label_set.id}.yaml")


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line and writes the tables."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        _convert(given)
    except CtlabelError as error:
        parser.exit(error.exit_code, f"error: {error}\n")


def _convert(given: argparse.Namespace) -> None:
    if given.set == "openi":
        write_tables({"openi": openi_table(given.source, load_label_set(OPENI_LABELS))}, given.out)
    elif given.set == "cmc":
        write_tables({"cmc": cmc_table(given.source, load_label_set(CMC_LABELS))}, given.out)
    else:
        label_set = cantemist_label_set(given.source, given.descriptions, splits=given.splits)
        tables = {
            f"cantemist_{split}": cantemist_table(given.source, label_set, split=split)
            for split in CANTEMIST_SPLITS
        }
        write_tables(tables, given.out, label_set=label_set)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m labelers.coding", description=__doc__)
    sets = parser.add_subparsers(dest="set", required=True)
    for name in ("openi", "cmc", "cantemist"):
        one = sets.add_parser(name)
        one.add_argument("source", type=Path, help="The set's Parquet file.")
        one.add_argument("--out", type=Path, required=True, help="Folder to write to.")
        if name == "cantemist":
            one.add_argument("--descriptions", type=Path, required=True, help="Codes and their descriptions.")
            one.add_argument("--splits", nargs="+", choices=CANTEMIST_SPLITS[:3], default=["train"])
    return parser


def _rows(path: Path, columns: Sequence[str]) -> Rows:
    rows: Rows = read_columns(path, columns).to_pylist()
    return rows


def _table(
    rows: Rows, label_set: LabelSet, present: Sequence[set[str]], *, id_column: str, sections: Sequence[str]
) -> pa.Table:
    if label_set.classes != (ABSENT, PRESENT):
        raise InputError(f"label set {label_set.id} has other classes than {ABSENT} and {PRESENT}")
    columns = {
        REPORT_COLUMN: pa.array([str(row[id_column]) for row in rows]),
        TEXT_COLUMN: pa.array([_text(row, sections) for row in rows]),
        CODES_COLUMN: pa.array([len(found) for found in present], type=pa.int32()),
    }
    for label in label_set.ids:
        values = pa.array([PRESENT if label in found else ABSENT for found in present])
        columns[label] = values.dictionary_encode()
    return pa.table(columns)


def _text(row: Mapping[str, Any], sections: Sequence[str]) -> str:
    """The sections that are there, each under its heading; a single one without."""
    if len(sections) == 1:
        return str(row[sections[0]])
    return "\n".join(f"{_heading(name)}: {row[name].strip()}" for name in sections if row[name])


def _heading(section: str) -> str:
    return section.replace("_", " ").capitalize()


def _cantemist_label(code: str, texts: Mapping[str, Mapping[str, Any]]) -> Label:
    nearest = nearest_description(code, texts)
    found = texts[nearest] if nearest else {"desc_es": code, "title_en": None}
    return Label(
        id=code_id(code),
        name=code,
        kind=LabelKind.IMPRESSION,
        variants=(code,),
        description=found["desc_es"],
        synonyms=(found["title_en"],) if found["title_en"] else (),
    )


def _malignant_first(code: str) -> tuple[bool, int, str]:
    return not code.endswith("/3"), len(code), code


if __name__ == "__main__":
    main()
