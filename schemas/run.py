"""Records of a run folder: `run.json` (what was asked of what) and `stats.json` (what came out)."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

from pydantic import ValidationError

from schemas.conf import Frozen
from schemas.errors import InvariantError
from schemas.hashing import hash_json
from schemas.job import JobConfig
from schemas.label_set import LabelSet

RUN_FILE: Final = "run.json"
STATS_FILE: Final = "stats.json"
SUCCESS_FILE: Final = "_SUCCESS"
WORK_DIR: Final = "_work"


class InputFile(Frozen):
    """An input file as it was when the run was planned; `digest` is a hash of its Parquet footer."""

    path: str
    bytes: int
    digest: str
    row_groups: tuple[int, ...]

    @property
    def rows(self) -> int:
        """Rows in all row groups."""
        return sum(self.row_groups)


class Fingerprints(Frozen):
    """Hashes of everything that decides a report's labels besides the report itself."""

    labeler: str
    label_set: str
    text: str
    code: str = ""
    eligibility: str
    aggregation: str
    max_report_chars: int
    tables: int

    @property
    def combined(self) -> str:
        """One hash of them all: equal means that labels can be carried over."""
        return hash_json(self.model_dump(mode="json"))


class RunManifest(Frozen):
    """`run.json`. `run_id` depends on configuration, inputs and labeler alone, never on time or machine."""

    schema_version: int
    ctlabel_version: str
    run_id: str
    created_at: str
    config: JobConfig
    labeler: str
    labeler_bundle: str
    unit: str
    sections: tuple[str, ...] = ()
    label_set: LabelSet
    fingerprints: Fingerprints
    reports: tuple[InputFile, ...]
    images: tuple[InputFile, ...]
    base_run_id: str | None
    versions: dict[str, str]

    @property
    def rows(self) -> int:
        """Report rows to account for."""
        return sum(file.rows for file in self.reports)


class ReportCounts(Frozen):
    """What became of some report rows: of one shard, or of all."""

    rows: int
    statuses: dict[str, int]
    reasons: dict[str, int]
    cleaned: dict[str, int]
    truncated: int
    carried: int
    inferred_reports: int
    sentences: int
    sentences_read: int
    sentences_unique: int
    sentences_inferred: int
    labels: dict[str, dict[str, int]]


class ShardStats(ReportCounts):
    """What one shard did; written beside it as the mark that it is finished."""

    shard: str
    seconds: dict[str, float]


class ImageStats(Frozen):
    """Counts of the join from reports to studies to images."""

    studies_labelled: int
    images_in: int
    images_labelled: int
    images_without_report: int
    images_of_unlabelled_studies: int
    images_without_study_id: int
    studies_without_images: int
    reports_without_study_id: int
    patient_mismatches: int
    splits: dict[str, int]


class RunStats(ReportCounts):
    """`stats.json`: the sums over all shards, and what the run cost."""

    run_id: str
    images: ImageStats
    image_labels: dict[str, dict[str, int]]
    seconds: dict[str, float]
    wall_seconds: float
    peak_memory_mib: float


def read_manifest(run: Path) -> RunManifest:
    """`run.json` of a run folder.

    Raises:
        InvariantError: there is none, or it is not one of ours.
    """
    return _read_record(run / RUN_FILE, RunManifest)


def read_stats(run: Path) -> RunStats:
    """`stats.json` of a run folder.

    Raises:
        InvariantError: there is none, or it is not one of ours.
    """
    return _read_record(run / STATS_FILE, RunStats)


def is_finished(run: Path) -> bool:
    """Whether the folder holds a finished run."""
    return (run / SUCCESS_FILE).is_file()


RecordT = TypeVar("RecordT", bound=Frozen)


def _read_record(path: Path, model: type[RecordT]) -> RecordT:
    try:
        return model.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvariantError(f"{path} cannot be read: {type(error).__name__}") from error
    except ValidationError as error:
        raise InvariantError(f"{path} is not a record of this version of ctlabel") from error
