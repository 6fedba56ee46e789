"""Any labeler by name or path: a trained bundle, or one that reads by rules and needs none."""

from __future__ import annotations

from pathlib import Path

from labelers.base import Labeler
from labelers.bundle import load_bundle
from labelers.registry import locate_labeler
from labelers.rules.labeler import RuleLabeler


def load_labeler(name_or_path: str | Path) -> Labeler:
    """The labeler of a shipped name, a bundle's folder, or the recipe file of a rule labeler.

    Raises:
        BundleError: a bundle is missing, damaged or unsafe.
        UsageError: there is nothing of this name, or a rule file does not fit.
    """
    place = locate_labeler(name_or_path)
    return RuleLabeler.load(place) if place.is_file() else load_bundle(place)
