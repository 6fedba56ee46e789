"""Any labeler by name or path: a trained bundle, or one that needs none, as it reads by rules or is a committee."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from labelers.base import Labeler
from labelers.bundle import load_bundle, write_evaluation
from labelers.committee import Committee, load_committee, write_committee_evaluation
from labelers.device import CPU
from labelers.network_labeler import NetworkLabeler
from labelers.registry import is_committee, locate_labeler
from labelers.rules.labeler import RuleLabeler
from schemas.errors import UsageError
from schemas.precision import Precision


def load_labeler(
    name_or_path: str | Path, *, precision: Precision = Precision.FLOAT32, device: torch.device = CPU
) -> Labeler:
    """The labeler of a shipped name, a bundle's folder, or the file of a rule labeler or a committee.

    `precision` is what a network multiplies in, and `device` where; labelers of another kind have neither.

    Raises:
        BundleError: a bundle is missing, damaged or unsafe.
        UsageError: there is nothing of this name, or a file or a committee's members do not fit.
    """
    return _load(locate_labeler(name_or_path), precision=precision, device=device)


def _load(place: Path, *, precision: Precision, device: torch.device) -> Labeler:
    if is_committee(place):
        return _load_committee(place, precision=precision, device=device)
    if place.is_file():
        return RuleLabeler.load(place)
    loaded = load_bundle(place, device=device)
    return replace(loaded, precision=precision) if isinstance(loaded, NetworkLabeler) else loaded


def _load_committee(path: Path, *, precision: Precision, device: torch.device) -> Committee:
    recipe = load_committee(path)
    members = [_load_member(path, member, precision=precision, device=device) for member in recipe.members]
    return Committee.of(recipe.name, members)


def _load_member(path: Path, member: str, *, precision: Precision, device: torch.device) -> Labeler:
    place = locate_labeler(member)
    if is_committee(place):
        raise UsageError(f"{path}: {member} is a committee itself: name its members instead")
    return _load(place, precision=precision, device=device)


def store_evaluation(name_or_path: str | Path, *, name: str, figures: Mapping[str, Any]) -> None:
    """Stores figures of a labeler under `name`: in its bundle's record, or in its committee's file.

    Raises:
        BundleError: it reads by rules, or its bundle is damaged.
        OutputError: they cannot be written.
    """
    place = locate_labeler(name_or_path)
    if is_committee(place):
        write_committee_evaluation(place, name=name, figures=figures)
    else:
        write_evaluation(name_or_path, name=name, figures=figures)
