"""Errors that end a command, each with its exit code.

A message says what happened, where (file, row group, row, id) and what to do. It never holds report text.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CtlabelError(Exception):
    """Anything a user can mend; the command prints it as one line and exits with `exit_code`."""

    exit_code = 1


class UsageError(CtlabelError):
    """An option, configuration key or name that does not exist or does not fit."""

    exit_code = 2


class InputError(CtlabelError):
    """An input file that is missing, not Parquet, damaged, empty, or lacks a column."""

    exit_code = 3


class OutputError(CtlabelError):
    """An output folder that cannot be written, is full, or already holds another run."""

    exit_code = 4


class BundleError(CtlabelError):
    """A labeler bundle that is missing, damaged, unsafe, or made for another label set."""

    exit_code = 5


class InvariantError(CtlabelError):
    """A result that breaks its own contract: rows lost, a wrong schema, a damaged run."""

    exit_code = 6


class DeviceError(CtlabelError):
    """A GPU or a machine that has too little memory or answers no more; no input is at fault."""

    exit_code = 7


def unknown_name(*, kind: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that is not there: lists what exists and guesses what was meant."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    guess = f" Did you mean '{close[0]}'?" if close else ""
    return UsageError(f"unknown {kind} '{name}'.{guess} There are: {', '.join(names) or 'none'}.")
