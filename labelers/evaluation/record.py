"""All that is measured of a labeler, as plain data for a machine, a table or a bundle's record."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelers.base import Labeler
from labelers.data import hash_file
from labelers.evaluation.answers import ANNOTATION_NOTE, Answers
from labelers.evaluation.errors import class_confusion, split_errors
from labelers.evaluation.figures import figures, intervals
from labelers.evaluation.reports import Reading, answer_reports, from_annotated_sentences
from labelers.evaluation.robustness import report_drops, sentence_drops
from labelers.perturbation import perturbations
from labelers.statistics.calibration import calibration_error, mention_curve

Record = dict[str, Any]


def describe_answers(labeler: Labeler, answers: Answers, data: Path) -> Record:
    """F1 with intervals, errors by kind, confusion of classes, calibration, and what all that was measured on."""
    classes = labeler.label_set.classes
    confusion = class_confusion(answers.truth, answers.predicted, n_classes=len(classes))
    parts = answers.asked.subsets().items()
    return {
        "labeler": labeler.name,
        "fingerprint": labeler.fingerprint,
        "data": _named(data),
        "note": ANNOTATION_NOTE,
        "figures": {name: report.to_json() for name, report in figures(answers).items()},
        "intervals": {name: intervals(answers.select(rows)).to_json() for name, rows in parts},
        "errors": split_errors(answers).to_json(),
        "confusion": {"classes": list(classes), "truth_by_predicted": confusion.tolist()},
        "calibration": _calibration(answers),
    }


def describe_reports(
    labeler: Labeler,
    answers: Answers,
    documents: Path,
    raw: Mapping[str, str],
    *,
    reading: Reading,
) -> Record:
    """Whole reports: from their raw texts, and beside it from their annotated sentences."""
    found = answer_reports(labeler, raw, answers.asked, reading=reading)
    by_sentence = from_annotated_sentences(answers, found.documents)
    return {
        "documents": _named(documents),
        "raw_text": found.to_json(),
        "annotated_sentences": by_sentence.to_json(),
    }


def describe_robustness(
    labeler: Labeler, answers: Answers, raw: Mapping[str, str], *, reading: Reading
) -> Record:
    """Every change, on the sentences, and on whole reports where there are raw texts."""
    changes = perturbations(labeler.label_set)
    found = {"sentences": [drop.to_json() for drop in sentence_drops(labeler, answers, changes)]}
    if raw:
        drops = report_drops(labeler, raw, answers.asked, changes, reading=reading)
        found["reports"] = [drop.to_json() for drop in drops]
    return found


def _calibration(answers: Answers) -> Record:
    """How far the probabilities of the mentions found are from the share that is right."""
    curve = mention_curve(answers.probabilities, answers.truth)
    return {
        "mentions": sum(point.count for point in curve),
        "expected_calibration_error": round(calibration_error(curve), 4),
        "curve": [point.to_json() for point in curve],
    }


def _named(path: Path) -> Record:
    return {"file": path.name, "hash": hash_file(path)}
