"""Text work in processes beside the one that labels, so that neither waits for the other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import wait
from typing import NamedTuple

from pipeline.beam_errors import located
from pipeline.carrying import CarriedRows
from pipeline.reading import ReportBatch
from pipeline.texts import TextBatch, TextStep, TextStepConfig
from schemas.errors import DeviceError


class Settled(NamedTuple):
    """A shard's rows as read, and what an earlier run found for some of them."""

    batch: ReportBatch
    carried: CarriedRows | None


@dataclass(frozen=True)
class TextWorkers:
    """`count` processes that read text; with none, this process does."""

    config: TextStepConfig
    count: int

    def read(self, given: Iterable[Settled]) -> Iterator[TextBatch]:
        """Each batch's sentences, in the order given; one batch for each worker is read ahead.

        Raises:
            DeviceError: a worker was ended from outside.
        """
        if not self.count:
            yield from (_read(self.config, settled) for settled in given)
            return
        try:
            yield from self._read_ahead(given)
        except BrokenProcessPool:
            raise DeviceError(
                "a process that reads text was ended from outside, as is done when memory runs out; "
                "run the command again, with fewer --workers"
            ) from None

    def _read_ahead(self, given: Iterable[Settled]) -> Iterator[TextBatch]:
        context = multiprocessing.get_context("spawn")  # a fork would copy the threads of torch and Beam half
        with ProcessPoolExecutor(self.count, mp_context=context, initializer=_start) as pool:
            ahead: deque[Future[TextBatch]] = deque()
            for settled in given:
                ahead.append(pool.submit(_read, self.config, settled))
                if len(ahead) > self.count:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()


def _read(config: TextStepConfig, settled: Settled) -> TextBatch:
    with located(settled.batch.shard.row_group.where):
        return _step(config).read(settled.batch, carried=settled.carried)


@cache
def _step(config: TextStepConfig) -> TextStep:
    """Loaded once in a process, as it remembers the sentences that it has read."""
    return TextStep.load(config)


def _start() -> None:
    """An interrupt is for the main process to answer; where that has been killed, the worker ends, too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
