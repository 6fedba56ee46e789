"""A whole job in a process of its own, watched from outside: its time, and the memory of it and its children."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from jobs.speed.records import RunSpeed
from schemas.errors import CtlabelError, InvariantError
from schemas.run import RunStats
from schemas.status import ReportStatus

POLL_SECONDS = 0.05
STAGES = {
    "scan": "scan",
    "read": "label.read",
    "text": "label.text",
    "unique": "label.unique",
    "infer": "label.infer",
    "aggregate": "label.aggregate",
    "write": "label.write",
    "join": "images",
}
_PROCESSES = Path("/proc")


@dataclass(frozen=True, slots=True)
class MeasuredJob:
    """What all measured jobs have in common; without `workers`, as many as `ctlabel label` takes."""

    images: Path
    labeler: str
    workers: int | None = None

    def measure(self, reports: Sequence[Path], *, out: Path, base: Path | None = None) -> RunSpeed:
        """Labels the reports to a new run folder.

        Raises:
            CtlabelError: the job failed; of the kind that its exit code tells, with what it said.
        """
        given = {
            "images": self.images,
            "labeler": self.labeler,
            "workers": self.workers,
            "out": out,
            "base": base,
        }
        options = [(f"--{name}", str(value)) for name, value in given.items() if value is not None]
        return _measure([*map(str, reports), *(part for option in options for part in option)])


def _measure(arguments: list[str]) -> RunSpeed:
    started = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "jobs.cli", "label", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with _peak_memory(process.pid) as peak:
        output, errors = process.communicate()
    seconds = perf_counter() - started
    if process.returncode:
        raise _failure(process.returncode, errors)
    record = {key: value for key, value in json.loads(output).items() if key != "out"}
    stats = RunStats.model_validate(record)
    return _speed(stats, seconds=seconds, peak_mib=max(peak.mib, stats.peak_memory_mib))


def _failure(code: int, errors: str) -> CtlabelError:
    kinds = {kind.exit_code: kind for kind in CtlabelError.__subclasses__()}
    return kinds.get(code, InvariantError)(f"the measured job failed: {_message(errors)}")


def _message(errors: str) -> str:
    last = errors.strip().splitlines()[-1:] or ["it said nothing"]
    try:
        return str(json.loads(last[0])["error"])
    except (ValueError, KeyError, TypeError):
        return last[0]


def _speed(stats: RunStats, *, seconds: float, peak_mib: float) -> RunSpeed:
    stages = {name: stats.seconds.get(ours, 0.0) for name, ours in STAGES.items()}
    stages["other"] = max(0.0, stats.seconds["label"] - sum(stats.seconds[s] for s in _inner(stats)))
    stages["start"] = seconds - stats.wall_seconds
    return RunSpeed(
        reports=stats.rows,
        labelled=stats.statuses.get(ReportStatus.LABELLED, 0),
        carried=stats.carried,
        seconds=seconds,
        stages=stages,
        sentences=stats.sentences,
        read=stats.sentences_read,
        unique=stats.sentences_inferred,
        peak_memory_mib=peak_mib,
    )


def _inner(stats: RunStats) -> list[str]:
    return [name for name in stats.seconds if name.startswith("label.")]


class _Peak:
    """The most memory seen so far."""

    mib = 0.0


@contextmanager
def _peak_memory(pid: int) -> Iterator[_Peak]:
    """Looks at a process and its children many times a second; sees nothing where the system has no /proc."""
    peak, stop = _Peak(), threading.Event()

    def watch() -> None:
        while not stop.wait(POLL_SECONDS):
            peak.mib = max(peak.mib, sum(map(resident_mib, family(pid))))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for path in _PROCESSES.glob(f"{pid}/task/*/children"):
        try:
            children = path.read_text(encoding="ascii").split()
        except OSError:  # it has ended meanwhile
            continue
        found += [one for child in children for one in family(int(child))]
    return found


def resident_mib(pid: int) -> float:
    """Memory that the process holds; 0 where it has ended."""
    try:
        pages = int((_PROCESSES / str(pid) / "statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
