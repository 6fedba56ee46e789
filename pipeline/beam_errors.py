"""Errors on their way out of a worker: what they say, and how the driver gets them back from Beam."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas import errors
from schemas.errors import CtlabelError, InvariantError

_OURS = re.compile(r"schemas\.errors\.(\w+Error): (.+)")
_INTERRUPT = re.compile(r"^KeyboardInterrupt\b", re.M)
_STEP = re.compile(r" \[while running [^\]]*\].*$", re.S)


@contextmanager
def located(where: str) -> Iterator[None]:
    """Turns an unforeseen error into one that says where it was and never what the text said.

    Raises:
        InvariantError: in place of anything that is not one of ours.
    """
    try:
        yield
    except CtlabelError:
        raise
    except Exception as error:
        what = f"unforeseen {type(error).__name__} at {_place(error)}; please report it"
        raise InvariantError(f"{where}: {what}") from None


def _place(error: Exception) -> str:
    """File and line of our code or a library's, which say where to look and nothing about the text."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"


def was_interrupted(error: Exception) -> bool:
    """Whether what Beam raises tells of an interrupt, which it makes an error of the worker it arrived in."""
    return _INTERRUPT.search(str(error)) is not None


def from_beam(error: Exception) -> CtlabelError:
    """The error that a worker raised, without what the runner wrapped around it."""
    if isinstance(error, CtlabelError):
        return type(error)(_STEP.sub("", str(error)))
    found = _OURS.findall(str(error))
    if not found:
        return InvariantError(f"the runner failed: {type(error).__name__}; see its log")
    name, message = found[-1]
    kind = getattr(errors, name, InvariantError)
    ours: CtlabelError = kind(_STEP.sub("", message))
    return ours
