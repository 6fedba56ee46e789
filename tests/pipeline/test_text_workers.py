from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from multiprocessing import active_children

import pytest

from pipeline.text_workers import Settled, TextWorkers
from pipeline.texts import TextStepConfig
from schemas.errors import DeviceError, UsageError
from tests.pipeline.rows import batch_of

DEFAULT = TextStepConfig()


def settled(*numbers: int) -> Iterator[Settled]:
    for number in numbers:
        yield Settled(batch_of(f"CT head\nFindings: Haematoma of {number} mm."), None)


def sentences(count: int, *numbers: int) -> list[list[str]]:
    batches = TextWorkers(DEFAULT, count).read(settled(*numbers))
    return [batch.sentences.distinct for batch in batches]


def test_workers_answer_in_the_order_of_what_they_are_given() -> None:
    answers = sentences(2, *range(7))

    assert answers == [[f"Haematoma of {number} mm."] for number in range(7)]


def test_without_workers_this_process_gives_the_same() -> None:
    assert sentences(0, 1, 2) == sentences(1, 1, 2)


def test_one_batch_for_each_worker_is_read_ahead_and_no_more() -> None:
    taken: list[int] = []

    def counted() -> Iterator[Settled]:
        for number in range(9):
            taken.append(number)
            yield from settled(number)

    batches = TextWorkers(DEFAULT, 2).read(counted())
    next(batches)

    assert taken == [0, 1, 2]
    batches.close()  # type: ignore[attr-defined]


def test_nothing_to_read_gives_nothing() -> None:
    assert sentences(2) == []


@pytest.mark.parametrize("count", [0, 1])
def test_an_error_of_a_worker_is_the_error_of_the_job(count: int) -> None:
    workers = TextWorkers(TextStepConfig(eligibility="no_such_rules"), count)

    with pytest.raises(UsageError, match="no_such_rules"):
        list(workers.read(settled(1)))


@pytest.mark.parametrize("noticed", [False, True])
def test_a_worker_that_is_ended_from_outside_is_told_of_and_ends_the_job(*, noticed: bool) -> None:
    batches = TextWorkers(DEFAULT, 1).read(settled(*range(5)))
    next(batches)
    for worker in active_children():
        os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join()
    if noticed:
        time.sleep(0.5)  # the pool refuses more work once it has seen it

    with pytest.raises(DeviceError, match="fewer --workers"):
        list(batches)
