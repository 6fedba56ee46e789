from __future__ import annotations

import pytest
from apache_beam.options.pipeline_options import DirectOptions, SetupOptions, StandardOptions

from pipeline.runner import pipeline_options
from schemas.errors import UsageError
from schemas.job import JobConfig


def config(runner: str = "FnApiRunner", **options: str) -> JobConfig:
    return JobConfig(runner=runner, runner_options=options)


def test_numbers_are_read_as_numbers_and_words_as_words() -> None:
    options = pipeline_options(config(direct_num_workers="3", direct_running_mode="multi_threading"))

    assert options.view_as(StandardOptions).runner == "FnApiRunner"
    assert options.view_as(DirectOptions).direct_num_workers == 3
    assert options.view_as(DirectOptions).direct_running_mode == "multi_threading"


def test_switches_are_on_where_they_are_true_and_else_off() -> None:
    assert pipeline_options(config(save_main_session="true")).view_as(SetupOptions).save_main_session is True
    assert not pipeline_options(config(save_main_session="false")).view_as(SetupOptions).save_main_session


def test_a_value_that_beam_refuses_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match=r"direct_num_workers: invalid int value: 'many'$"):
        pipeline_options(config(direct_num_workers="many"))

    assert capsys.readouterr().err == ""


def test_an_unknown_runner_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no runner 'Foo'"):
        pipeline_options(config("Foo"))
