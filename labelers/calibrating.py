"""Fitting a labeler's temperatures, and how much a second opinion counts, on what its training held out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from labelers.base import Probabilities, predicted_classes
from labelers.bundle import BundledLabeler, Calibration, with_calibration
from labelers.data import LabelledTexts, Targets
from labelers.metrics import micro_f1
from labelers.second_opinion import SecondOpinion, fit_weight, load_adviser, weighed
from labelers.statistics.calibration import calibration_error, mention_curve
from labelers.temperatures import apply_temperatures, fit_temperatures, log_loss


def calibrate(
    labeler: BundledLabeler, held_out: LabelledTexts, *, second_opinion: str | None = None
) -> tuple[BundledLabeler, dict[str, Any]]:
    """The labeler with a temperature for each label, and what that changed on the texts it was fitted on.

    `second_opinion` names a labeler that reads by rules, whose answers are to be weighed in; where no weight helps,
    they are not. One that the labeler had before goes.

    Raises:
        UsageError: the second opinion cannot be had.
    """
    bare = replace(labeler, temperatures=None, adviser=None)
    before = np.asarray(bare.probabilities(held_out.texts))
    truth = held_out.targets
    temperatures = fit_temperatures(before, truth)
    after = apply_temperatures(before, temperatures)
    record = {"texts": len(held_out), "before": _measured(before, truth), "after": _measured(after, truth)}
    if second_opinion is None:
        return with_calibration(labeler, Calibration(temperatures)), record
    second = load_adviser(second_opinion, labeler.label_set, unit=labeler.unit).probabilities(held_out.texts)
    weight = fit_weight(after, second, truth)
    record["second_opinion"] = {
        "labeler": second_opinion,
        "weight": weight,
        "after": _measured(weighed(after, second, weight=weight), truth),
    }
    opinion = SecondOpinion(labeler=second_opinion, weight=weight) if weight else None
    return with_calibration(labeler, Calibration(temperatures, opinion)), record


def _measured(probabilities: Probabilities, truth: Targets) -> dict[str, float]:
    n_classes = probabilities.shape[-1]
    return {
        "log_loss": round(log_loss(probabilities, truth), 6),
        "calibration_error": round(calibration_error(mention_curve(probabilities, truth)), 4),
        "micro_f1": round(micro_f1(truth, predicted_classes(probabilities), n_classes=n_classes), 4),
    }
