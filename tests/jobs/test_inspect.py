import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from click.testing import CliRunner, Result

from jobs.cli import main
from jobs.inspect import EXAMPLES_PER_REASON
from schemas.run import STATS_FILE, SUCCESS_FILE, read_stats
from schemas.status import Reason


def inspect(run: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["inspect", str(run), *arguments])


def as_json(run: Path) -> Any:
    return json.loads(inspect(run, "--json").stdout)


def test_every_reason_is_counted_and_put_in_words(small_run: Path) -> None:
    text = inspect(small_run).output
    for reason in read_stats(small_run).reasons:
        assert Reason(reason).describe in text


def test_rejects_are_shown_by_file_row_group_and_row(small_run: Path) -> None:
    [place] = as_json(small_run)["reasons"]["no_report_id"]["examples"]
    assert place["file"].endswith("reports-0.parquet")
    assert (place["row_group"], place["row"]) == (0, 8)
    assert "reports-0.parquet row group 0: 8" in inspect(small_run).output


def test_of_each_reason_a_few_rows_are_shown(small_run: Path) -> None:
    reason = as_json(small_run)["reasons"]["not_ct_or_mr"]
    assert reason["count"] == 6
    assert len(reason["examples"]) == EXAMPLES_PER_REASON


def test_prevalence_is_given_of_reports_and_of_images(small_run: Path) -> None:
    stats = read_stats(small_run)
    [line] = [line for line in inspect(small_run).output.splitlines() if line.split()[:1] == ["haemorrhage"]]
    reports, images = line.split("|")
    labelled, rows = stats.statuses["labelled"], stats.images.images_labelled
    negative = stats.labels["haemorrhage"]["negative"], stats.image_labels["haemorrhage"]["negative"]
    assert reports.split()[3] == f"{100 * negative[0] / labelled:.1f}"
    assert images.split()[2] == f"{100 * negative[1] / rows:.1f}"


def test_warnings_tell_of_studies_and_images_that_do_not_meet(small_run: Path) -> None:
    assert as_json(small_run)["warnings"] == [
        "3 labelled studies without images",
        "8 images without any report",
    ]


def test_no_report_text_is_shown(small_run: Path) -> None:
    reports = pq.read_table(small_run.parent / "reports-0.parquet")["report_text"].to_pylist()
    shown = inspect(small_run).output + inspect(small_run, "--json").output
    for text in reports:
        for line in (text or "").splitlines()[1:]:
            assert line.strip() not in shown


def test_an_unfinished_run_says_how_far_it_is(small_run: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(small_run, run)
    (run / SUCCESS_FILE).unlink()
    (run / STATS_FILE).unlink()

    result = inspect(run)

    assert result.exit_code == 0
    assert "Not finished: 0 of 33 rows labelled so far" in result.output
    assert as_json(run)["finished"] is False


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    result = inspect(tmp_path)
    assert result.exit_code == 3
    assert result.stderr == f"ctlabel: error: {tmp_path} is not a run folder: it has no run.json\n"
