"""The state of an unfinished training, in one safetensors file: no pickle, and nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from schemas.errors import OutputError

CHECKPOINT_FILE = "checkpoint.safetensors"
SEPARATOR = "/"


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """`key` says what is being trained: another recipe, seed or data has another."""

    key: str
    curve: tuple[dict[str, Any], ...]
    network: dict[str, Tensor]
    best: dict[str, Tensor]
    optimiser: dict[int, dict[str, Tensor]]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Replaces the folder's checkpoint in one step."""
    tensors = {
        **_prefixed("network", checkpoint.network),
        **_prefixed("best", checkpoint.best),
        **{
            f"optimiser{SEPARATOR}{index}{SEPARATOR}{name}": value
            for index, state in checkpoint.optimiser.items()
            for name, value in state.items()
        },
    }
    copies = {name: copied_to_cpu(value).contiguous() for name, value in tensors.items()}
    metadata = {"key": checkpoint.key, "curve": json.dumps(checkpoint.curve)}
    unfinished = folder / f"{CHECKPOINT_FILE}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(copies, unfinished, metadata=metadata)
        unfinished.replace(folder / CHECKPOINT_FILE)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"{folder}: the checkpoint cannot be written: {error}") from error


def read_checkpoint(folder: Path, *, key: str) -> Checkpoint | None:
    """The folder's checkpoint, or nothing where there is none.

    Raises:
        OutputError: it is damaged, or belongs to another training.
    """
    path = folder / CHECKPOINT_FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (OSError, SafetensorError) as error:
        raise OutputError(f"{path} is damaged: remove {folder} to train anew") from error
    if metadata.get("key") != key:
        raise OutputError(
            f"{folder} holds a training of other data or settings: remove it, or use another --out"
        )
    optimiser: dict[int, dict[str, Tensor]] = {}
    for name, value in _under("optimiser", tensors).items():
        index, _, field = name.partition(SEPARATOR)
        optimiser.setdefault(int(index), {})[field] = value
    return Checkpoint(
        key=key,
        curve=tuple(json.loads(metadata["curve"])),
        network=_under("network", tensors),
        best=_under("best", tensors),
        optimiser=optimiser,
    )


def copied_to_cpu(tensor: Tensor) -> Tensor:
    """A copy that lasts, and that a machine without the tensor's device can read."""
    return tensor.detach().to("cpu", copy=True)


def _prefixed(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}{SEPARATOR}{name}": value for name, value in tensors.items()}


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, torch.Tensor]:
    start = prefix + SEPARATOR
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
