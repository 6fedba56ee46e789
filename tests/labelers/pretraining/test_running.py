from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from labelers.pretrained import load_pretrained
from labelers.pretraining import running
from labelers.pretraining.fitting import Pretrainer, rate_share
from labelers.pretraining.running import RECORD_FILE, pretrain_encoder
from schemas.errors import InputError, OutputError, UsageError
from tests.labelers.pretraining.recipes import files, tiny_recipe, write_archive


def test_the_loss_falls_on_texts_that_were_held_out(tmp_path: Path) -> None:
    record = pretrain_encoder(tiny_recipe(epochs=20), write_archive(tmp_path), out=tmp_path / "out")

    measured = [point["held_out_loss"] for point in record["curve"] if point["held_out_loss"]]
    assert len(measured) == 20
    assert measured[-1] < measured[0] / 2


def test_the_folder_is_an_encoder_checkpoint_with_its_tokenizer(tmp_path: Path) -> None:
    record = pretrain_encoder(tiny_recipe(), write_archive(tmp_path), out=tmp_path / "out")

    encoder = load_pretrained(str(tmp_path / "out"))

    assert encoder.config["hidden_size"] == 16
    assert "[MASK]" in encoder.tokenizer
    assert yaml.safe_load((tmp_path / "out" / RECORD_FILE).read_text()) == record
    assert not (tmp_path / "out.partial").exists()
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(files(tmp_path / "out"))


def test_the_same_seed_gives_the_same_folder_byte_for_byte(tmp_path: Path) -> None:
    archive = write_archive(tmp_path)

    pretrain_encoder(tiny_recipe(), archive, out=tmp_path / "one")
    torch.rand(7)  # what went on before does not matter
    pretrain_encoder(tiny_recipe(), archive, out=tmp_path / "two")
    pretrain_encoder(tiny_recipe(seed=1), archive, out=tmp_path / "other")

    assert files(tmp_path / "one") == files(tmp_path / "two")
    assert files(tmp_path / "one")["model.safetensors"] != files(tmp_path / "other")["model.safetensors"]


@pytest.mark.parametrize("stopped_at", [3, 6, 13])
def test_pretraining_that_was_stopped_goes_on_to_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped_at: int
) -> None:
    archive = write_archive(tmp_path)
    pretrain_encoder(tiny_recipe(), archive, out=tmp_path / "whole")
    taken, take = [], Pretrainer._step

    def stopped(trainer: Pretrainer, step: int, *rest: object) -> float:
        taken.append(step)
        if len(taken) == stopped_at + 1:
            raise KeyboardInterrupt
        return take(trainer, step, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Pretrainer, "_step", stopped)
    with pytest.raises(KeyboardInterrupt):
        pretrain_encoder(tiny_recipe(), archive, out=tmp_path / "resumed")
    assert not (tmp_path / "resumed").exists()
    pretrain_encoder(tiny_recipe(), archive, out=tmp_path / "resumed")

    assert files(tmp_path / "resumed") == files(tmp_path / "whole")
    assert len(taken) < 2 * max(taken)  # it did not begin anew


def test_pretraining_goes_on_from_a_checkpoint_with_its_head_and_vocabulary(tmp_path: Path) -> None:
    archive = write_archive(tmp_path)
    first = pretrain_encoder(tiny_recipe(epochs=8), archive, out=tmp_path / "first")
    further = tiny_recipe(learning_rate=1e-5, epochs=1).with_overrides(encoder=str(tmp_path / "first"))

    second = pretrain_encoder(further, archive, out=tmp_path / "second")

    assert second["curve"][-1]["held_out_loss"] == pytest.approx(
        first["curve"][-1]["held_out_loss"], abs=0.01
    )
    before, after = (load_pretrained(str(tmp_path / name)) for name in ("first", "second"))
    assert before.tokenizer == after.tokenizer
    assert before.hash != after.hash


def test_several_columns_are_read_each_text_once_and_blanks_are_left_out(tmp_path: Path) -> None:
    archive = write_archive(tmp_path)

    assert len(archive.read()) == 64
    with pytest.raises(InputError, match="no column report_text"):
        replace(archive, columns=("text", "report_text")).read()


def test_too_little_text_is_an_error(tmp_path: Path) -> None:
    archive = write_archive(tmp_path)
    with pytest.raises(InputError, match="fewer than two different texts"):
        replace(archive, columns=()).read()


def test_what_cannot_be_done_is_said_before_anything_is_written(tmp_path: Path) -> None:
    archive = write_archive(tmp_path)
    (tmp_path / "there").mkdir()

    with pytest.raises(OutputError, match="exists already"):
        pretrain_encoder(tiny_recipe(), archive, out=tmp_path / "there")
    with pytest.raises(UsageError, match="reads 25 tokens, its encoder at most 24"):
        pretrain_encoder(tiny_recipe(max_tokens=25), archive, out=tmp_path / "out")
    recipe = tiny_recipe().with_overrides(encoder=str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="is not a folder"):
        pretrain_encoder(recipe, archive, out=tmp_path / "out")


def test_an_unfinished_run_of_other_settings_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = write_archive(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(running, "_publish", lambda *_args, **_options: None)
        pretrain_encoder(tiny_recipe(), archive, out=tmp_path / "out")

    with pytest.raises(OutputError, match="holds a training of other data or settings"):
        pretrain_encoder(tiny_recipe(seed=4), archive, out=tmp_path / "out")


def test_the_learning_rate_rises_then_falls_and_is_never_nothing() -> None:
    shares = [rate_share(step, 100, warm_up=0.1) for step in range(100)]

    assert shares[:10] == sorted(shares[:10])
    assert shares[10:] == sorted(shares[10:], reverse=True)
    assert max(shares) == 1.0
    assert min(shares) > 0
    assert [rate_share(step, 2, warm_up=0.0) for step in range(2)] == [1.0, 0.5]
