"""From a recipe and a text archive to an encoder's folder: the same inputs and seed give the same bytes."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import yaml

from labelers.data import TEXT_COLUMN, hash_file, held_out_mask, read_columns
from labelers.device import CPU, device_faults
from labelers.fitting import repeatable
from labelers.handover import TIMING_FILE, describe_timing, describe_versions, hand_over, start_folder
from labelers.pretrained import quiet_transformers
from labelers.pretraining.encoders import MaskedLanguageModel, load_model
from labelers.pretraining.fitting import Point, Pretrainer
from labelers.pretraining.pieces import cut_chunks
from labelers.pretraining.recipe import PretrainingRecipe
from schemas.errors import InputError, OutputError
from schemas.hashing import hash_json

RECORD_FILE = "pretraining.yaml"
_VERSIONED = ("torch", "transformers", "tokenizers", "numpy", "safetensors")


@dataclass(frozen=True, slots=True)
class TextArchive:
    """Parquet files, and the columns of text in them."""

    files: tuple[Path, ...]
    columns: tuple[str, ...] = (TEXT_COLUMN,)

    def to_json(self) -> dict[str, Any]:
        """File names (no folders), hashes, columns."""
        files = [{"file": path.name, "hash": hash_file(path)} for path in self.files]
        return {"texts": files, "columns": list(self.columns)}

    def read(self) -> list[str]:
        """Every different text, in order; nulls and blanks are left out.

        Raises:
            InputError: a file cannot be read, lacks a column, or no text is left.
        """
        found = dict.fromkeys(text for path in self.files for text in self._texts(path))
        if len(found) < 2:
            raise InputError(f"{self.files[0]}: fewer than two different texts to pre-train on")
        return list(found)

    def _texts(self, path: Path) -> Iterable[str]:
        table = read_columns(path, self.columns)
        for column in self.columns:
            yield from (str(text) for text in table[column].to_pylist() if text and not text.isspace())


def pretrain_encoder(  # noqa: PLR0913
    recipe: PretrainingRecipe,
    archive: TextArchive,
    *,
    out: Path,
    overwrite: bool = False,
    progress: bool = False,
    device: torch.device = CPU,
) -> dict[str, Any]:
    """Pre-trains the recipe's encoder, or goes on with an unfinished run, and writes its folder.

    Until it is done everything lies in a folder beside `out` that ends in `.partial`. Returns its record. An
    unfinished run goes on on another `device`, too.

    Raises:
        OutputError: `out` exists already, or cannot be written.
        InputError: a file does not fit, or there is too little text.
        UsageError: the encoder to start from cannot be had.
        DeviceError: the GPU has failed; what was kept until then is there to go on from.
    """
    started = time.monotonic()
    data = archive.to_json()
    key = hash_json([recipe.model_dump(mode="json"), data])
    partial = start_folder(out, overwrite=overwrite)
    with device_faults(device), repeatable(threads=recipe.threads, seed=recipe.seed, device=device):
        texts = archive.read()
        start = load_model(recipe, texts)
        train, held_out = (_chunks(start, part, recipe) for part in _split(texts, share=recipe.held_out))
        trainer = Pretrainer(recipe, start, train=train, held_out=held_out, device=device)
        curve = trainer.run(folder=partial, key=key, progress=progress)
    record = _record(recipe, trainer, curve, data)
    timing = describe_timing(time.monotonic() - started, device)
    _publish(start, record, out=out, partial=partial, timing=timing)
    return record


def _split(texts: Sequence[str], *, share: float) -> tuple[list[str], list[str]]:
    """Texts to learn from, and those held out: by a hash of the text; at least one of either."""
    mask = held_out_mask(texts, share=share)
    if mask.all() or not mask.any():
        return list(texts[1:]), [texts[0]]
    parts = [
        [text for text, held in zip(texts, mask, strict=True) if held == wanted] for wanted in (False, True)
    ]
    return parts[0], parts[1]


def _chunks(
    start: MaskedLanguageModel, texts: Sequence[str], recipe: PretrainingRecipe
) -> list[tuple[int, ...]]:
    backend = start.tokenizer.backend_tokenizer
    found = cut_chunks(texts, backend, max_tokens=recipe.max_tokens, special=start.special)
    if not found:
        raise InputError("no words to pre-train on are left of the texts")
    return found


def _record(
    recipe: PretrainingRecipe, trainer: Pretrainer, curve: tuple[Point, ...], data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "recipe": recipe.model_dump(mode="json"),
        "data": data,
        "chunks": {"train": len(trainer.train), "held_out": len(trainer.held_out)},
        "tokens": {"train": int(trainer.lengths.sum())},
        "parameters": sum(parameter.numel() for parameter in trainer.model.parameters()),
        "steps": trainer.steps,
        "curve": [asdict(point) for point in curve],
        "versions": describe_versions(_VERSIONED),
    }


def _publish(
    trained: MaskedLanguageModel,
    record: dict[str, Any],
    *,
    out: Path,
    partial: Path,
    timing: dict[str, Any],
) -> None:
    """Writes the folder beside `out`, then puts it there in one step; when and how long is in a file of its own."""
    finished = partial / "encoder"
    shutil.rmtree(finished, ignore_errors=True)
    files = ((RECORD_FILE, record), (TIMING_FILE, timing))
    try:
        with quiet_transformers():
            trained.model.cpu().save_pretrained(finished)
            trained.tokenizer.save_pretrained(finished)
        for name, content in files:
            text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)
            (finished / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"{out} cannot be written: {error.strerror}") from error
    hand_over(finished, out, partial=partial)
