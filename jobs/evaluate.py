"""`ctlabel evaluate`: how well a labeler does on annotated texts."""

from __future__ import annotations

import json
from pathlib import Path

import click

from jobs.devices import device_option
from schemas.errors import UsageError


@click.command("evaluate")
@click.option(
    "--labeler",
    default="default",
    show_default=True,
    help="Name, bundle folder, or the file of a rule labeler or a committee.",
)
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
@device_option()
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
@click.option(
    "--write",
    is_flag=True,
    help="Store the figures in the bundle's labeler.yaml, or the committee's file, as well.",
)
def command(  # noqa: PLR0913 (one for each option)
    *,
    labeler: str,
    data: Path,
    documents: Path | None,
    perturb: bool,
    errors: Path | None,
    with_text: bool,
    device: str,
    as_json: bool,
    write: bool,
) -> None:
    """Print how well a labeler does: F1 by class and by label, its errors by kind, its calibration.

    F1 leaves out not_mentioned. Where the data has a column `sampled`, each of its values is measured by itself as
    well; intervals draw whole documents, by a column `doc_id`. With --documents, raw texts are read as an archive's
    are, and the strongest class of each label in a report is measured against that of its annotated sentences.

    \b
    Examples:
      ctlabel evaluate --data dev.parquet --documents dev_documents.parquet --errors errors.csv
      ctlabel evaluate --labeler my_labeler --data dev.parquet --perturb --json
    """
    from jobs.evaluation_tables import evaluation_lines
    from labelers.device import find_device
    from labelers.evaluation.answers import answer, read_questions
    from labelers.evaluation.errors import check_ending, write_errors
    from labelers.evaluation.record import describe_answers, describe_reports, describe_robustness
    from labelers.evaluation.reports import read_raw_texts, read_sentences
    from labelers.loading import load_labeler, store_evaluation
    from pipeline.texts import TextStep, TextStepConfig

    if errors is not None:
        check_ending(errors)
    elif with_text:
        raise UsageError("--with-text puts texts into the list of errors: name its file with --errors")
    loaded = load_labeler(labeler, device=find_device(device))
    answers = answer(loaded, read_questions(data, loaded.label_set))
    found = describe_answers(loaded, answers, data)
    raw = read_raw_texts(documents) if documents is not None else {}
    reading = TextStep.load(TextStepConfig()).given if raw else read_sentences
    if documents is not None:
        found["reports"] = describe_reports(loaded, answers, documents, raw, reading=reading)
    if perturb:
        found["robustness"] = describe_robustness(loaded, answers, raw, reading=reading)
    if write:
        store_evaluation(labeler, name=data.stem, figures=found)
    if errors is not None:
        write_errors(answers, errors, with_text=with_text)
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(evaluation_lines(found)))
