"""The pyarrow schema of every table that is read or written, and the metadata that says which run made it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyarrow as pa

from schemas.errors import InvariantError
from schemas.label_set import LabelSet
from schemas.status import Split

SCHEMA_VERSION: Final = 1
PROBABILITY_SUFFIX: Final = "_probabilities"


class Table(StrEnum):
    """The tables of a run folder; the value is the name of its sub-folder."""

    REPORTS = "reports"
    IMAGES = "images"
    SENTENCES = "sentences"
    REJECTS = "rejects"


@dataclass(frozen=True)
class InputColumn:
    """A column that an input table may or must have; the first alias there is taken where the name is not."""

    name: str
    required: bool
    meaning: str
    aliases: tuple[str, ...] = ()

    def found_in(self, names: Collection[str]) -> str | None:
        """The name under which a table with these columns has it, if it has."""
        return next((name for name in (self.name, *self.aliases) if name in names), None)


REPORT_COLUMNS: Final = (
    InputColumn("report_id", required=True, meaning="identifies the report"),
    InputColumn("report_text", required=True, meaning="the free text"),
    InputColumn("study_id", required=False, meaning="joins reports and images; the report id where absent"),
    InputColumn("patient_id", required=False, meaning="decides the split; the study id where absent"),
    InputColumn("modality", required=False, meaning="a hint for eligibility"),
    InputColumn("exam_name", required=False, meaning="a hint for eligibility"),
)

IMAGE_COLUMNS: Final = (
    InputColumn("study_id", required=True, meaning="joins the image to its reports"),
    InputColumn(
        "image_id",
        required=True,
        meaning="series UID or path",
        aliases=("series_uid", "series_instance_uid", "path"),
    ),
    InputColumn("patient_id", required=False, meaning="decides the split where the reports have none"),
)


def category() -> pa.DataType:
    """Small closed vocabularies: stored as codes, read as strings."""
    return pa.dictionary(pa.int8(), pa.string())


def probability_column(label_id: str) -> str:
    """Name of the column that holds the class probabilities of a label."""
    return label_id + PROBABILITY_SUFFIX


def label_fields(label_set: LabelSet, *, may_be_null: bool) -> list[pa.Field]:
    """A class column and a probability column of n_classes float32 for each label, in label order.

    Lists of a fixed size read as a matrix, but pyarrow cannot read null ones back (up to 25 at least).
    """
    size = -1 if may_be_null else len(label_set.classes)
    probabilities = pa.list_(pa.float32(), size)
    fields = [pa.field(label_id, category(), nullable=may_be_null) for label_id in label_set.ids]
    names = [probability_column(label_id) for label_id in label_set.ids]
    return fields + [pa.field(name, probabilities, nullable=may_be_null) for name in names]


def report_labels_schema(label_set: LabelSet) -> pa.Schema:
    """One row per input row, in input order; labels are null unless `status` is `labelled`."""
    return pa.schema(
        [
            pa.field("report_id", pa.string()),
            pa.field("study_id", pa.string()),
            pa.field("patient_id", pa.string()),
            pa.field("status", category(), nullable=False),
            pa.field("status_reason", category()),
            pa.field("sections", pa.list_(pa.string())),
            pa.field("n_sentences", pa.int32(), nullable=False),
            pa.field("truncated", pa.bool_(), nullable=False),
            pa.field("cleaned", pa.list_(pa.string())),
            pa.field("text_hash", pa.string()),
            pa.field("input_hash", pa.string()),
            *label_fields(label_set, may_be_null=True),
        ]
    )


def image_labels_schema(label_set: LabelSet) -> pa.Schema:
    """One row per image of a labelled study, or per labelled study where there is no images table."""
    return pa.schema(
        [
            pa.field("image_id", pa.string()),
            pa.field("study_id", pa.string(), nullable=False),
            pa.field("patient_id", pa.string()),
            pa.field("split", category(), nullable=False),
            pa.field("report_ids", pa.list_(pa.string()), nullable=False),
            *label_fields(label_set, may_be_null=False),
        ]
    )


def mention_type() -> pa.DataType:
    """A label that a sentence carries, its class and that class's probability."""
    return pa.struct(
        [
            pa.field("label", category()),
            pa.field("certainty", category()),
            pa.field("probability", pa.float32()),
        ]
    )


def sentences_schema(*, with_text: bool) -> pa.Schema:
    """One row per sentence of a labelled report; `start` and `end` count characters of the raw text."""
    fields = [
        pa.field("report_id", pa.string(), nullable=False),
        pa.field("sentence", pa.int32(), nullable=False),
        pa.field("start", pa.int32(), nullable=False),
        pa.field("end", pa.int32(), nullable=False),
        pa.field("section", category(), nullable=False),
        pa.field("read", pa.bool_(), nullable=False),
        pa.field("mentions", pa.list_(mention_type()), nullable=False),
    ]
    if with_text:
        fields.append(pa.field("text", pa.string(), nullable=False))
    return pa.schema(fields)


def rejects_schema() -> pa.Schema:
    """One row per input row that was not labelled: where it is and why."""
    return pa.schema(
        [
            pa.field("file", pa.string(), nullable=False),
            pa.field("row_group", pa.int32(), nullable=False),
            pa.field("row", pa.int64(), nullable=False),
            pa.field("report_id", pa.string()),
            pa.field("status", category(), nullable=False),
            pa.field("reason", category(), nullable=False),
        ]
    )


def table_schema(table: Table, label_set: LabelSet, *, with_text: bool) -> pa.Schema:
    """The schema of one of a run's tables."""
    if table is Table.REPORTS:
        return report_labels_schema(label_set)
    if table is Table.IMAGES:
        return image_labels_schema(label_set)
    if table is Table.SENTENCES:
        return sentences_schema(with_text=with_text)
    return rejects_schema()


@dataclass(frozen=True)
class Stamp:
    """Who made a table: goes into the Parquet key-value metadata of every output."""

    run_id: str
    label_set_id: str
    label_set_hash: str
    labeler: str
    labeler_fingerprint: str

    def metadata(self, table: Table) -> dict[str, str]:
        """The key-value pairs of one table."""
        return {
            "ctlabel.schema_version": str(SCHEMA_VERSION),
            "ctlabel.table": table.value,
            "ctlabel.run_id": self.run_id,
            "ctlabel.label_set": self.label_set_id,
            "ctlabel.label_set_hash": self.label_set_hash,
            "ctlabel.labeler": self.labeler,
            "ctlabel.labeler_fingerprint": self.labeler_fingerprint,
        }


def dictionary_column(codes: pa.Array, names: tuple[str, ...]) -> pa.DictionaryArray:
    """int8 codes (null where there is nothing) as a dictionary column over `names`."""
    return pa.DictionaryArray.from_arrays(codes, pa.array(names, pa.string()))


def check_schema(found: pa.Schema, expected: pa.Schema, *, where: str) -> None:
    """Holds a table against its contract.

    Raises:
        InvariantError: a column is missing, extra, in another place or of another type; names the first.
    """
    for position, field in enumerate(expected):
        if position >= len(found.names):
            raise InvariantError(f"{where}: column '{field.name}' is missing")
        if found.names[position] != field.name:
            raise InvariantError(
                f"{where}: column {position + 1} is '{found.names[position]}', expected '{field.name}'"
            )
        if found.field(position).type != field.type:
            raise InvariantError(
                f"{where}: column '{field.name}' is {found.field(position).type}, expected {field.type}"
            )
    if len(found.names) > len(expected.names):
        raise InvariantError(f"{where}: unexpected column '{found.names[len(expected.names)]}'")


def read_stamp(metadata: Mapping[bytes, bytes] | None) -> dict[str, str]:
    """The `ctlabel.*` metadata of a file without the prefix; empty where the file is not ours."""
    prefix = b"ctlabel."
    pairs = {key: value for key, value in (metadata or {}).items() if key.startswith(prefix)}
    return {key.removeprefix(prefix).decode(): value.decode() for key, value in pairs.items()}


SPLITS: Final = tuple(split.value for split in Split)
