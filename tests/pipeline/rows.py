"""A label set of two and the small things around it that tests of single steps share."""

from __future__ import annotations

from typing import Any

from pipeline.reading import ReportBatch
from pipeline.shards import RowGroup, Shard
from schemas.label_set import LabelSet
from schemas.status import Reason
from schemas.tables import Stamp

NOT, NEG, UNC, POS = range(4)
RANKS = (0, 1, 2, 3)
STAMP = Stamp(run_id="run", label_set_id="two", label_set_hash="h", labeler="l", labeler_fingerprint="f")
TWO = LabelSet.model_validate(
    {
        "id": "two",
        "version": 1,
        "labels": [
            {"id": name, "name": name, "kind": "finding", "variants": [name], "description": ""}
            for name in ("bleed", "infarct")
        ],
    }
)


def shard_of(rows: int, *, start: int = 0) -> Shard:
    """A shard of row group 2 of `a.parquet`, which begins at row 100 of the file."""
    return Shard(RowGroup("a.parquet", 0, 2, 100, start + rows), start, rows)


def sure(code: int, probability: float = 0.7) -> list[float]:
    """Class probabilities with `code` on top."""
    rest = (1 - probability) / 3
    return [probability if other == code else rest for other in range(4)]


def batch_of(*texts: str | None, reasons: list[Reason | None] | None = None, **columns: Any) -> ReportBatch:
    """A shard of reports with these texts, and in their other columns nothing but what is given."""
    n = len(texts)
    nothing: list[str | None] = [None] * n
    names = (
        "report_ids",
        "study_ids",
        "patient_ids",
        "modalities",
        "exam_names",
        "text_hashes",
        "input_hashes",
    )
    values: dict[str, Any] = {**dict.fromkeys(names, nothing), "texts": list(texts), **columns}
    return ReportBatch(shard=shard_of(n), reasons=reasons or [None] * n, **values)
