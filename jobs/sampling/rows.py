"""The rows of an example archive, and their Parquet schemas."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import pyarrow as pa

REPORTS_SCHEMA = pa.schema(
    [
        ("report_id", pa.string()),
        ("study_id", pa.string()),
        ("patient_id", pa.string()),
        ("exam_datetime", pa.timestamp("us")),
        ("modality", pa.string()),
        ("exam_name", pa.string()),
        ("report_text", pa.string()),
    ]
)
IMAGES_SCHEMA = pa.schema(
    [
        ("study_id", pa.string()),
        ("image_id", pa.string()),
        ("patient_id", pa.string()),
        ("modality", pa.string()),
    ]
)


class Row(NamedTuple):
    """One report of the archive; the fields are the columns of `REPORTS_SCHEMA`."""

    report_id: str | None
    study_id: str | None
    patient_id: str
    exam_datetime: dt.datetime
    modality: str
    exam_name: str | None
    report_text: str | None


class ImageRow(NamedTuple):
    """One series of the archive; the fields are the columns of `IMAGES_SCHEMA`."""

    study_id: str
    image_id: str
    patient_id: str
    modality: str
