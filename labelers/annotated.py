"""Annotations of texts that are not the project's: labels by place, so that no text is passed on.

One file in `conf/annotated/` holds the annotations of one archive of texts. Each line is a sentence: its document,
the span of its characters, the first eight digits of its hash, and the labels that it mentions, as in
`labelers.written`; one that mentions none is told, too. `#` starts a comment:

    case-17 40 71 0a1b2c3d => +infarct -haemorrhage
    case-17 72 90 99aabbcc =>

`python -m labelers.annotated ANNOTATIONS --texts TEXTS --out FILE` looks the sentences up in a Parquet file with
the columns `doc_id` and `text`, and writes what training reads. Whoever lacks these texts trains without them.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from labelers.data import TEXT_COLUMN, read_columns
from labelers.marks import Line, Mentions, class_columns, count_mentions, read_lines, read_marks
from labelers.text.report import sentence_text
from labelers.writing import write_parquet
from schemas.errors import CtlabelError, InputError
from schemas.hashing import hash_text
from schemas.label_set import DEFAULT_LABEL_SET, LabelSet, load_label_set

DOCUMENT_COLUMN = "doc_id"
HASH_DIGITS = 8

_LINE = re.compile(
    rf"(?P<document>\S+) (?P<start>\d+) (?P<end>\d+) (?P<hash>[0-9a-f]{{{HASH_DIGITS}}}) =>(?P<labels>.*)"
)


@dataclass(frozen=True, slots=True)
class Annotation:
    """A sentence by its place, and the class of each label that it mentions."""

    line: Line
    document: str
    start: int
    end: int
    hash: str
    labels: Mentions


def read_annotations(path: Path, label_set: LabelSet) -> tuple[Annotation, ...]:
    """The annotations of one file, in order.

    Raises:
        InputError: the file cannot be read, has none, or a line is not of the form above; it names file and line.
    """
    found = tuple(
        _annotation(line, content, label_set)
        for line, content in read_lines(path)
        if not content.startswith("#")
    )
    if not found:
        raise InputError(f"{path}: there are no annotations")
    return found


def _annotation(line: Line, content: str, label_set: LabelSet) -> Annotation:
    match = _LINE.fullmatch(content)
    if match is None:
        raise line.error(f"expected 'DOCUMENT START END HASH => LABELS', the hash of {HASH_DIGITS} digits")
    labels = read_marks(line, match["labels"].split(), label_set)
    return Annotation(line, match["document"], int(match["start"]), int(match["end"]), match["hash"], labels)


def sentence_hash(sentence: str) -> str:
    """What tells that a sentence is the one that was annotated."""
    return hash_text(sentence)[:HASH_DIGITS]


def find_sentences(annotations: Sequence[Annotation], texts: Path) -> tuple[str, ...]:
    """The sentence of each annotation, as a labeler is given it.

    Raises:
        InputError: `texts` cannot be read, lacks a document, or has another text at a sentence's place.
    """
    table = read_columns(texts, [DOCUMENT_COLUMN, TEXT_COLUMN])
    text_of = dict(zip(table[DOCUMENT_COLUMN].to_pylist(), table[TEXT_COLUMN].to_pylist(), strict=True))
    return tuple(_find(annotation, text_of.get(annotation.document), texts) for annotation in annotations)


def _find(annotation: Annotation, text: str | None, texts: Path) -> str:
    if text is None:
        raise annotation.line.error(f"{texts} has no document {annotation.document}")
    sentence = text[annotation.start : annotation.end]
    if sentence_hash(sentence) != annotation.hash:
        raise annotation.line.error(
            f"{texts} has another text at this place of document {annotation.document}: "
            "take the file that was annotated"
        )
    return sentence_text(sentence)


def annotation_table(
    annotations: Sequence[Annotation], sentences: Sequence[str], label_set: LabelSet
) -> pa.Table:
    """One row for each annotation: its place, its sentence, and a column of class names for each label."""
    columns = {
        DOCUMENT_COLUMN: [one.document for one in annotations],
        "start": [one.start for one in annotations],
        "end": [one.end for one in annotations],
        TEXT_COLUMN: list(sentences),
    }
    return pa.table(columns | class_columns([one.labels for one in annotations], label_set))


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, looks the sentences up, writes them, prints counts."""
    parser = argparse.ArgumentParser(
        prog="python -m labelers.annotated", description="Annotated sentences of other texts."
    )
    parser.add_argument("annotations", type=Path, help="Such as conf/annotated/radiology_text.txt.")
    parser.add_argument("--texts", type=Path, required=True, help="Parquet with doc_id and text.")
    parser.add_argument("--out", type=Path, required=True, help="Parquet file to write.")
    given = parser.parse_args(arguments)
    try:
        label_set = load_label_set(DEFAULT_LABEL_SET)
        annotations = read_annotations(given.annotations, label_set)
        sentences = find_sentences(annotations, given.texts)
        write_parquet(annotation_table(annotations, sentences, label_set), given.out)
    except CtlabelError as error:
        parser.exit(error.exit_code, f"error: {error}\n")
    counts = count_mentions([one.labels for one in annotations], label_set)
    sys.stdout.write(f"{len(annotations)} sentences\n{counts}\n")


if __name__ == "__main__":
    main()
