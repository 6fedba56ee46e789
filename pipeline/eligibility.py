"""Is a report one of a head CT or MR, and which of its sentences are not? Rules are data (`conf/eligibility/`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from labelers.text.memory import remembering
from labelers.text.sections import MAX_HEADING
from schemas.conf import Frozen, conf_path, load_conf
from schemas.hashing import hash_json
from schemas.label_set import Identifier
from schemas.status import Reason

DEFAULT_ELIGIBILITY = "head_ct_mr"

_WORD = re.compile(r"[^\W_]+")
_BRACES = re.compile(r"\{([^{}]*)\}")


def _compiles(expression: str) -> str:
    try:
        re.compile(expression)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return expression


NonBlank = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Expression = Annotated[str, StringConstraints(min_length=1), AfterValidator(_compiles)]


class Claim(StrEnum):
    """What a rule says of a report: which part of the body, or which machine."""

    HEAD = "head"
    ELSEWHERE = "elsewhere"
    CT_OR_MR = "ct_or_mr"
    OTHER_MODALITY = "other_modality"


class Place(StrEnum):
    """Where a phrase is looked for; `opening` is the start of the text, where its title stands."""

    MODALITY = "modality"
    EXAM_NAME = "exam_name"
    OPENING = "opening"
    TEXT = "text"


class Rule(Frozen):
    """Phrases that claim something, how much each counts in which place, and at most how many of them there."""

    id: Identifier
    claim: Claim
    weights: dict[Place, Annotated[float, Field(gt=0)]] = Field(min_length=1)
    most: int = Field(default=1, ge=1)
    phrases: tuple[NonBlank, ...] = Field(min_length=1)
    example: NonBlank


class Thresholds(Frozen):
    """What `head` less `elsewhere`, and `ct_or_mr` less `other_modality`, must reach; null asks for nothing."""

    head: float | None
    ct_or_mr: float | None


class OtherParts(Frozen):
    """Which sentences of an eligible report are of another part of the body.

    Where what claims `elsewhere` weighs `least` or more, those that hold one of the `words` and in which none of
    the expressions of `unless` is found, and those that follow a heading of this kind. In every report those that
    follow, in its line or paragraph, a heading that is one of `headings` and nothing else. Case does not matter.
    """

    least: float = Field(default=1, gt=0)
    words: tuple[NonBlank, ...] = ()
    unless: tuple[Expression, ...] = ()
    headings: tuple[Expression, ...] = ()


class EligibilityRules(Frozen):
    """A file of `conf/eligibility/`."""

    id: Identifier
    version: int = Field(ge=1)
    description: str = ""
    opening_chars: int = Field(ge=1)
    text_chars: int = Field(ge=1)
    thresholds: Thresholds
    ignored_words: tuple[NonBlank, ...] = ()
    rules: tuple[Rule, ...] = ()
    other_parts: OtherParts = OtherParts()

    @model_validator(mode="after")
    def _rule_ids_are_unique(self) -> Self:
        ids = [rule.id for rule in self.rules]
        repeated = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
        if repeated:
            raise ValueError(f"rule given twice: {', '.join(repeated)}")
        return self

    @model_validator(mode="after")
    def _thresholds_are_weighed_by_rules(self) -> Self:
        if not self.rules and (self.thresholds.head, self.thresholds.ct_or_mr) != (None, None):
            raise ValueError("thresholds without any rules exclude every report")
        return self


@dataclass(frozen=True, slots=True)
class Evidence:
    """The weighed claims on a report, and the ids of the rules that spoke; never its words."""

    head: float
    elsewhere: float
    ct_or_mr: float
    rules: tuple[str, ...]


class Verdict(NamedTuple):
    """Why a report is not eligible, if it is not, and whether it tells of other parts of the body, too."""

    reason: Reason | None
    other_parts: bool = False


@dataclass(frozen=True, slots=True)
class _PhraseTable:
    """The phrases that count in one place, and the rules each of them speaks for."""

    rules: dict[str, tuple[int, ...]]
    starts: frozenset[str]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, rules: Iterable[Rule], place: Place, ignored: frozenset[str]) -> Self:
        table: dict[str, tuple[int, ...]] = {}
        for index, rule in enumerate(rules):
            for phrase in _phrases(rule, ignored) if place in rule.weights else ():
                table[phrase] = (*table.get(phrase, ()), index)
        longer = [words for words in map(str.split, table) if len(words) > 1]
        return cls(
            rules=table,
            starts=frozenset(words[0] for words in longer),
            lengths=tuple(sorted({len(words) for words in longer})),
        )

    def found_in(self, content: list[str]) -> Iterator[int]:
        """The rule of each phrase that stands in the content, each phrase once."""
        there = set(content)
        for phrase in self.rules.keys() & there:
            yield from self.rules[phrase]
        if not self.starts.isdisjoint(there):
            starts = [at for at, word in enumerate(content) if word in self.starts]
            runs = {" ".join(content[at : at + length]) for at in starts for length in self.lengths}
            for phrase in self.rules.keys() & (runs - there):
                yield from self.rules[phrase]


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Judges reports by the rules of one file; immutable and picklable."""

    fingerprint: str
    _rules: EligibilityRules
    _ignored: frozenset[str]
    _tables: dict[Place, _PhraseTable]
    _part_of: Callable[[str], Claim | None] = field(compare=False)
    _heads_elsewhere: re.Pattern[str] = field(compare=False)

    def __reduce__(self) -> tuple[Callable[[EligibilityRules], Eligibility], tuple[EligibilityRules]]:
        return Eligibility.of, (self._rules,)

    @classmethod
    def load(cls, name_or_path: str | Path = DEFAULT_ELIGIBILITY) -> Self:
        """The rules of a shipped name or of a YAML file.

        Raises:
            UsageError: there are no such rules, or the file does not fit.
        """
        return cls.of(load_conf(conf_path("eligibility", name_or_path, kind="eligibility"), EligibilityRules))

    @classmethod
    def of(cls, rules: EligibilityRules) -> Self:
        """The judge for these rules."""
        ignored = frozenset(rules.ignored_words)
        return cls(
            fingerprint=hash_json(rules.model_dump(mode="json")),
            _rules=rules,
            _ignored=ignored,
            _tables={place: _PhraseTable.of(rules.rules, place, ignored) for place in Place},
            _part_of=remembering(_part_finder(rules.other_parts)),
            _heads_elsewhere=re.compile(_any_of(rules.other_parts.headings), re.I),
        )

    def part_of(self, sentence: str) -> Claim | None:
        """Which part of the body a sentence, on one line, speaks of: `head`, `elsewhere`, or it does not say."""
        return self._part_of(sentence)

    def heads_elsewhere(self, heading: str) -> bool:
        """Whether a heading names another part of the body and nothing else."""
        if len(heading) >= MAX_HEADING:
            return False
        return self._heads_elsewhere.fullmatch(heading.strip(" \n\t.:;,*#=_()[]-")) is not None

    def judge(self, *, modality: str | None, exam_name: str | None, text: str) -> Verdict:
        """Whether this is a report of a head CT or MR, and of that alone."""
        if not self._rules.rules:
            return Verdict(None)
        evidence = self.weigh(modality=modality, exam_name=exam_name, text=text)
        return Verdict(self._reason(evidence), evidence.elsewhere >= self._rules.other_parts.least)

    def _reason(self, evidence: Evidence) -> Reason | None:
        needed = self._rules.thresholds
        if needed.ct_or_mr is not None and evidence.ct_or_mr < needed.ct_or_mr:
            return Reason.NOT_CT_OR_MR
        if needed.head is not None and evidence.head < needed.head:
            return Reason.NOT_HEAD
        return None

    def weigh(self, *, modality: str | None, exam_name: str | None, text: str) -> Evidence:
        """The evidence on both questions, as `judge` sees it."""
        balance = dict.fromkeys(Claim, 0.0)
        spoke: set[int] = set()
        for place, content in self._contents(modality or "", exam_name or "", text):
            found = list(self._tables[place].found_in(content))
            for index in sorted(set(found)):  # in one order, as sums of floats depend on it
                rule = self._rules.rules[index]
                balance[rule.claim] += rule.weights[place] * min(found.count(index), rule.most)
                spoke.add(index)
        return Evidence(
            head=balance[Claim.HEAD] - balance[Claim.ELSEWHERE],
            elsewhere=balance[Claim.ELSEWHERE],
            ct_or_mr=balance[Claim.CT_OR_MR] - balance[Claim.OTHER_MODALITY],
            rules=tuple(self._rules.rules[index].id for index in sorted(spoke)),
        )

    def _contents(self, modality: str, exam_name: str, text: str) -> Iterator[tuple[Place, list[str]]]:
        yield Place.MODALITY, _words(modality, self._ignored)
        yield Place.EXAM_NAME, _words(exam_name, self._ignored)
        yield Place.OPENING, _words(text[: self._rules.opening_chars], self._ignored)
        yield Place.TEXT, _words(text[: self._rules.text_chars], self._ignored)


def _part_finder(parts: OtherParts) -> Callable[[str], Claim | None]:
    unless = re.compile(_any_of(parts.unless), re.I)
    words = frozenset(parts.words)

    def part_of(sentence: str) -> Claim | None:
        if unless.search(sentence):
            return Claim.HEAD
        return None if words.isdisjoint(_WORD.findall(sentence.lower())) else Claim.ELSEWHERE

    return part_of


def _words(content: str, ignored: frozenset[str]) -> list[str]:
    return [word for word in _WORD.findall(content.lower()) if word not in ignored]


def _phrases(rule: Rule, ignored: frozenset[str]) -> set[str]:
    phrases = {" ".join(_words(phrase, ignored)) for phrase in expand_phrases(rule.phrases)}
    return phrases - {""}


def expand_phrases(phrases: Iterable[str]) -> Iterator[str]:
    """`{ct,mri} head` as `ct head` and `mri head`."""
    for phrase in phrases:
        pieces = _BRACES.split(phrase)
        choices = [
            [choice.strip() for choice in piece.split(",")] if odd % 2 else [piece]
            for odd, piece in enumerate(pieces)
        ]
        yield from map("".join, product(*choices))


def _any_of(expressions: Sequence[str]) -> str:
    return "|".join(f"(?:{expression})" for expression in expressions) or "(?!)"
