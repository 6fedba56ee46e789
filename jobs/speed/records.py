"""What `ctlabel bench` measured, as it is kept: JSON with hardware and date."""

from __future__ import annotations

from schemas.conf import Frozen


class RunSpeed(Frozen):
    """One job in a process of its own, from its start to its end.

    `stages` are seconds by name: those inside a shard summed over all shards, which several workers do at once.
    `unique` are the sentences that went to the labeler: each distinct one once.
    """

    reports: int
    labelled: int
    carried: int
    seconds: float
    stages: dict[str, float]
    sentences: int
    read: int
    unique: int
    peak_memory_mib: float

    @property
    def rate(self) -> float:
        """Reports a second."""
        return self.reports / self.seconds

    @property
    def repeat_rate(self) -> float | None:
        """Of the sentences for the labeler, the share that had come before."""
        return 1 - self.unique / self.read if self.read else None


class LabelerFigures(Frozen):
    """Distinct sentences of the archive through the labeler alone; rates are operations a second.

    `tokens` and `flops` are None for a labeler that is no network.
    """

    sentences: int
    tokens: int | None
    flops: float | None
    seconds: float
    product_rates: dict[str, float]

    @property
    def rate(self) -> float | None:
        """Floating-point operations a second."""
        return self.flops / self.seconds if self.flops else None


class Growth(Frozen):
    """An archive that has grown: labelled whole, and with the labels of the run before as the base."""

    share: float
    full: RunSpeed
    rerun: RunSpeed

    @property
    def ratio(self) -> float:
        """How many times faster the rerun is."""
        return self.full.seconds / self.rerun.seconds


class Side(Frozen):
    """One way of doing the same work, over so many sentences or reports; `ratio` is ours over its rate."""

    name: str
    unit: str
    count: int
    seconds: float
    ratio: float

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.count / self.seconds


class Benchmark(Frozen):
    """All of it."""

    measured: str
    command: str
    hardware: str
    versions: dict[str, str]
    archive: str
    labeler: str
    fingerprint: str
    run: RunSpeed
    alone: LabelerFigures
    growth: Growth | None = None
    comparison: tuple[Side, ...] = ()
