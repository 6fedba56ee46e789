"""The option `--device`, which is the same in every command that has a network compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from schemas.device import CPU_NAME


def device_option(*, default: str | None = CPU_NAME) -> Callable[[Any], Any]:
    """`--device`; with no default where a file may say it, too."""
    return click.option(
        "--device",
        default=default,
        metavar="cpu|cuda|cuda:N",
        help="Where networks compute: the CPU, or a GPU that torch sees.  [default: cpu]",
    )
