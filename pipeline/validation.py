"""Holds a whole run, or one of its files, against its contract: every table, and every count across tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.checks import (
    broken,
    check_rows,
    check_splits,
    codes_of,
    first_of_each,
    is_labelled,
    mentions,
)
from pipeline.run_folder import RunFolder
from pipeline.shards import Shard, row_groups, shards
from schemas.aggregation import load_aggregation
from schemas.errors import CtlabelError, InputError, InvariantError
from schemas.label_set import LabelSet, load_label_set
from schemas.run import RUN_FILE, RunManifest, is_finished, read_manifest, read_stats
from schemas.tables import Stamp, Table, check_schema, read_stamp, table_schema

SHARDED = (Table.REPORTS, Table.SENTENCES, Table.REJECTS)
Counts = dict[str, int]


@dataclass
class Recount:
    """What the tables themselves say, to be held against `stats.json`."""

    rows: int = 0
    sentences: int = 0
    truncated: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    cleaned: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    image_labels: dict[str, Counter[str]] = field(default_factory=dict)
    image_rows: int = 0

    def differences(self, stats: Mapping[str, Any]) -> Iterator[str]:
        """One line for each count of `stats` that the tables do not bear out."""
        for name in ("rows", "sentences", "truncated", "statuses", "reasons", "cleaned"):
            yield from _difference(name, stats[name], getattr(self, name))
        yield from _difference("images.splits", stats["images"]["splits"], self.splits)
        for name in ("labels", "image_labels"):
            found = getattr(self, name)
            wrong = [
                label_id for label_id, counts in stats[name].items() if counts != found.get(label_id, {})
            ]
            if wrong:
                yield f"stats.json: {name} of {', '.join(wrong)} are not what the tables give"


def _difference(name: str, said: Any, found: Any) -> Iterator[str]:
    if said != found:
        found = dict(found) if isinstance(found, Counter) else found
        yield f"stats.json: {name} is {said}, the tables give {found}"


@dataclass
class Studies:
    """The labelled reports, by study; `strength` holds the rank of each report's class for each label."""

    report_ids: set[str] = field(default_factory=set)
    of_study: dict[str, set[str]] = field(default_factory=dict)
    strength: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)

    def add(self, report_id: str, study_id: str | None, ranks: npt.NDArray[np.int64]) -> bool:
        """Takes a labelled report; False where its id was there before."""
        if report_id in self.report_ids:
            return False
        self.report_ids.add(report_id)
        if study_id is not None:
            self.of_study.setdefault(study_id, set()).add(report_id)
            before = self.strength.get(study_id, ranks)
            self.strength[study_id] = np.maximum(before, ranks)
        return True


def validate_run(run: Path) -> list[str]:
    """Every broken rule of a run as one line, each naming a file; empty for a sound run.

    Raises:
        InvariantError: there is no readable `run.json`.
    """
    manifest = read_manifest(run)
    if not is_finished(run):
        return ["no _SUCCESS: the run is not finished; run its command again to go on"]
    check = RunCheck(run, manifest)
    check.check()
    return check.problems


class RunCheck:
    """Goes through a run shard by shard and gathers what is wrong."""

    def __init__(self, run: Path, manifest: RunManifest) -> None:
        self.problems: list[str] = []
        self._run, self._folder = run, RunFolder(run)
        self._manifest, self._label_set = manifest, manifest.label_set
        self._ranks = np.array(_ranks(manifest))
        self._recount, self._studies = Recount(), Studies()
        self._stamp = Stamp(
            run_id=manifest.run_id,
            label_set_id=manifest.label_set.id,
            label_set_hash=manifest.label_set.hash,
            labeler=manifest.labeler,
            labeler_fingerprint=manifest.fingerprints.labeler,
        )

    def check(self) -> None:
        """All tables, then the counts."""
        planned = self._planned()
        names = {shard.name for shard in planned}
        for table in SHARDED:
            self._check_names(table, names)
        for shard in planned:
            self._check_shard(shard)
        for path in sorted((self._run / Table.IMAGES).glob("*.parquet")):
            self._check_images(path)
        self._check_stats()

    def _planned(self) -> list[Shard]:
        batch_rows = self._manifest.config.batch_rows
        groups = row_groups(self._manifest.reports)
        return [shard for group in groups for shard in shards(group, batch_rows=batch_rows)]

    def _check_names(self, table: Table, names: set[str]) -> None:
        for path in sorted((self._run / table).glob("*.parquet")):
            if path.stem not in names:
                self.problems.append(f"{table}/{path.name}: belongs to no shard of the input")

    def _load(self, kind: Table, path: Path) -> pa.Table | None:
        """The table where its schema, stamp and rows are as they must be; else None, the problems noted."""
        where = f"{kind}/{path.name}"
        try:
            table = read_output(
                path, kind, label_set=self._label_set, with_text=self._manifest.config.with_text
            )
        except InvariantError as error:
            self.problems.append(str(error).replace(str(path), where))
            return None
        if read_stamp(table.schema.metadata) != _unprefixed(self._stamp.metadata(kind)):
            self.problems.append(f"{where}: its metadata does not name this run, label set and labeler")
        return None if self._note(where, check_rows(table, kind, label_set=self._label_set)) else table

    def _note(self, where: str, problems: Iterable[str]) -> bool:
        found = [f"{where}: {problem}" for problem in problems]
        self.problems += found
        return bool(found)

    def _check_shard(self, shard: Shard) -> None:
        tables = {kind: self._load(kind, self._folder.table(kind, shard.name)) for kind in SHARDED}
        reports, sentences, rejects = (tables[kind] for kind in SHARDED)
        if reports is None:
            return
        where = f"{Table.REPORTS}/{shard.name}.parquet"
        if len(reports) != shard.rows:
            self.problems.append(f"{where}: {len(reports)} rows, {shard.rows} in the input")
        self._count_reports(reports)
        self._note(where, self._take_reports(reports))
        if rejects is not None:
            self._note(f"{Table.REJECTS}/{shard.name}.parquet", _check_rejects(rejects, reports, shard))
        if sentences is not None:
            self._recount.sentences += len(sentences)
            self._note(f"{Table.SENTENCES}/{shard.name}.parquet", self._check_evidence(sentences, reports))

    def _count_reports(self, reports: pa.Table) -> None:
        recount = self._recount
        recount.rows += len(reports)
        recount.truncated += int(reports["truncated"].to_numpy().sum())
        recount.statuses.update(_counts(reports["status"]))
        recount.reasons.update(_counts(reports["status_reason"]))
        recount.cleaned.update(_counts(reports["cleaned"].combine_chunks().flatten()))
        for label_id in self._label_set.ids:
            recount.labels.setdefault(label_id, Counter()).update(_counts(reports[label_id]))

    def _take_reports(self, reports: pa.Table) -> Iterator[str]:
        labelled = reports.filter(pa.array(is_labelled(reports)))
        ids, study_ids = labelled["report_id"].to_pylist(), labelled["study_id"].to_pylist()
        rows = zip(ids, study_ids, self._ranks[_codes(labelled, self._label_set)], strict=True)
        again = np.array([not self._studies.add(*row) for row in rows], np.bool_)
        at = np.flatnonzero(is_labelled(reports))
        yield from broken(again, "labelled, as an earlier row of the same report id is", rows=at)

    def _check_evidence(self, sentences: pa.Table, reports: pa.Table) -> Iterator[str]:
        """Sentences belong to the labelled reports, in their order, and their mentions make up the labels."""
        labelled = reports.filter(pa.array(is_labelled(reports)))
        first = first_of_each(sentences["report_id"])
        if sentences["report_id"].filter(pa.array(first)).to_pylist() != labelled["report_id"].to_pylist():
            yield "its reports are not the labelled ones of this shard, in order"
            return
        report = np.cumsum(first) - 1
        counted = np.bincount(report, minlength=len(labelled))
        if (counted != labelled["n_sentences"].to_numpy()).any():
            yield "not as many sentences as n_sentences says"
        rows, label, certainty = mentions(sentences, label_set=self._label_set)
        strongest = np.zeros((len(labelled), len(self._label_set.ids)), np.int64)
        np.maximum.at(strongest, (report[rows], label), self._ranks[certainty])
        differ = (strongest != self._ranks[_codes(labelled, self._label_set)]).any(axis=1)
        if self._ranks[0] == 0 and differ.any():
            yield f"the mentions do not give the labels of {int(differ.sum()):,} reports"

    def _check_images(self, path: Path) -> None:
        images = self._load(Table.IMAGES, path)
        if images is None:
            return
        self._recount.image_rows += len(images)
        self._recount.splits.update(_counts(images["split"]))
        for label_id in self._label_set.ids:
            self._recount.image_labels.setdefault(label_id, Counter()).update(_counts(images[label_id]))
        where = f"{Table.IMAGES}/{path.name}"
        self._note(where, check_splits(images, shares=self._manifest.config.split))
        self._note(where, self._check_join(images))

    def _check_join(self, images: pa.Table) -> Iterator[str]:
        """Each image has the labels of its study's labelled reports, and names all of them."""
        study_ids, report_ids = images["study_id"].to_pylist(), images["report_ids"].to_pylist()
        pairs = zip(study_ids, report_ids, strict=True)
        of_study = self._studies.of_study
        wrong = np.array([of_study.get(study) != set(reports) for study, reports in pairs], np.bool_)
        yield from broken(wrong, "its reports are not the labelled ones of its study")
        if wrong.any():
            return
        found = self._ranks[_codes(images, self._label_set)]
        rows = zip(study_ids, found, strict=True)
        differ = np.array([(self._studies.strength[study] != ranks).any() for study, ranks in rows], np.bool_)
        yield from broken(differ, "its labels are not those of its reports")

    def _check_stats(self) -> None:
        try:
            stats = read_stats(self._run)
        except InvariantError as error:
            self.problems.append(str(error))
            return
        if stats.run_id != self._manifest.run_id:
            self.problems.append("stats.json: of another run")
        if not self._manifest.rows == self._recount.rows == sum(self._recount.statuses.values()):
            self.problems.append(f"run.json: {self._manifest.rows} rows in, {self._recount.rows} in reports/")
        studies = len(self._studies.of_study)
        if stats.images.studies_labelled != studies:
            said = stats.images.studies_labelled
            self.problems.append(f"stats.json: images.studies_labelled is {said}, the tables give {studies}")
        wanted = stats.images.images_labelled if self._manifest.images else studies
        if self._recount.image_rows != wanted:
            self.problems.append(f"images: {self._recount.image_rows} rows, expected {wanted}")
        self.problems += self._recount.differences(stats.model_dump(mode="json"))


def read_output(path: Path, kind: Table, *, label_set: LabelSet, with_text: bool) -> pa.Table:
    """A table of ours, its schema checked.

    Raises:
        InvariantError: it is missing, damaged, or of another schema.
    """
    try:
        with pq.ParquetFile(path) as parquet:
            table = parquet.read()
    except FileNotFoundError as error:
        raise InvariantError(f"{path}: missing") from error
    except (pa.ArrowException, OSError) as error:
        raise InvariantError(f"{path}: damaged, not a whole Parquet file") from error
    check_schema(table.schema, table_schema(kind, label_set, with_text=with_text), where=str(path))
    return table


def validate_output(path: Path, stamp: Mapping[str, str]) -> list[str]:
    """Every broken rule that can be seen in one file of a run.

    Raises:
        InputError: its label set is not known here.
    """
    kind = Table(stamp["table"])
    label_set = _label_set_of(path, stamp)
    with_text = "text" in pq.read_schema(path).names
    try:
        table = read_output(path, kind, label_set=label_set, with_text=with_text)
    except InvariantError as error:
        return [str(error)]
    return [f"{path}: {problem}" for problem in check_rows(table, kind, label_set=label_set)]


def _label_set_of(path: Path, stamp: Mapping[str, str]) -> LabelSet:
    """The label set whose hash the file bears: its run's, or the shipped one of that name."""
    run = path.resolve().parent.parent
    try:
        label_set = (
            read_manifest(run).label_set if (run / RUN_FILE).is_file() else load_label_set(stamp["label_set"])
        )
    except CtlabelError:
        label_set = None
    if label_set is None or label_set.hash != stamp["label_set_hash"]:
        raise InputError(
            f"{path}: its label set '{stamp['label_set']}' is not known here in that version; "
            "validate the run folder it belongs to"
        )
    return label_set


def _ranks(manifest: RunManifest) -> tuple[int, ...]:
    return load_aggregation(manifest.config.aggregation).ranks(manifest.label_set)


def _codes(table: pa.Table, label_set: LabelSet) -> npt.NDArray[np.int64]:
    """(rows, labels) class indices."""
    columns = [codes_of(table[label_id], label_set.classes) for label_id in label_set.ids]
    return np.stack(columns, axis=1)


def _counts(column: Any) -> Counter[str]:
    items = column.value_counts().to_pylist()
    return Counter({item["values"]: item["counts"] for item in items if item["values"] is not None})


def _unprefixed(metadata: Mapping[str, str]) -> dict[str, str]:
    return {key.removeprefix("ctlabel."): value for key, value in metadata.items()}


def _check_rejects(rejects: pa.Table, reports: pa.Table, shard: Shard) -> Iterator[str]:
    """Exactly the rows that were not labelled, with their reasons."""
    rows = np.flatnonzero(~is_labelled(reports))
    reasons = reports["status_reason"].to_pylist()
    expected = [(shard.first_row + int(row), reasons[row]) for row in rows]
    found = list(zip(rejects["row"].to_pylist(), rejects["reason"].to_pylist(), strict=True))
    if found != expected:
        yield f"{len(found)} rows, not exactly the {len(expected)} of the shard that were not labelled"
    groups = {(shard.row_group.path, shard.row_group.index)} if expected else set()
    if set(zip(rejects["file"].to_pylist(), rejects["row_group"].to_pylist(), strict=True)) - groups:
        yield "rows of another file or row group"
