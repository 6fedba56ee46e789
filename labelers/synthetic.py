"""Synthetic sentences: templates from `conf/synthesis/`, filled with the words of a label set.

`python -m labelers.synthetic cues --out FILE` writes those of `conf/synthesis/cues.yaml` as Parquet that training
reads; a recipe's `training.synthesis` names those that it makes itself.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from pydantic import Field

from labelers.data import TEXT_COLUMN, LabelledTexts
from labelers.spelling import load_spelling
from labelers.synonyms import learnt_nouns
from labelers.writing import write_parquet
from schemas.conf import Frozen, conf_path, load_conf
from schemas.errors import CtlabelError, UsageError
from schemas.hashing import hash_text
from schemas.label_set import LabelSet, load_label_set


class Template(Frozen):
    """A sentence with a place for a word, and what it says of its label.

    `{label}` is filled with a word of the label, `{Label}` the same with a capital; `{other}` and `{Other}` with
    one of another label, of which the sentence says `other`.
    """

    text: str
    certainty: str
    other: str | None = None


class Synthesis(Frozen):
    """Templates in order.

    With how many words of each label a template is filled is `fillings`: drawn from its variants and the synonyms
    that are not held out; without it, each variant fills every template once.
    """

    templates: tuple[Template, ...] = Field(min_length=1)
    fillings: int | None = Field(default=None, ge=1)


class _Filled(NamedTuple):
    """A sentence, and by label id the class of what it says."""

    text: str
    classes: dict[str, str]


def load_synthesis(name_or_path: str | Path) -> Synthesis:
    """The templates of a shipped name or of a YAML file."""
    return load_conf(conf_path("synthesis", name_or_path, kind="synthesis"), Synthesis)


def synthetic_texts(synthesis: Synthesis, label_set: LabelSet) -> LabelledTexts:
    """Every template filled for every label, the same each time; no sentence twice.

    Raises:
        UsageError: a template has a class that the label set lacks.
    """
    found: dict[str, dict[str, str]] = {}
    for filled in _all_filled(synthesis, label_set):
        found.setdefault(filled.text, filled.classes)
    targets = np.zeros((len(found), len(label_set.ids)), dtype=np.int64)
    for row, classes in zip(targets, found.values(), strict=True):
        for label, certainty in classes.items():
            row[label_set.ids.index(label)] = _class_index(certainty, label_set)
    return LabelledTexts(texts=tuple(found), targets=targets, groups=(None,) * len(found))


def _all_filled(synthesis: Synthesis, label_set: LabelSet) -> Iterator[_Filled]:
    spelling = load_spelling()
    nouns = {label.id: learnt_nouns(label, spelling) for label in label_set.labels}
    for label in label_set.labels:
        if synthesis.fillings is None:
            for variant in label.variants:
                for template in synthesis.templates:
                    yield _filled(template, label.id, variant, nouns)
            continue
        for template in synthesis.templates:
            for word in _drawn(nouns[label.id], template.text)[: synthesis.fillings]:
                yield _filled(template, label.id, word, nouns)


def _filled(template: Template, label: str, word: str, nouns: dict[str, tuple[str, ...]]) -> _Filled:
    text = template.text.replace("{label}", word).replace("{Label}", _capital(word))
    if template.other is None:
        return _Filled(text, {label: template.certainty})
    other = _drawn([name for name in nouns if name != label], text)[0]
    other_word = _drawn(nouns[other], text)[0]
    text = text.replace("{other}", other_word).replace("{Other}", _capital(other_word))
    return _Filled(text, {label: template.certainty, other: template.other})


def _drawn(words: Sequence[str], context: str) -> list[str]:
    """In an order that depends on the context alone."""
    return sorted(words, key=lambda word: hash_text(f"{context} {word}"))


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _class_index(certainty: str, label_set: LabelSet) -> int:
    if certainty not in label_set.classes:
        raise UsageError(f"synthesis has the class '{certainty}', which label set '{label_set.id}' lacks")
    return label_set.classes.index(certainty)


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, writes the sentences, says how many they are."""
    parser = argparse.ArgumentParser(
        prog="python -m labelers.synthetic", description="Synthetic sentences as training text."
    )
    parser.add_argument("synthesis", help="A name in conf/synthesis, such as cues, or a YAML file.")
    parser.add_argument("--out", type=Path, required=True, help="Parquet file to write.")
    given = parser.parse_args(arguments)
    try:
        label_set = load_label_set()
        texts = synthetic_texts(load_synthesis(given.synthesis), label_set)
        write_parquet(_table(texts, label_set), given.out)
    except CtlabelError as error:
        parser.exit(error.exit_code, f"error: {error}\n")
    sys.stdout.write(f"{len(texts)} sentences\n")


def _table(texts: LabelledTexts, label_set: LabelSet) -> pa.Table:
    names = np.array(label_set.classes)
    columns = {label: names[texts.targets[:, column]].tolist() for column, label in enumerate(label_set.ids)}
    return pa.table({TEXT_COLUMN: list(texts.texts)} | columns)


if __name__ == "__main__":
    main()
