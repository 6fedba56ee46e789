"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch

from labelers.device import CPU

_PROCESSORS = Path("/proc/cpuinfo")


def describe_hardware(device: torch.device = CPU) -> str:
    """Processor, cores and, where it was computed on one, GPU, such as `AMD EPYC, 2 cores`."""
    cores = os.cpu_count() or 1
    parts = [_processor(), f"{cores} core{'s' if cores > 1 else ''}"]
    if device.type == "cuda":
        parts.append(torch.cuda.get_device_name(device))
    return ", ".join(parts)


def usable_cores() -> int:
    """Those that this process may run on, which in a container can be fewer than there are."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _processor() -> str:
    """Its model's name where the system tells it, its architecture elsewhere."""
    lines = _PROCESSORS.read_text(encoding="utf-8").splitlines() if _PROCESSORS.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
