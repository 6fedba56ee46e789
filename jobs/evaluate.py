"""`ctlabel evaluate`: how well a labeler does on annotated texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from schemas.errors import UsageError

if TYPE_CHECKING:
    from labelers.base import Labeler
    from labelers.evaluation.answers import Answers


@click.command("evaluate")
@click.option("--labeler", default="default", show_default=True, help="Name or bundle folder.")
@click.option(
    "--data",
    "data",
    required=True,
    type=click.Path(path_type=Path),
    help="Annotated texts: Parquet with a text column and one column for each label.",
)
@click.option(
    "--documents",
    type=click.Path(path_type=Path),
    help="Raw texts (columns doc_id, text) of the documents in --data: measures whole reports end to end.",
)
@click.option(
    "--perturb",
    is_flag=True,
    help="Measure, too, what changes of the texts do: spelling, case, punctuation, line breaks, typos, synonyms.",
)
@click.option(
    "--errors", type=click.Path(path_type=Path), help="File to list the errors in: .csv or .parquet."
)
@click.option("--with-text", is_flag=True, help="Put the texts into the list of errors, too.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
@click.option("--write", is_flag=True, help="Store the figures in the bundle's labeler.yaml as well.")
def command(  # noqa: PLR0913 (one for each option)
    *,
    labeler: str,
    data: Path,
    documents: Path | None,
    perturb: bool,
    errors: Path | None,
    with_text: bool,
    as_json: bool,
    write: bool,
) -> None:
    """Print how well a labeler does: F1 by class and by label, its errors by kind, its calibration.

    F1 leaves out not_mentioned. Where the data has a column `sampled`, each of its values is measured by itself as
    well; intervals draw whole documents, by a column `doc_id`. With --documents, raw texts are read as an archive's
    are, and the strongest class of each label in a report is measured against that of its annotated sentences.

    \b
    Example:
      ctlabel evaluate --data dev.parquet --documents dev_documents.parquet --errors errors.csv
    """
    from labelers.bundle import load_bundle, write_evaluation
    from labelers.evaluation.answers import answer, read_questions
    from labelers.evaluation.errors import check_ending, write_errors

    if errors is not None:
        check_ending(errors)
    elif with_text:
        raise UsageError("--with-text puts texts into the list of errors: name its file with --errors")
    loaded = load_bundle(labeler)
    answers = answer(loaded, read_questions(data, loaded.label_set))
    found = evaluation_record(loaded, answers, data)
    raw = read_raw(documents) if documents is not None else {}
    if documents is not None:
        found["reports"] = report_record(loaded, answers, documents, raw)
    if perturb:
        found["robustness"] = robustness_record(loaded, answers, raw)
    if write:
        write_evaluation(labeler, name=data.stem, figures=found)
    if errors is not None:
        write_errors(answers, errors, with_text=with_text)
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(_shown(found)))


def evaluation_record(labeler: Labeler, answers: Answers, data: Path) -> dict[str, Any]:
    """All that was measured, with what it was measured on."""
    from labelers.data import hash_file
    from labelers.evaluation.answers import ANNOTATION_NOTE
    from labelers.evaluation.errors import class_confusion, split_errors
    from labelers.evaluation.figures import figures, intervals

    classes = labeler.label_set.classes
    confusion = class_confusion(answers.truth, answers.predicted, n_classes=len(classes))
    parts = answers.asked.subsets().items()
    return {
        "labeler": labeler.name,
        "fingerprint": labeler.fingerprint,
        "data": {"file": data.name, "hash": hash_file(data)},
        "note": ANNOTATION_NOTE,
        "figures": {name: report.to_json() for name, report in figures(answers).items()},
        "intervals": {name: intervals(answers.select(rows)).to_json() for name, rows in parts},
        "errors": split_errors(answers).to_json(),
        "calibration": calibration_record(answers),
        "confusion": {"classes": list(classes), "truth_by_predicted": confusion.tolist()},
    }


def calibration_record(answers: Answers) -> dict[str, Any]:
    """How far the probabilities of the mentions found are from the share that is right."""
    from labelers.statistics.calibration import calibration_error, mention_curve

    curve = mention_curve(answers.probabilities, answers.truth)
    return {
        "mentions": sum(point.count for point in curve),
        "expected_calibration_error": round(calibration_error(curve), 4),
        "curve": [point.to_json() for point in curve],
    }


def read_raw(documents: Path) -> dict[str, str]:
    """Each document's raw text, cleaned as the pipeline does before it reads."""
    from labelers.evaluation.reports import read_raw_texts
    from pipeline.cleaning import clean

    return {name: clean(text)[0] for name, text in read_raw_texts(documents).items()}


def report_record(
    labeler: Labeler, answers: Answers, documents: Path, raw: Mapping[str, str]
) -> dict[str, Any]:
    """Whole reports: from their raw texts, and beside it from their annotated sentences."""
    from labelers.data import hash_file
    from labelers.evaluation.reports import answer_reports, from_annotated_sentences

    found = answer_reports(labeler, raw, answers.asked)
    by_sentence = from_annotated_sentences(answers, found.documents)
    return {
        "documents": {"file": documents.name, "hash": hash_file(documents)},
        "raw_text": found.to_json(),
        "annotated_sentences": by_sentence.to_json(),
    }


def robustness_record(labeler: Labeler, answers: Answers, raw: Mapping[str, str]) -> dict[str, Any]:
    """Every change, on the sentences, and on whole reports where there are raw texts."""
    from labelers.evaluation.robustness import report_drops, sentence_drops
    from labelers.perturbation import perturbations

    changes = perturbations(labeler.label_set)
    found = {"sentences": [drop.to_json() for drop in sentence_drops(labeler, answers, changes)]}
    if raw:
        found["reports"] = [drop.to_json() for drop in report_drops(labeler, raw, answers.asked, changes)]
    return found


def _shown(found: dict[str, Any]) -> list[str]:
    from jobs.evaluation_tables import evaluation_lines

    return evaluation_lines(found)
