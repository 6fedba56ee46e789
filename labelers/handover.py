"""From an unfinished training's folder to the finished one: beside it first, then there in one step."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from labelers.hardware import describe_hardware
from schemas.errors import OutputError

PARTIAL_ENDING = ".partial"
TIMING_FILE = "timing.yaml"


def start_folder(out: Path, *, overwrite: bool) -> Path:
    """The folder beside `out` in which an unfinished training lies.

    Raises:
        OutputError: `out` exists already and may not be replaced, or the folder cannot be made.
    """
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists already: choose another --out, or pass --overwrite")
    partial = out.with_name(out.name + PARTIAL_ENDING)
    try:
        partial.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{partial} cannot be made: {error.strerror}") from error
    return partial


def hand_over(finished: Path, out: Path, *, partial: Path) -> None:
    """Puts `finished`, which lies in `partial`, in the place of `out`, and clears `partial`.

    Raises:
        OutputError: `out` cannot be written.
    """
    try:
        if out.exists():
            shutil.rmtree(out)
        finished.replace(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error
    shutil.rmtree(partial)


def describe_timing(seconds: float, device: torch.device) -> dict[str, Any]:
    """When, how long and on what: kept apart from what is the same each time."""
    return {
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds_since_last_start": round(seconds),
        "hardware": describe_hardware(device),
    }


def describe_versions(libraries: Iterable[str]) -> dict[str, str]:
    """Of Python and of the libraries that a result depends on."""
    return {
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in libraries},
    }
