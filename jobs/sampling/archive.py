"""The studies of an example archive, one after the other: patients who come back, addenda, images, dirt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from jobs.sampling.conf import ArchiveConf
from jobs.sampling.dirt import Dirt, spoilt
from jobs.sampling.rows import ImageRow, Row
from jobs.sampling.texts import Study, Writer, Written

MINUTES_PER_YEAR = 365.25 * 24 * 60
STUDY_STRIDE, STUDY_IDS = 387_420_489, 10**9
REPORT_STRIDE, REPORT_IDS = 96_889_010_407, 10**12
PATIENT_STRIDE, PATIENT_IDS = 4_782_969, 10**8
UID_BITS = 120


class StudyRows(NamedTuple):
    """All that one study leaves in the export."""

    reports: list[Row]
    images: list[ImageRow]


@dataclass(slots=True)
class Archive:
    """Deals out studies for ever; the same seed deals the same ones."""

    conf: ArchiveConf
    writer: Writer
    random: Random
    minutes_between: float
    clean: bool
    _when: dt.datetime = field(init=False)
    _patients: int = field(default=0, init=False)
    _studies: int = field(default=0, init=False)
    _reports: int = field(default=0, init=False)
    _spoilt: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._when = dt.datetime.combine(self.conf.start, dt.time(0, 5))

    def studies(self) -> Iterator[StudyRows]:
        """Study after study, in the order of time."""
        shares, random = self.conf.shares, self.random
        while True:
            self._when += dt.timedelta(seconds=round(120 * self.minutes_between * random.random()))
            study = self._next_study()
            if random.random() < shares.other_region:
                reports = [self.writer.other(random, study)]
            else:
                reports = [self.writer.head(random, study)]
                if random.random() < shares.addendum:
                    reports.append(self._addendum(study, reports[0]))
            yield self._rows(study, reports)

    def _next_study(self) -> Study:
        returns = self._patients > 0 and self.random.random() < self.conf.shares.follow_up
        patient = self.random.randrange(self._patients) if returns else self._patients
        self._patients = max(self._patients, patient + 1)
        self._studies += 1
        mixed = patient * 2_654_435_761 % 2**32
        earlier = dt.timedelta(days=self.random.randint(1, 600))
        return Study(
            patient=patient,
            age=19 + (mixed % 47 + mixed // 64 % 31) + self._when.year - self.conf.start.year,
            sex="F" if mixed // 4096 % 2 else "M",
            when=self._when,
            prior=(self._when - earlier).date() if returns else None,
        )

    def _addendum(self, study: Study, report: Written) -> Written:
        remark = self.writer.addendum(self.random, study)
        whole = self.random.random() < 0.5
        return Written(report.modality, report.exam_name, f"{report.text}\n\n{remark}" if whole else remark)

    def _rows(self, study: Study, reports: list[Written]) -> StudyRows:
        study_id = f"ACC{self._studies * STUDY_STRIDE % STUDY_IDS:09d}"
        patient_id = f"{(study.patient + 1) * PATIENT_STRIDE % PATIENT_IDS:08d}"
        rows = []
        for nth, report in enumerate(reports):
            self._reports += 1
            row = Row(
                report_id=f"R{self._reports * REPORT_STRIDE % REPORT_IDS:012d}",
                study_id=study_id,
                patient_id=patient_id,
                exam_datetime=study.when + dt.timedelta(minutes=35 * nth),
                modality=report.modality,
                exam_name=report.exam_name,
                report_text=report.text,
            )
            rows += [row] if self.clean else self._maybe_spoilt(row, study)
        return StudyRows(rows, list(self._images(study_id, patient_id, reports[0].modality)))

    def _maybe_spoilt(self, row: Row, study: Study) -> list[Row]:
        if self._reports % self.conf.dirty_every != self.conf.dirty_every // 2:
            return [row]
        kinds = tuple(Dirt)
        rounds, kind = divmod(self._spoilt, len(kinds))
        self._spoilt += 1
        huge = rounds % self.conf.huge_every == self.conf.huge_every - 1
        other = self.writer.other(self.random, study).text
        return spoilt(self.random, row, kinds[kind], other_text=other, huge=huge)

    def _images(self, study_id: str, patient_id: str, modality: str) -> Iterator[ImageRow]:
        shares, random = self.conf.shares, self.random
        owners = [] if random.random() < shares.without_images else [study_id]
        if random.random() < shares.without_reports:
            owners.append(f"ACX{self._studies * STUDY_STRIDE % STUDY_IDS:09d}")
        for owner in owners:
            for _ in range(random.randint(*self.conf.images_per_study)):
                yield ImageRow(owner, f"2.25.{random.getrandbits(UID_BITS)}", patient_id, modality)
