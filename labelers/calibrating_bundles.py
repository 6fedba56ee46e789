"""Calibrating a bundle that was trained before, on what its training held out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labelers.bundle import BundleRecord, Calibration, load_bundle, read_bundle_record, write_calibration
from labelers.calibrating import calibrate
from labelers.data import LabelledTexts, hash_file
from labelers.training import TrainingInputs, read_labelled_files, read_split
from schemas.errors import UsageError


def calibrate_bundle(
    name_or_path: str | Path, files: Sequence[Path], *, second_opinion: str | None = None
) -> dict[str, Any]:
    """Calibrates a bundle where it lies, whether or not it was before; returns what that changed.

    `files` are those that its training held texts out of; they are known by their content. The figures in the
    bundle's record go, as they were measured before. `second_opinion` is as for `calibrate`.

    Raises:
        UsageError: these are not the files, or the second opinion cannot be had.
        BundleError: the bundle cannot be read.
        OutputError: it cannot be written.
    """
    record = read_bundle_record(name_or_path)
    held_out = _held_out_texts(record, files)
    labeler, changed = calibrate(load_bundle(name_or_path), held_out, second_opinion=second_opinion)
    write_calibration(name_or_path, Calibration.of(labeler), told=changed)
    return changed


def _held_out_texts(record: BundleRecord, files: Sequence[Path]) -> LabelledTexts:
    told = record.training.get("data", {})
    kind = "held_out" if told.get("held_out") else "labelled"
    wanted = {one["hash"]: one["file"] for one in told.get(kind, ())}
    given = {hash_file(path): path for path in files}
    if not wanted or wanted.keys() != given.keys():
        raise UsageError(
            "a labeler is calibrated on what its training held out: give with --data the same files, unchanged, "
            f"that it was trained with: {', '.join(wanted.values()) or 'the bundle does not tell which'}"
        )
    paths = tuple(given[found] for found in wanted)
    if kind == "held_out":
        return read_labelled_files(record.recipe, paths, record.label_set)
    return read_split(record.recipe, TrainingInputs(labelled=paths), record.label_set).held_out
