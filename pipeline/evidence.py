"""The sentences that a finished run's labeler read, with their text where it can be had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from labelers.text.report import sentence_text
from pipeline.cleaning import clean
from pipeline.reading import read_batches
from pipeline.run_folder import RunFolder
from pipeline.shards import Shard, row_groups
from schemas.errors import InputError
from schemas.run import RunManifest
from schemas.tables import Table


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The sentences of a shard that were read: where each is, what the labeler saw, and what it said.

    `classes` and `probabilities` are (n_sentences, n_labels); "nothing said", which a run does not store, is
    class 0 with a probability of NaN.
    """

    report_ids: list[str]
    spans: list[tuple[int, int]]
    sections: list[str]
    texts: list[str]
    classes: npt.NDArray[np.int8]
    probabilities: npt.NDArray[np.float32]


def read_evidence(folder: RunFolder, manifest: RunManifest) -> Iterator[Evidence]:
    """Shard by shard, in input order; memory holds one.

    Raises:
        InputError: the reports are not at hand any more or have changed since, or a table of the run is damaged.
    """
    for group in row_groups(manifest.reports):
        for batch in read_batches(group, config=manifest.config):
            reports = _read(folder, Table.REPORTS, batch.shard, ["n_sentences", "text_hash"])
            if reports["text_hash"].to_pylist() != batch.text_hashes:
                raise InputError(
                    f"{group.where} has changed since the run: its sentences cannot be read again"
                )
            counts = reports["n_sentences"].to_numpy()
            yield _evidence(
                _read(
                    folder,
                    Table.SENTENCES,
                    batch.shard,
                    ["report_id", "start", "end", "section", "read", "mentions"],
                ),
                np.repeat(np.arange(len(counts)), counts),
                [
                    clean(text or "")[0] if count else ""
                    for text, count in zip(batch.texts, counts, strict=True)
                ],
                manifest,
            )


def _read(folder: RunFolder, table: Table, shard: Shard, columns: list[str]) -> pa.Table:
    path = folder.table(table, shard.name)
    try:
        return pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} cannot be read: {type(error).__name__}") from error


def _evidence(
    sentences: pa.Table, rows: npt.NDArray[np.intp], texts: list[str], manifest: RunManifest
) -> Evidence:
    read = sentences["read"].to_numpy()
    chosen = sentences.filter(pa.array(read))
    spans = list(zip(chosen["start"].to_pylist(), chosen["end"].to_pylist(), strict=True))
    classes, probabilities = _said(chosen["mentions"].to_pylist(), manifest)
    return Evidence(
        report_ids=chosen["report_id"].to_pylist(),
        spans=spans,
        sections=chosen["section"].to_pylist(),
        texts=[
            sentence_text(texts[row][start:end]) for row, (start, end) in zip(rows[read], spans, strict=True)
        ],
        classes=classes,
        probabilities=probabilities,
    )


def _said(
    mentions: list[list[dict[str, Any]]], manifest: RunManifest
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    label_set = manifest.label_set
    columns = {label: column for column, label in enumerate(label_set.ids)}
    codes = {name: code for code, name in enumerate(label_set.classes)}
    classes = np.zeros((len(mentions), len(columns)), np.int8)
    probabilities = np.full(classes.shape, np.nan, np.float32)
    for row, said in enumerate(mentions):
        for mention in said:
            at = row, columns[mention["label"]]
            classes[at], probabilities[at] = codes[mention["certainty"]], mention["probability"]
    return classes, probabilities
