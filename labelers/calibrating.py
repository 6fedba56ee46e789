"""Fitting a labeler's temperatures, on nothing but the texts that its training held out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from labelers.base import Probabilities
from labelers.bundle import BundledLabeler, with_temperatures
from labelers.data import LabelledTexts, Targets
from labelers.statistics.calibration import calibration_error, mention_curve
from labelers.temperatures import apply_temperatures, fit_temperatures, log_loss


def calibrate(labeler: BundledLabeler, held_out: LabelledTexts) -> tuple[BundledLabeler, dict[str, Any]]:
    """The labeler with a temperature for each label, and what that changed on the texts it was fitted on."""
    before = np.asarray(replace(labeler, temperatures=None).probabilities(held_out.texts))
    temperatures = fit_temperatures(before, held_out.targets)
    after = apply_temperatures(before, temperatures)
    record = {
        "texts": len(held_out),
        "before": _measured(before, held_out.targets),
        "after": _measured(after, held_out.targets),
    }
    return with_temperatures(labeler, temperatures), record


def _measured(probabilities: Probabilities, truth: Targets) -> dict[str, float]:
    return {
        "log_loss": round(log_loss(probabilities, truth), 6),
        "calibration_error": round(calibration_error(mention_curve(probabilities, truth)), 4),
    }
