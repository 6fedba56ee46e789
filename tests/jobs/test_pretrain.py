from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from jobs.pretrain import command
from labelers.pretrained import load_pretrained
from schemas.errors import UsageError
from tests.labelers.pretraining.recipes import tiny_recipe, write_archive


def pretrain(*arguments: str) -> str:
    found = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_an_encoder_is_written_and_its_losses_are_told(tmp_path: Path) -> None:
    (archive,) = write_archive(tmp_path).files
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(tiny_recipe().to_yaml(), encoding="utf-8")
    out = tmp_path / "encoder"

    told = pretrain(str(recipe), "--text", str(archive), "--out", str(out), "--epochs", "2")

    assert told.startswith(f"{out}: ")
    assert "held-out loss" in told
    assert load_pretrained(str(out)).config["num_hidden_layers"] == 1


def test_a_dry_run_shows_the_recipe_and_reads_nothing(tmp_path: Path) -> None:
    given = ["minilm_further", "--text", "nowhere.parquet", "--out", str(tmp_path / "out")]

    shown = yaml.safe_load(
        pretrain(*given, "--encoder", "folder", "--seed", "5", "--threads", "3", "--dry-run")
    )

    assert shown["encoder"] == {"kind": "checkpoint", "checkpoint": "folder"}
    assert shown["seed"] == 5
    assert shown["threads"] == 3
    assert not (tmp_path / "out").exists()


def test_an_unknown_recipe_is_an_error_that_lists_those_that_are_there() -> None:
    with pytest.raises(UsageError, match="small_from_scratch"):
        pretrain("big", "--text", "a.parquet", "--out", "out", "--dry-run")
