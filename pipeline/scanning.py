"""The first look at an archive: ids and hashes of every row, and what follows from seeing all of them.

Only 32 bytes a report leave this stage, so that duplicates can be found over the whole archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.reading import ReportBatch, read_batches
from pipeline.shards import RowGroup
from pipeline.storage import replacing
from schemas.hashing import DIGEST_BYTES, digests
from schemas.job import JobConfig
from schemas.status import Reason

Keys = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.int32]
IDS_AT_ONCE = 10_000
VERDICTS: tuple[Reason | None, ...] = (None, Reason.SAME_REPORT, Reason.ID_REUSED)


@dataclass(frozen=True)
class Scan:
    """64-bit keys of a row group's rows, 0 where there is nothing; `usable` rows could be labelled."""

    report_id: Keys
    study_id: Keys
    text: Keys
    content: Keys
    usable: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RowPlan:
    """What the whole archive says of a row group's rows, and where their labels already are.

    `verdict` indexes VERDICTS. `base_shard` and `base_row` are -1 for a row that is not carried over.
    """

    verdict: npt.NDArray[np.int8]
    base_shard: Indices
    base_row: Indices


@dataclass(frozen=True)
class BaseIndex:
    """Where an earlier run has the labels of each report, in any order."""

    report_id: Keys
    content: Keys
    shard: Indices
    row: Indices


def id_keys(identifiers: Iterable[str | None]) -> Keys:
    """64-bit keys of ids; 0 for none."""
    return _first_halves(digests(identifiers))


def keys(hashes: Iterable[str | None]) -> Keys:
    """The first 64 bits of hashes; 0 for none."""
    nothing = "0" * 2 * DIGEST_BYTES
    return _first_halves(bytes.fromhex("".join(value or nothing for value in hashes)))


def _first_halves(content: bytes) -> Keys:
    """Digests one behind the other, of 128 bits each: the first 64 of each."""
    return np.frombuffer(content, ">u8")[::2].astype(np.uint64)


def scan_row_group(group: RowGroup, *, config: JobConfig) -> Scan:
    """Reads the row group once and keeps its keys.

    Raises:
        InputError: the row group is damaged.
    """
    parts = [_scan_batch(batch) for batch in read_batches(group, config=config)]
    return Scan(
        **{field.name: np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(Scan)}
    )


def _scan_batch(batch: ReportBatch) -> Scan:
    return Scan(
        report_id=id_keys(batch.report_ids),
        study_id=id_keys(batch.study_ids),
        text=keys(batch.text_hashes),
        content=keys(batch.input_hashes),
        usable=np.array([reason is None for reason in batch.reasons], np.bool_),
    )


def plan_rows(scans: Sequence[Scan], *, base: BaseIndex | None) -> list[RowPlan]:
    """Settles over the whole archive which rows repeat an earlier one and which an earlier run has labelled.

    The first usable row with an id is the report; a later one with the same text is a duplicate, with another
    text a reused id.
    """
    report_id = np.concatenate([scan.report_id for scan in scans])
    text = np.concatenate([scan.text for scan in scans])
    content = np.concatenate([scan.content for scan in scans])
    usable = np.concatenate([scan.usable for scan in scans])
    verdict = _verdicts(report_id, text, usable)
    shard, row = _match_base(report_id, content, usable & (verdict == 0), base)
    cuts = np.cumsum([len(scan.usable) for scan in scans])[:-1]
    parts = zip(np.split(verdict, cuts), np.split(shard, cuts), np.split(row, cuts), strict=True)
    return [RowPlan(*part) for part in parts]


def _verdicts(report_id: Keys, text: Keys, usable: npt.NDArray[np.bool_]) -> npt.NDArray[np.int8]:
    verdict = np.zeros(len(report_id), np.int8)
    rows = np.flatnonzero(usable)
    order = rows[np.argsort(report_id[rows], kind="stable")]
    if not len(order):
        return verdict
    first = np.concatenate([[True], report_id[order][1:] != report_id[order][:-1]])
    first_of_each = order[np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))]
    same = text[order] == text[first_of_each]
    verdict[order] = np.where(first, 0, np.where(same, 1, 2))
    return verdict


def _match_base(
    report_id: Keys, content: Keys, wanted: npt.NDArray[np.bool_], base: BaseIndex | None
) -> tuple[Indices, Indices]:
    shard = np.full(len(report_id), -1, np.int32)
    row = np.full(len(report_id), -1, np.int32)
    if base is None or not len(base.report_id):
        return shard, row
    base_key = base.report_id ^ base.content  # an id may be there twice: excluded without text, and labelled
    order = np.argsort(base_key, kind="stable")
    found = np.searchsorted(base_key, report_id ^ content, sorter=order)
    place = order[np.minimum(found, len(order) - 1)]
    match = wanted & (base.report_id[place] == report_id) & (base.content[place] == content)
    shard[match] = base.shard[place[match]]
    row[match] = base.row[place[match]]
    return shard, row


def any_in_common(scans: Iterable[Scan], study_ids: Iterable[str | None]) -> bool:
    """Whether any of the ids is the study of a scanned row; reads no more ids than it takes to find one."""
    known = np.unique(np.concatenate([scan.study_id for scan in scans]))
    known = known[known != 0]
    ids = iter(study_ids)
    while some := list(islice(ids, IDS_AT_ONCE)):
        if np.isin(id_keys(some), known).any():
            return True
    return False


def save_arrays(path: Path, record: Scan | RowPlan) -> None:
    """Writes a record's arrays whole or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **{field.name: getattr(record, field.name) for field in fields(record)})


def load_scan(path: Path) -> Scan:
    """The scan that `save_arrays` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return Scan(**{field.name: arrays[field.name] for field in fields(Scan)})


def load_plan(path: Path) -> RowPlan:
    """The plan that `save_arrays` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return RowPlan(**{field.name: arrays[field.name] for field in fields(RowPlan)})
