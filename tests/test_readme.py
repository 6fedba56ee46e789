"""The README's code runs, and what it lists is all there is."""

import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest

from jobs.cli import SUBCOMMANDS
from labelers.bundle import read_bundle_record
from labelers.registry import DEFAULT_LABELER
from schemas.status import Reason, ReportStatus
from schemas.tables import IMAGE_COLUMNS, REPORT_COLUMNS

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def command_lines() -> list[str]:
    """Every call of `ctlabel` in a block, without what the shell does around it."""
    lines = "\n".join(
        block for language in ("sh", "console", "crontab", "ini") for block in blocks(language)
    ).replace("\\\n", " ")
    calls = (re.search(r"(?:^|[ /=])ctlabel (\w.*)", line) for line in lines.splitlines())
    return [re.split(r"\s(?:#|>>)", call.group(1))[0] for call in calls if call]


def test_its_python_runs_on_a_run_folder(
    small_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "run").symlink_to(small_run)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}

    for code in blocks("python"):
        exec(code, names)

    dataset: Any = names["dataset"]
    assert dataset[0]["image"].startswith("s")
    assert dataset[0]["target"].shape == (31, 4)
    assert "negative" in capsys.readouterr().out


@pytest.mark.parametrize("line", command_lines())
def test_its_commands_have_the_options_that_it_names(line: str) -> None:
    name, *words = shlex.split(line)
    command: click.Command = import_module(SUBCOMMANDS[name][0]).command
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("reason", Reason)
def test_it_names_every_reason_beside_its_status(reason: Reason) -> None:
    [line] = [line for line in README.splitlines() if line.startswith(f"| `{reason.status}` |")]
    assert f"`{reason}`" in line


def test_it_names_every_status_and_input_column() -> None:
    names = {*ReportStatus, *(column.name for column in (*REPORT_COLUMNS, *IMAGE_COLUMNS))}
    assert {name for name in names if f"`{name}`" not in README} == set()


@pytest.mark.parametrize("sentences", ["all", "as_found", "enriched"])
def test_its_figures_are_those_of_the_shipped_bundle(sentences: str) -> None:
    figures = read_bundle_record(DEFAULT_LABELER).evaluation["dev"]["figures"][sentences]
    classes = [figures["by_class"][name]["f1"] for name in ("negative", "uncertain", "positive")]
    cells = [f"{value:.3f}" for value in (figures["micro"]["f1"], figures["macro"], *classes)]
    assert f" | {' | '.join(cells)} |" in README


def test_it_holds_no_placeholder_and_stays_short() -> None:
    assert not re.search(r"@[A-Z]+@|TODO|TBD", README)
    assert len(README.splitlines()) < 260
