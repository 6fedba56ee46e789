from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from labelers.recipe import load_labels
from labelers.training import train_labeler
from pipeline.job import plan_job, run_job
from schemas.job import JobConfig
from tests.archives import report_rows, write_reports
from tests.labelers.reports import SYSTEMS, small_report_recipe, two_classes, write_labelled_reports


@pytest.mark.parametrize("name", SYSTEMS)
def test_whole_reports_are_labelled_in_the_columns_of_the_label_set(tmp_path: Path, name: str) -> None:
    recipe = small_report_recipe(name, tmp_path)
    train_labeler(recipe, write_labelled_reports(tmp_path), out=tmp_path / "bundle")
    write_reports(tmp_path / "reports.parquet", report_rows(range(6)))
    config = JobConfig(reports=(str(tmp_path / "reports.parquet"),), labeler=str(tmp_path / "bundle"))

    plan = plan_job(config)
    run_job(plan, tmp_path / "run")

    ids = load_labels(recipe).ids
    rows = pl.read_parquet(tmp_path / "run" / "reports" / "*.parquet").filter(pl.col("status") == "labelled")
    assert plan.manifest.unit == "report"
    assert plan.manifest.sections == tuple(recipe.text.sections)
    assert len(rows) > 0
    for label in two_classes().ids:
        assert (label in rows.columns) == (label in ids)
    assert set(rows[ids[0]].cast(pl.String)) <= {"absent", "present"}
