"""The figures of Wood's Table 3 and of coding with many codes, from what the splits gave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from labelers.experiments.outcomes import Flags, Measured, Outcome, Scores, pooled
from labelers.statistics.binary import BinaryFigures, binary_figures, f1, unit_counts
from labelers.statistics.intervals import bootstrap_interval, mean_interval
from labelers.statistics.paired import paired_t
from labelers.statistics.ranking import code_figures, document_counts, mean_average_precision
from labelers.statistics.roc import (
    auc,
    auc_interval,
    delong_test,
    roc_curve,
    threshold_report,
    youden_threshold,
)

HALF = 0.5
FIGURES = ("balanced_accuracy", "sensitivity", "specificity", "precision", "f1")


def repeat_figures(outcomes: Sequence[Outcome], labels: Sequence[str]) -> dict[str, Any]:
    """For each label: area and figures as means over the repeats with 95 % intervals.

    Figures stand at probability one half (Wood) and at the Youden threshold of each repeat's validation part.
    `first_split` has the first repeat's area with DeLong's interval, its F1 with one by bootstrap, its ROC curve
    and its threshold report. Repeats in which a label is all present or all absent are left out.
    """
    return {label: _label_figures(outcomes, column) for column, label in enumerate(labels)}


def compare_repeats(
    first: Sequence[Outcome], second: Sequence[Outcome], labels: Sequence[str]
) -> dict[str, Any]:
    """Whether two systems' areas differ: paired t over the repeats, and DeLong's test on each test part."""
    return {label: _label_comparison(first, second, column) for column, label in enumerate(labels)}


def fold_figures(
    outcomes: Sequence[Outcome], labels: Sequence[str], *, n_codes: Sequence[int] | None = None
) -> dict[str, Any]:
    """Micro and macro F1 over all folds' test parts as one, at one half and at each fold's own threshold.

    That threshold is the one for all codes with the best micro F1 on the fold's validation part. `n_codes` is how
    many codes each text has in truth, where some have no column. `by_label` has area, ROC curve and threshold
    report of each label that is both present and absent, over all folds as one.
    """
    test = pooled(outcome.test for outcome in outcomes)
    in_truth = None if n_codes is None else np.asarray(n_codes, dtype=np.int64)[test.rows]
    chosen = pooled(_shifted(outcome.test, best_threshold(outcome.validation)) for outcome in outcomes)
    whole = Outcome(validation=pooled(outcome.validation for outcome in outcomes), test=test)
    return {
        "map": round(mean_average_precision(test.truth, test.scores, in_truth=in_truth), 4),
        "at_one_half": _set_figures(test.truth, test.scores >= HALF, in_truth),
        "at_validation_threshold": _set_figures(test.truth, chosen.scores >= 0, in_truth),
        "by_label": {
            label: _curve_figures(whole, column)
            for column, label in enumerate(labels)
            if _varies(whole, column)
        },
    }


def best_threshold(measured: Measured) -> float:
    """The one threshold for all codes that gives the best micro F1; of equals the strictest."""
    candidates = np.unique(np.quantile(measured.scores, np.linspace(0.5, 1, 400)))[::-1]
    found = [float(f1(_totals(measured.truth, measured.scores >= threshold))) for threshold in candidates]
    return float(candidates[int(np.argmax(found))])


def _label_figures(outcomes: Sequence[Outcome], column: int) -> dict[str, Any]:
    usable = [outcome for outcome in outcomes if _varies(outcome, column)]
    if not usable:
        return {"repeats": 0}
    first = usable[0].test
    truth, scores = first.truth[:, column], first.scores[:, column]
    halves = [_at(outcome.test, column, HALF) for outcome in usable]
    chosen = [_at(outcome.test, column, _youden(outcome, column)) for outcome in usable]
    areas = [auc(outcome.test.truth[:, column], outcome.test.scores[:, column]) for outcome in usable]
    return {
        "repeats": len(usable),
        "positives_in_test": round(float(np.mean([o.test.truth[:, column].sum() for o in usable])), 1),
        "auc": mean_interval(areas).to_json(),
        "at_one_half": _over_repeats(halves),
        "at_validation_youden": _over_repeats(chosen),
        "first_split": {
            **_curve_figures(usable[0], column),
            "f1_bootstrap": bootstrap_interval(unit_counts(truth, scores >= HALF), f1).to_json(),
        },
    }


def _curve_figures(outcome: Outcome, column: int) -> dict[str, Any]:
    """Jnawali 2019, section III.C: the whole operating range, and figures at thresholds of the validation part."""
    validation, test = (
        (part.truth[:, column], part.scores[:, column]) for part in (outcome.validation, outcome.test)
    )
    return {
        "auc_delong": auc_interval(*test).to_json(),
        "roc": roc_curve(*test).thinned().to_json(),
        "threshold_report": [point.to_json() for point in threshold_report(*test, chosen_on=validation)],
    }


def _label_comparison(first: Sequence[Outcome], second: Sequence[Outcome], column: int) -> dict[str, Any]:
    tests = [
        delong_test(a.test.truth[:, column], a.test.scores[:, column], b.test.scores[:, column])
        for a, b in zip(first, second, strict=True)
        if _varies(a, column)
    ]
    p_values = [test.p_value for test in tests]
    return {
        "auc": paired_t([test.first for test in tests], [test.second for test in tests]).to_json(),
        "delong_p_values": [round(p_value, 6) for p_value in p_values],
        "delong_below_0.05": sum(p_value < 0.05 for p_value in p_values),
    }


def _varies(outcome: Outcome, column: int) -> bool:
    parts = (outcome.validation.truth[:, column], outcome.test.truth[:, column])
    return all(part.any() and not part.all() for part in parts)


def _youden(outcome: Outcome, column: int) -> float:
    return youden_threshold(outcome.validation.truth[:, column], outcome.validation.scores[:, column])


def _at(measured: Measured, column: int, threshold: float) -> BinaryFigures:
    return binary_figures(measured.truth[:, column], measured.scores[:, column] >= threshold)


def _over_repeats(figures: Sequence[BinaryFigures]) -> dict[str, Any]:
    return {name: mean_interval([getattr(found, name) for found in figures]).to_json() for name in FIGURES}


def _set_figures(truth: Flags, predicted: Flags, in_truth: Any) -> dict[str, Any]:
    by_code = f1(np.stack([unit_counts(t, p).sum(axis=0) for t, p in zip(truth.T, predicted.T, strict=True)]))
    counts = document_counts(truth, predicted, in_truth=in_truth)
    return {
        **code_figures(truth, predicted, in_truth=in_truth).to_json(),
        "f1_bootstrap": bootstrap_interval(counts, f1).to_json(),
        "macro_f1": round(float(by_code[truth.any(axis=0)].mean()), 4),
    }


def _totals(truth: Flags, predicted: Flags) -> Scores:
    totals: Scores = document_counts(truth, predicted).sum(axis=0)
    return totals


def _shifted(measured: Measured, threshold: float) -> Measured:
    """Scores as how far they are above the threshold."""
    return Measured(rows=measured.rows, truth=measured.truth, scores=measured.scores - threshold)
