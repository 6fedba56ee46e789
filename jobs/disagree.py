"""`ctlabel disagree`: a second opinion on a finished run, and a sample of the sentences where the two differ."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobs.layout import plural, table
from schemas.errors import InputError, OutputError
from schemas.run import RUN_FILE, is_finished, read_manifest

if TYPE_CHECKING:
    from pipeline.disagreement import Comparison, Disagreement

COLUMNS = (
    "report_id",
    "start",
    "end",
    "section",
    "label",
    "kind",
    "run_class",
    "run_probability",
    "other_class",
    "other_probability",
    "term",
    "term_start",
    "term_end",
    "cue",
    "cue_start",
    "cue_end",
)


@click.command(
    epilog="\b\nExamples:\n  ctlabel disagree demo/run\n"
    "  ctlabel disagree demo/run --out review.csv --with-text --per-stratum 10 --seed 1"
)
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--labeler", default="rules", show_default=True, help="The second labeler.")
@click.option("--out", type=click.Path(path_type=Path), help="CSV file [default: beside RUN].")
@click.option(
    "--per-stratum", default=3, show_default=True, type=click.IntRange(1), help="Most rows of a stratum."
)
@click.option("--seed", default=0, show_default=True, help="Another seed draws another sample.")
@click.option("--with-text", is_flag=True, help="Write the sentences, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(  # noqa: PLR0913 (one for each option)
    *, run: Path, labeler: str, out: Path | None, per_stratum: int, seed: int, with_text: bool, as_json: bool
) -> None:
    """Read the sentences of the run in folder RUN again with a second labeler, and sample where the two disagree.

    A stratum is a label and a kind of disagreement: only the run mentions it (run_only), only the other labeler
    (other_only), or both with another certainty. The sample is a CSV file for a human to review; the reports must
    still lie where the run read them. Text is written only with --with-text, and never printed. The shipped labeler
    has asked `rules` where it was not sure, so that the two disagree about fewer of those sentences.
    """
    from labelers.loading import load_labeler
    from pipeline.disagreement import check_comparable, compare_labelers
    from pipeline.evidence import read_evidence
    from pipeline.run_folder import RunFolder

    path = out or run.parent / f"{run.name}-disagreements.csv"
    _check_places(run, path)
    manifest, other = read_manifest(run), load_labeler(labeler)
    check_comparable(manifest, other)
    shards = read_evidence(RunFolder(run), manifest)
    found = compare_labelers(shards, other, per_stratum=per_stratum, seed=seed)
    _write(path, found.sample, with_text=with_text)
    records = agreement_records(found, labels=manifest.label_set.ids)
    summary = {"run": str(run), "labelers": [manifest.labeler, other.name], "sentences": found.sentences}
    if as_json:
        click.echo(json.dumps({**summary, "labels": records, "sample": str(path), "rows": len(found.sample)}))
        return
    click.echo(f"{plural(found.sentences, 'sentence')} read by {manifest.labeler} and by {other.name}")
    for line in _lines(records):
        click.echo(line)
    click.echo(f"{plural(len(found.sample), 'disagreement')} for review in {path}")


def agreement_records(found: Comparison, *, labels: Sequence[str]) -> list[dict[str, Any]]:
    """For each label that either mentions: how often they agree, and Cohen's kappa over all sentences."""
    from labelers.statistics.agreement import cohen_kappa

    records = []
    for label, counts in zip(labels, found.confusion, strict=True):
        if counts.sum() == counts[0, 0]:
            continue
        both = counts[1:, 1:]
        records.append(
            {
                "label": label,
                "same": int(both.trace()),
                "certainty": int(both.sum() - both.trace()),
                "run_only": int(counts[1:, 0].sum()),
                "other_only": int(counts[0, 1:].sum()),
                "kappa": round(cohen_kappa(counts), 4),
            }
        )
    return records


def _lines(records: Sequence[dict[str, Any]]) -> list[str]:
    counted = ("same", "certainty", "run_only", "other_only")
    rows = [
        [record["label"], *(f"{record[name]:,}" for name in counted), f"{record['kappa']:.2f}"]
        for record in records
    ]
    head = ["label", "same class", "other certainty", "run only", "other only", "kappa"]
    return table([head, *rows], numeric=range(1, len(head)))


def _check_places(run: Path, out: Path) -> None:
    if not (run / RUN_FILE).is_file():
        raise InputError(f"{run} is not a run folder: it has no {RUN_FILE}")
    if not is_finished(run):
        raise InputError(f"{run} is not finished: the command that began it goes on where it stopped")
    if out.exists():
        raise OutputError(f"{out} exists already: choose another --out")


def _write(path: Path, sample: Sequence[Disagreement], *, with_text: bool) -> None:
    from pipeline.storage import write_text

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*COLUMNS, *(["text"] if with_text else [])])
    for found in sample:
        writer.writerow([*_cells(found), *([found.text] if with_text else [])])
    write_text(path, stream.getvalue())


def _cells(found: Disagreement) -> list[str]:
    because = found.because
    term = ("", "", "") if because is None else (because.term, because.start, because.end)
    cue = ("", "", "")
    if because is not None and because.cue is not None and because.cue_span is not None:
        cue = (because.cue, str(because.cue_span[0]), str(because.cue_span[1]))
    cells = (
        found.report_id,
        found.start,
        found.end,
        found.section,
        found.label,
        found.kind.value,
        found.run_class,
        _number(found.run_probability),
        found.other_class,
        _number(found.other_probability),
        *term,
        *cue,
    )
    return [str(cell) for cell in cells]


def _number(probability: float) -> str:
    """Empty where a run does not store it."""
    return "" if math.isnan(probability) else f"{probability:.4f}"
