"""What `conf/sample/` holds: how hospitals write, what they find, and what else lies in an export."""

from __future__ import annotations

import datetime as dt
from bisect import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from random import Random
from typing import Annotated, Generic, Protocol, Self, TypeVar

from pydantic import Field, model_validator

from schemas.conf import Frozen, ModelT, conf_path, load_conf

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(gt=0)]
Texts = Annotated[tuple[str, ...], Field(min_length=1)]
ItemT = TypeVar("ItemT")


class Scan(StrEnum):
    """The two kinds of head study."""

    CT = "ct"
    MR = "mr"


class Register(StrEnum):
    """Full sentences or telegram."""

    PROSE = "prose"
    BRIEF = "brief"


class Layout(StrEnum):
    """How sentences stand on the page."""

    PROSE = "prose"
    BULLETS = "bullets"
    DOTS = "dots"
    NUMBERED = "numbered"
    BY_TOPIC = "by_topic"


class Finding(Frozen):
    """One thing said, in either register."""

    topic: str
    prose: Texts
    brief: Texts

    def wordings(self, register: Register) -> tuple[str, ...]:
        """Its wordings, the most frequent first."""
        return self.prose if register is Register.PROSE else self.brief


class Routine(Finding):
    """What is said of a structure where nothing is wrong with it, and how often."""

    chance: Share


class Case(Frozen):
    """What is wrong with a head."""

    id: str
    scan: Scan
    weight: Weight
    lasting: bool = False
    touches: tuple[str, ...]
    history: Texts
    findings: tuple[Finding, ...]
    impression: Texts
    brief_impression: Texts

    def impressions(self, register: Register) -> tuple[str, ...]:
        """Wordings of the conclusion."""
        return self.impression if register is Register.PROSE else self.brief_impression


class Cases(Frozen):
    """`cases.yaml`."""

    id: str
    version: int
    facts: dict[str, Texts]
    topics: dict[str, str]
    routine: dict[Scan, tuple[Routine, ...]]
    cases: tuple[Case, ...]

    @model_validator(mode="after")
    def _topics_are_known(self) -> Self:
        told = {each.topic for case in self.cases for each in case.findings}
        told |= {topic for case in self.cases for topic in case.touches}
        told |= {each.topic for routine in self.routine.values() for each in routine}
        if told - set(self.topics):
            raise ValueError(f"no such topic: {', '.join(sorted(told - set(self.topics)))}")
        return self


class Style(Frozen):
    """One hospital's way of laying a report out."""

    id: str
    weight: Weight
    register_: Register = Field(alias="register")
    findings: Layout
    impression: Layout
    dates: str
    titles: dict[Scan, Texts]
    exam_names: dict[Scan, Texts]
    templates: Texts
    american: bool = False
    capitals: bool = False
    wrap: int = 0


class Styles(Frozen):
    """`styles.yaml`."""

    id: str
    version: int
    american: dict[str, str]
    signatures: Texts
    techniques: dict[Scan, Texts]
    comparisons: dict[str, Texts]
    follow_ups: Texts
    styles: tuple[Style, ...]
    addenda: Texts
    additions: Texts


class OtherExam(Frozen):
    """A study that is no head CT or MR."""

    id: str
    weight: Weight
    modality: str
    exam_names: Texts
    texts: Texts


class OtherRegions(Frozen):
    """`other_regions.yaml`."""

    id: str
    version: int
    exams: tuple[OtherExam, ...]
    complaints: Texts


class Shares(Frozen):
    """Shares of the studies."""

    other_region: Share
    mr: Share
    follow_up: Share
    addendum: Share
    without_images: Share
    without_reports: Share


class ColumnNames(Frozen):
    """Another export's names of our columns; a column without one keeps its own."""

    reports: dict[str, str]
    images: dict[str, str]


class ArchiveConf(Frozen):
    """`archive.yaml`."""

    id: str
    version: int
    start: dt.date
    years: int = Field(ge=1)
    shares: Shares
    images_per_study: tuple[int, int]
    dirty_every: int = Field(ge=2)
    huge_every: int = Field(ge=1)
    columns: dict[str, ColumnNames]


def load_sample_conf(name: str, model: type[ModelT]) -> ModelT:
    """A file of `conf/sample/`."""
    return load_conf(conf_path("sample", name, kind="sample file"), model)


def habit(random: Random) -> float:
    """A number from 0 to 1, mostly small: people reach for the same phrase again and again."""
    return random.random() ** 2


def at_share(wordings: Sequence[ItemT], share: float) -> ItemT:
    """The item that lies this far down the list."""
    return wordings[int(len(wordings) * share)]


def common(random: Random, wordings: Sequence[ItemT]) -> ItemT:
    """One of them, the first ones much more often."""
    return at_share(wordings, habit(random))


class Weighted(Protocol):
    """Anything with a weight."""

    @property
    def weight(self) -> float:
        """How often it comes, against the others."""


WeightedT = TypeVar("WeightedT", bound=Weighted)


@dataclass(frozen=True, slots=True)
class Deck(Generic[WeightedT]):
    """Items to draw by weight, again and again."""

    items: tuple[WeightedT, ...]
    cumulative: tuple[float, ...]

    @classmethod
    def of(cls, items: Iterable[WeightedT]) -> Self:
        """A deck of these items."""
        kept = tuple(items)
        return cls(kept, tuple(accumulate(item.weight for item in kept)))

    def draw(self, random: Random) -> WeightedT:
        """One of them by weight."""
        return self.items[bisect(self.cumulative, random.random() * self.cumulative[-1])]
