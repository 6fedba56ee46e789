"""Telling how far a job is: a bar on a terminal, plain lines in a log, nothing for machines."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TextIO

BAR_SECONDS = 0.2
LINE_SECONDS = 30.0
Advance = Callable[[int], None]


@contextmanager
def progress(rows: int, *, quiet: bool, stream: TextIO | None = None) -> Iterator[Advance]:
    """A function to call with the rows done since its last call; `stream` is stderr unless given."""
    out = stream or sys.stderr
    if quiet:
        yield lambda _: None
    elif out.isatty():
        yield from _bar(rows, out)
    else:
        yield LineProgress(rows, out, every=LINE_SECONDS)


def _bar(rows: int, out: TextIO) -> Iterator[Advance]:
    from tqdm import tqdm

    with tqdm(total=rows, unit=" reports", unit_scale=True, mininterval=BAR_SECONDS, file=out) as bar:

        def advance(done: int) -> None:
            bar.update(done)

        yield advance


class LineProgress:
    """A line every so many seconds: rows done, rate, time left."""

    def __init__(
        self, rows: int, out: TextIO, *, every: float, clock: Callable[[], float] = monotonic
    ) -> None:
        self._rows, self._out, self._every, self._clock = rows, out, every, clock
        self._done = 0
        self._started = self._told = clock()

    def __call__(self, done: int) -> None:
        """Counts, and tells where it is time."""
        self._done += done
        now = self._clock()
        if now - self._told < self._every or now == self._started:
            return
        self._told = now
        rate = self._done / (now - self._started)
        left = (self._rows - self._done) / rate if rate else 0.0
        minutes, seconds = divmod(round(left), 60)
        line = f"{self._done:,} of {self._rows:,} reports, {rate:,.0f}/s, {minutes}:{seconds:02} left"
        self._out.write(f"ctlabel: {line}\n")
        self._out.flush()


def log_to_stderr() -> None:
    """What training tells, one plain line an epoch, where there is no terminal for a progress bar."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("labelers")
    log.setLevel(logging.INFO)
    log.addHandler(handler)
