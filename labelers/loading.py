"""Any labeler by name or path: a trained bundle, or one that reads by rules and needs none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from labelers.base import Labeler
from labelers.bundle import load_bundle
from labelers.device import CPU
from labelers.network_labeler import NetworkLabeler
from labelers.registry import locate_labeler
from labelers.rules.labeler import RuleLabeler
from schemas.precision import Precision


def load_labeler(
    name_or_path: str | Path, *, precision: Precision = Precision.FLOAT32, device: torch.device = CPU
) -> Labeler:
    """The labeler of a shipped name, a bundle's folder, or the recipe file of a rule labeler.

    `precision` is what a network multiplies in, and `device` where; labelers of another kind have neither.

    Raises:
        BundleError: a bundle is missing, damaged or unsafe.
        UsageError: there is nothing of this name, or a rule file does not fit.
    """
    place = locate_labeler(name_or_path)
    if place.is_file():
        return RuleLabeler.load(place)
    loaded = load_bundle(place, device=device)
    return replace(loaded, precision=precision) if isinstance(loaded, NetworkLabeler) else loaded
