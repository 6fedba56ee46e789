"""What a labelling job is asked to do: one validated model of preset, YAML file and command line."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from schemas.conf import Frozen, conf_path, parse_conf, read_yaml
from schemas.device import CPU_NAME, DeviceName, device_kind
from schemas.errors import UsageError, unknown_name
from schemas.precision import Precision
from schemas.tables import IMAGE_COLUMNS, REPORT_COLUMNS

IMAGES_PREFIX = "images."
IN_THIS_PROCESS = "FnApiRunner"
KNOWN_COLUMNS = frozenset(
    [column.name for column in (*REPORT_COLUMNS, *IMAGE_COLUMNS)]
    + [IMAGES_PREFIX + column.name for column in IMAGE_COLUMNS]
)


class SplitShares(Frozen):
    """Shares of the patients; the salt is hashed with the patient id, so another salt deals them anew."""

    train: float = Field(default=0.8, ge=0, le=1)
    validation: float = Field(default=0.1, ge=0, le=1)
    test: float = Field(default=0.1, ge=0, le=1)
    salt: str = "ctlabel"

    @model_validator(mode="after")
    def _shares_add_up(self) -> Self:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-9:
            raise ValueError(f"train + validation + test must be 1, not {total:g}")
        return self


class JobConfig(Frozen):
    """A labelling job.

    `columns` maps our column names to the export's; `images.study_id` and its like hold for the images
    table alone. `workers` are processes that read text for the one that labels; None is as many as pay. Each
    option of `ctlabel label` sets the key of its name.
    """

    reports: tuple[str, ...] = ()
    images: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    labeler: str = "default"
    precision: Precision = Precision.FLOAT32
    device: DeviceName = CPU_NAME
    eligibility: str = "head_ct_mr"
    aggregation: str = "strongest"
    split: SplitShares = SplitShares()
    max_report_chars: int = Field(default=200_000, ge=1)
    with_text: bool = False
    batch_rows: int = Field(default=4096, ge=1)
    base: str | None = None
    runs: str | None = None
    runner: str = IN_THIS_PROCESS
    runner_options: dict[str, str] = Field(default_factory=dict)
    workers: int | None = Field(default=None, ge=0)

    @property
    def in_one_process(self) -> bool:
        """Whether one process labels, and no runner deals row groups out to others."""
        return self.runner == IN_THIS_PROCESS and self.runner_options.get("direct_num_workers", "1") == "1"

    @model_validator(mode="after")
    def _workers_are_beside_one_process(self) -> Self:
        if self.workers and not self.in_one_process:
            raise ValueError(
                "workers read text for one process that labels, and this runner has several: leave them out"
            )
        return self

    @property
    def arithmetic(self) -> tuple[Precision, str]:
        """What the last digits of a network's answers depend on; not which GPU it is."""
        return self.precision, device_kind(self.device)

    @field_validator("columns")
    @classmethod
    def _columns_are_known(cls, columns: dict[str, str]) -> dict[str, str]:
        for name in columns:
            if name not in KNOWN_COLUMNS:
                raise ValueError(str(unknown_name(kind="column", name=name, known=KNOWN_COLUMNS)))
        return columns

    def report_column(self, name: str) -> str:
        """The export's name of one of our columns in the reports table."""
        return self.columns.get(name, name)

    def image_column(self, name: str, *, there: Collection[str]) -> str:
        """The same in the images table: its own mapping, or the shared one where such a column is there."""
        if IMAGES_PREFIX + name in self.columns:
            return self.columns[IMAGES_PREFIX + name]
        shared = self.columns.get(name, name)
        return shared if shared in there else name


def load_job(config: str | Path | None, overrides: dict[str, Any]) -> JobConfig:
    """A preset or YAML file with the command line's options laid over it, validated as one.

    Raises:
        UsageError: unknown preset, unknown key, or a value that does not fit.
    """
    data: dict[str, Any] = {}
    where = "the command line"
    if config is not None:
        path = conf_path("jobs", config, kind="job preset")
        loaded = read_yaml(path) or {}
        if not isinstance(loaded, dict):
            raise UsageError(f"{path} does not hold keys and values")
        data, where = loaded, str(path)
    merged = {**data, **{key: value for key, value in overrides.items() if value is not None}}
    merged["columns"] = _columns(data.get("columns"), overrides.get("columns"))
    return parse_conf(merged, JobConfig, where=where)


def _columns(configured: Any, given: Any) -> Any:
    """Both mappings as one; what is no mapping stays as it is, for validation to refuse."""
    if configured is not None and not isinstance(configured, dict):
        return configured
    return {**(configured or {}), **(given or {})}
