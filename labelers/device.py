"""Where networks compute: the CPU, or a GPU that torch sees."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor

from schemas.device import DEVICE_NAMES, is_device_name
from schemas.errors import DeviceError, UsageError

CPU = torch.device("cpu")


def find_device(name: str) -> torch.device:
    """The device of this name; a GPU is set to compute the same each time, and in float32 where that is asked.

    Raises:
        UsageError: the name is none, or torch sees no such GPU.
    """
    if not is_device_name(name):
        raise UsageError(f"unknown device '{name}': it is {DEVICE_NAMES}")
    device = torch.device(name)
    if device.type == "cpu":
        return CPU
    if (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"device '{name}' is not there: torch {torch.__version__} sees {_seen()}")
    # cuBLAS has to know before its first product, and without it torch refuses deterministic products.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Unless told not to, cuDNN rounds what convolutions and LSTMs multiply to 10 bits, and calls it float32.
    torch.backends.cudnn.allow_tf32 = False
    return device


def _seen() -> str:
    found = [
        f"cuda:{index} ({torch.cuda.get_device_name(index)})" for index in range(torch.cuda.device_count())
    ]
    built = torch.version.cuda or torch.version.hip
    return ", ".join(["the cpu", *found]) + ("" if built else " and is built for nothing else")


def moved(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor there; to a GPU from pinned memory, so that the copy waits for nothing that is computed."""
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def products_in(dtype: torch.dtype | None, device: torch.device) -> AbstractContextManager[object]:
    """Inside, in this thread, products on that device are in that type, or with none in that of their factors."""
    if not torch.amp.is_autocast_available(device.type):  # torch's meta device, which computes shapes alone
        return nullcontext()
    return torch.autocast(device.type, dtype=dtype or torch.bfloat16, enabled=dtype is not None)


def own_randomness(device: torch.device) -> AbstractContextManager[None]:
    """Inside, random states of CPU and device are its own."""
    forked: AbstractContextManager[None] = torch.random.fork_rng(
        devices=[device] if device.type == "cuda" else []
    )
    return forked


@contextmanager
def device_faults(device: torch.device) -> Iterator[None]:
    """Tells what a GPU breaks on from what any device would break on: no input is to blame for the first.

    Raises:
        DeviceError: a GPU's memory is full, or it answers no more.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.cuda.OutOfMemoryError):
            raise DeviceError(f"device '{device}' has too little free memory: {_REMEDY}") from error
        if not _answers(device):
            raise DeviceError(f"device '{device}' answers no more: {_REMEDY}") from error
        raise


_REMEDY = "free or restart it and run the command again, or choose another --device"


def _answers(device: torch.device) -> bool:
    try:
        torch.zeros(1, device=device).cpu()
    except (RuntimeError, AssertionError):
        return False
    return True
