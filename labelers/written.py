"""Written reports: invented text with its labels, in files that a clinician can read and extend.

One file in `conf/written/` holds many reports. Each line is one part of a report; its first word says what the part
is and where it stands:

    @ N01-001 | CT | British stroke unit
    # CT HEAD
    /H 78F, right weakness, ?stroke
    //# FINDINGS:
    /F There is an old lacune in the left thalamus. => +established_infarct
    F No haemorrhage or mass effect, but an early infarct is possible. => -haemorrhage -mass_effect ?infarct

`@` starts a report: id, modality, style. Parts are `#` heading, `H` history, `T` technique, `F` finding, `A` advice
and `O` other. In the report's text a part follows the one before it after a space, with `/` on a new line, with
`//` after an empty line. Behind `=>` stand the labels that the part mentions: `+` positive, `?` uncertain, `-`
negative.

`python -m labelers.written FILE ...` checks files and counts what is in them; `--out FOLDER` also writes
`reports.parquet` and `sentences.parquet`, which training and measuring read.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from labelers.marks import Line, Mentions, class_columns, count_mentions, read_lines, read_marks
from labelers.writing import write_parquet
from schemas.conf import CONF_DIR
from schemas.errors import CtlabelError, InputError, UsageError
from schemas.label_set import DEFAULT_LABEL_SET, LabelSet, load_label_set

WRITTEN = CONF_DIR / "written"

_HEADER = re.compile(r"@ (?P<id>[\w-]+) \| (?P<modality>CT|MR) \| (?P<style>\S.*)")
_PART = re.compile(r"(?P<gap>/{0,2})(?P<role>[#HTFAO]) (?P<text>\S.*?)(?: => (?P<labels>\S.*))?")
_GAPS = {"": " ", "/": "\n", "//": "\n\n"}
_ROLES = {
    "#": "heading",
    "H": "history",
    "T": "technique",
    "F": "finding",
    "A": "advice",
    "O": "other",
}
_MENTIONING = frozenset({"finding", "advice", "other"})


@dataclass(frozen=True, slots=True)
class WrittenSentence:
    """A part of a report: its place in the report's text, its role, and the class of each label it mentions."""

    start: int
    end: int
    text: str
    role: str
    labels: Mentions


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """An invented report and its parts, in order."""

    report_id: str
    modality: str
    style: str
    text: str
    sentences: tuple[WrittenSentence, ...]


def read_written(path: Path, label_set: LabelSet) -> tuple[WrittenReport, ...]:
    """The reports of one file.

    Raises:
        InputError: the file cannot be read, or a line is not of the form above; it names file and line.
    """
    reports: list[WrittenReport] = []
    block: list[tuple[Line, str]] = []
    for place, line in read_lines(path):
        if line.startswith("@"):
            reports += _reports(block, label_set)
            block = []
        block.append((place, line))
    reports += _reports(block, label_set)
    _check_ids(path, reports)
    return tuple(reports)


def _reports(block: Sequence[tuple[Line, str]], label_set: LabelSet) -> list[WrittenReport]:
    """The report of a block of lines; none of an empty block."""
    if not block:
        return []
    (place, first), *parts = block
    header = _HEADER.fullmatch(first)
    if header is None:
        raise place.error("expected '@ ID | CT or MR | STYLE'")
    if not parts:
        raise place.error(f"report {header['id']} has no text")
    text = ""
    sentences: list[WrittenSentence] = []
    for where, line in parts:
        gap, sentence = _read_part(where, line, label_set)
        text += gap if text else ""
        sentences.append(replace(sentence, start=len(text), end=len(text) + len(sentence.text)))
        text += sentence.text
    return [WrittenReport(header["id"], header["modality"], header["style"], text, tuple(sentences))]


def _read_part(place: Line, line: str, label_set: LabelSet) -> tuple[str, WrittenSentence]:
    """What stands before the part, and the part as if it stood at the start."""
    part = _PART.fullmatch(line)
    if part is None:
        raise place.error("expected a role (# H T F A O), a text, and perhaps ' => ' and labels")
    role, text = _ROLES[part["role"]], part["text"]
    labels = read_marks(place, (part["labels"] or "").split(), label_set)
    if labels and role not in _MENTIONING:
        raise place.error(f"a {role} mentions no label: make it F, or leave its labels out")
    return _GAPS[part["gap"]], WrittenSentence(0, len(text), text, role, labels)


def _check_ids(path: Path, reports: Sequence[WrittenReport]) -> None:
    counts = Counter(report.report_id for report in reports)
    repeated = sorted(report_id for report_id, count in counts.items() if count > 1)
    if repeated:
        raise InputError(f"{path}: report ids given twice: {', '.join(repeated)}")


def report_table(reports: Sequence[WrittenReport]) -> pa.Table:
    """One row for each report: `report_id`, `modality`, `style`, `report_text`."""
    return pa.table(
        {
            "report_id": [report.report_id for report in reports],
            "modality": [report.modality for report in reports],
            "style": [report.style for report in reports],
            "report_text": [report.text for report in reports],
        }
    )


def sentence_table(reports: Sequence[WrittenReport], label_set: LabelSet) -> pa.Table:
    """One row for each part: its report, place and role, its text, and a column of class names for each label."""
    rows = [
        (report, index, sentence) for report in reports for index, sentence in enumerate(report.sentences)
    ]
    columns = {
        "report_id": [report.report_id for report, _, _ in rows],
        "index": [index for _, index, _ in rows],
        "modality": [report.modality for report, _, _ in rows],
        "start": [sentence.start for _, _, sentence in rows],
        "end": [sentence.end for _, _, sentence in rows],
        "text": [sentence.text for _, _, sentence in rows],
        "role": [sentence.role for _, _, sentence in rows],
    }
    return pa.table(columns | class_columns([sentence.labels for _, _, sentence in rows], label_set))


def summarise(reports: Sequence[WrittenReport], label_set: LabelSet) -> str:
    """How many reports and parts there are, and how often each label is mentioned, as lines to print."""
    mentions = [sentence.labels for report in reports for sentence in report.sentences]
    total = sum(map(len, mentions))
    return f"{len(reports)} reports, {len(mentions)} parts, {total} mentions\n{count_mentions(mentions, label_set)}"


def write_tables(reports: Sequence[WrittenReport], label_set: LabelSet, out: Path) -> None:
    """`reports.parquet` and `sentences.parquet` in the folder `out`.

    Raises:
        OutputError: they cannot be written.
    """
    write_parquet(report_table(reports), out / "reports.parquet")
    write_parquet(sentence_table(reports, label_set), out / "sentences.parquet")


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, checks the files, prints counts, writes tables where asked to."""
    parser = argparse.ArgumentParser(prog="python -m labelers.written", description="Written reports.")
    parser.add_argument("files", type=Path, nargs="*", help="All of conf/written where none is named.")
    parser.add_argument("--out", type=Path, help="Folder to write Parquet to.")
    given = parser.parse_args(arguments)
    try:
        label_set = load_label_set(DEFAULT_LABEL_SET)
        reports = [one for path in _files(given.files) for one in read_written(path, label_set)]
        if given.out is not None:
            write_tables(reports, label_set, given.out)
    except CtlabelError as error:
        parser.exit(error.exit_code, f"error: {error}\n")
    sys.stdout.write(summarise(reports, label_set) + "\n")


def _files(named: Sequence[Path]) -> list[Path]:
    files = list(named) or sorted(WRITTEN.glob("*.txt"))
    if not files:
        raise UsageError(f"there are no written reports in {WRITTEN}: name a file")
    return files


if __name__ == "__main__":
    main()
