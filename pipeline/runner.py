"""Beam's runner and its options, from the job's configuration."""

from __future__ import annotations

import io
from contextlib import redirect_stderr

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import create_runner

from schemas.errors import UsageError
from schemas.job import JobConfig

_SWITCHED = {"true": True, "false": False}


def pipeline_options(config: JobConfig) -> PipelineOptions:
    """The options as Beam reads them from a command line, so that numbers are numbers and switches are switches.

    Raises:
        UsageError: there is no such runner, or an option has a value that Beam refuses.
    """
    flags = [f"--runner={config.runner}"]
    for name, value in config.runner_options.items():
        switched = _SWITCHED.get(value.lower())
        if switched is None:
            flags.append(f"--{name}={value}")
        elif switched:
            flags.append(f"--{name}")
    options = PipelineOptions(flags)
    _check(options, config.runner)
    return options


def _check(options: PipelineOptions, runner: str) -> None:
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            options.get_all_options()
    except SystemExit:  # how argparse refuses a value
        last = said.getvalue().strip().splitlines()[-1:] or ["it does not say why"]
        raise UsageError(f"Beam refuses the runner options: {last[0]}") from None
    try:
        create_runner(runner)
    except Exception as error:
        raise UsageError(f"there is no runner '{runner}' ({type(error).__name__})") from error
