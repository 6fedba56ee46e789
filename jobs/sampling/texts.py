"""Composing example reports: a case, a style and the facts of one study make a text."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Self

from jobs.sampling.conf import (
    Case,
    Cases,
    Deck,
    Layout,
    OtherExam,
    OtherRegions,
    Register,
    Routine,
    Scan,
    Style,
    Styles,
    at_share,
    common,
    habit,
    load_sample_conf,
)

OTHER_DATES = "%d/%m/%Y"
FOLLOW_UP_REMARKS = 0.5
OTHER_SIDE = {"left": "right", "right": "left"}
PERSONS = {"M": "man", "F": "woman"}


@dataclass(frozen=True, slots=True)
class Study:
    """What is known of a study before it is reported."""

    patient: int
    age: int
    sex: str
    when: dt.datetime
    prior: dt.date | None


@dataclass(frozen=True, slots=True)
class Written:
    """A report as it lies in the archive."""

    modality: str
    exam_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """The cases of one spelling and kind of scan, and what is said where nothing is wrong."""

    cases: Deck[Case]
    routine: tuple[Routine, ...]

    @classmethod
    def of(cls, cases: Cases) -> dict[Scan, Self]:
        """For each kind of scan."""
        return {
            scan: cls(Deck.of(case for case in cases.cases if case.scan is scan), cases.routine[scan])
            for scan in Scan
        }


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the reports of an archive; all chance comes from the `random` that is passed in."""

    mr_share: float
    topics: dict[str, str]
    facts: dict[str, tuple[str, ...]]
    british: dict[Scan, Said]
    american: dict[Scan, Said]
    wording: Styles
    styles: Deck[Style]
    complaints: tuple[str, ...]
    exams: Deck[OtherExam]

    @classmethod
    def load(cls, *, mr_share: float) -> Self:
        """The writer of the shipped templates."""
        cases = load_sample_conf("cases", Cases)
        styles = load_sample_conf("styles", Styles)
        others = load_sample_conf("other_regions", OtherRegions)
        return cls(
            mr_share=mr_share,
            topics=cases.topics,
            facts=cases.facts,
            british=Said.of(cases),
            american=Said.of(respelt(cases, styles.american)),
            wording=styles,
            styles=Deck.of(styles.styles),
            complaints=others.complaints,
            exams=Deck.of(others.exams),
        )

    def head(self, random: Random, study: Study) -> Written:
        """A head CT or MR report."""
        scan = Scan.MR if random.random() < self.mr_share else Scan.CT
        style = self.styles.draw(random)
        said = (self.american if style.american else self.british)[scan]
        case, course = said.cases.draw(random), habit(random)
        sentences = findings(random, case, said.routine, style.register_, course)
        if study.prior and case.lasting and random.random() < FOLLOW_UP_REMARKS:
            sentences.append(("parenchyma", common(random, self.wording.follow_ups)))
        conclusion = at_share(case.impressions(style.register_), course)
        parts = {
            "title": common(random, style.titles[scan]),
            "history": common(random, case.history),
            "technique": common(random, self.wording.techniques[scan]),
            "comparison": common(random, self.wording.comparisons["again" if study.prior else "first"]),
            "findings": lay_out(sentences, style.findings, self.topics),
            "impression": lay_out(_split(conclusion), style.impression, {}),
            "signature": common(random, self.wording.signatures),
        }
        facts = self._facts(random, study, style.dates)
        text = filled(filled(common(random, style.templates), facts | parts), facts)
        return Written(scan.upper(), common(random, style.exam_names[scan]), _finish(text, style))

    def other(self, random: Random, study: Study) -> Written:
        """A report of a study that is no head CT or MR."""
        exam, course = self.exams.draw(random), habit(random)
        facts = self._facts(random, study, OTHER_DATES)
        facts["complaint"] = common(random, self.complaints)
        text = filled(at_share(exam.texts, course), facts)
        return Written(exam.modality, at_share(exam.exam_names, course), text)

    def addendum(self, random: Random, study: Study) -> str:
        """A later remark on a head study."""
        facts = self._facts(random, study, OTHER_DATES)
        facts["addition"] = filled(common(random, self.wording.additions), facts)
        return filled(common(random, self.wording.addenda), facts)

    def _facts(self, random: Random, study: Study, dates: str) -> dict[str, str]:
        facts = {name: random.choice(values) for name, values in self.facts.items()}
        side = facts["side"]
        prior = study.prior or study.when.date() - dt.timedelta(days=random.randint(1, 900))
        return facts | {
            "other_side": OTHER_SIDE[side],
            "Side": side.capitalize(),
            "dlp": str(random.randint(650, 1400)),
            "age": str(study.age),
            "sex": study.sex,
            "person": PERSONS[study.sex],
            "prior": prior.strftime(dates),
            "today": study.when.strftime(dates),
            "clock": study.when.strftime("%H:%M"),
            "colleague": random.choice([name for name in self.facts["doctor"] if name != facts["doctor"]]),
        }


def findings(
    random: Random, case: Case, routine: Sequence[Routine], register: Register, course: float
) -> list[tuple[str, str]]:
    """Topic and sentence: first what is wrong, then of the rest what is not."""
    said = [(each.topic, at_share(each.wordings(register), course)) for each in case.findings]
    spoken_of = {*case.touches, *(topic for topic, _ in said)}
    for each in routine:
        if each.topic not in spoken_of and random.random() < each.chance:
            said.append((each.topic, common(random, each.wordings(register))))
    return said


def respelt(cases: Cases, table: Mapping[str, str]) -> Cases:
    """The same cases in the spelling of the table."""
    content = cases.model_dump_json()
    for ours, theirs in table.items():
        content = content.replace(ours, theirs)
    return Cases.model_validate_json(content)


def filled(template: str, facts: Mapping[str, str]) -> str:
    """The template with its braces filled in."""
    return template.format_map(facts) if "{" in template else template


def lay_out(said: Sequence[tuple[str, str]], layout: Layout, headings: Mapping[str, str]) -> str:
    """Topics and sentences as they stand on the page."""
    if layout is Layout.BY_TOPIC:
        return "\n".join(_topic_lines(said, headings))
    sentences = [_capitalised(sentence) for _, sentence in said]
    match layout:
        case Layout.PROSE:
            return " ".join(sentences)
        case Layout.NUMBERED:
            return "\n".join(f"{number}. {sentence}" for number, sentence in enumerate(sentences, start=1))
        case Layout.DOTS:
            return "\n".join(f"• {sentence}" for sentence in sentences)
        case _:
            return "\n".join(f"- {sentence}" for sentence in sentences)


def _split(conclusion: str) -> list[tuple[str, str]]:
    return [("", sentence.rstrip(".") + ".") for sentence in conclusion.split(". ")]


def _topic_lines(said: Iterable[tuple[str, str]], headings: Mapping[str, str]) -> list[str]:
    by_topic: dict[str, list[str]] = {}
    for topic, sentence in said:
        by_topic.setdefault(topic, []).append(_capitalised(sentence))
    return [
        f"{heading}: {' '.join(by_topic[topic])}" for topic, heading in headings.items() if topic in by_topic
    ]


def _capitalised(sentence: str) -> str:
    if sentence.startswith("{side}"):
        return "{Side}" + sentence.removeprefix("{side}")
    return sentence[:1].upper() + sentence[1:]


def _finish(text: str, style: Style) -> str:
    if style.capitals:
        text = text.upper()
    if style.wrap:
        text = "\n".join(textwrap.fill(line, style.wrap, break_long_words=False) for line in text.split("\n"))
    return text
