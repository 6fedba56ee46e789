"""`--second-opinion` of commands, and what they say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def second_opinion_option() -> Callable[[F], F]:
    """The option, a labeler's name or None."""
    return click.option(
        "--second-opinion",
        metavar="LABELER",
        help="A shipped labeler that reads by rules, such as rules, whose answers count, too, where the labeler is "
        "not sure: by as much as raises micro F1 most on the held-out texts.",
    )


def opinion_lines(calibration: Mapping[str, Any]) -> Iterator[str]:
    """What the second opinion brought, where one was asked for; `calibration` is a training record's."""
    opinion = calibration.get("second_opinion")
    if opinion is None:
        return
    before, after = calibration["after"]["micro_f1"], opinion["after"]["micro_f1"]
    if not opinion["weight"]:
        yield f"  {opinion['labeler']} did not help (micro F1 {before:.4f}): it keeps no second opinion"
        return
    yield f"  with {opinion['weight']:g} of {opinion['labeler']}: micro F1 {before:.4f} -> {after:.4f}"
