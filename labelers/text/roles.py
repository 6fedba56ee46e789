"""Sentences that say nothing of the images: advice, technique, communication, history. The rules are data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from labelers.text.memory import remembering
from schemas.conf import CONF_DIR, Frozen, load_conf


class Role(StrEnum):
    """What a sentence is for, where it is not about the images."""

    ADVICE = "advice"
    TECHNIQUE = "technique"
    COMPARISON = "comparison"
    COMMUNICATION = "communication"
    HISTORY = "history"


class Guard(StrEnum):
    """Guards that are asked for by themselves, too; the comments in `roles.yaml` say what each finds."""

    IMAGE = "image"
    MENTION = "mention"
    VERB = "verb"
    CHANGE = "change"
    HISTORY = "history"


class RoleRule(Frozen):
    """One rule; it asks for a pattern, or for words of a `vocabulary` alone (but for one in five).

    Without `words` it is tried on everything.
    """

    role: Role
    example: str
    words: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    vocabulary: str | None = None
    unless: tuple[str, ...] = ()


class RoleTable(Frozen):
    """`conf/text/roles.yaml`."""

    parts: dict[str, tuple[str, ...]]
    vocabularies: dict[str, frozenset[str]]
    guards: dict[str, tuple[str, ...]]
    rules: tuple[RoleRule, ...]
    opening_rules: tuple[RoleRule, ...]

    @model_validator(mode="after")
    def _no_guard_is_missing(self) -> Self:
        missing = sorted(set(Guard) - set(self.guards))
        if missing:
            raise ValueError(f"no guard: {', '.join(missing)}")
        return self


_ANY_WORD = ""
MAX_FOREIGN = 0.2
_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"<([a-z_]+)>")


class RoleJudge:
    """Gives a sentence its role, or none; a rule is tried only where one of its trigger words stands.

    Remembers its last answers: reports repeat their sentences.
    """

    def __init__(self, table: RoleTable) -> None:
        self.table = table
        self._guards = {name: _alternatives(parts) for name, parts in table.guards.items()}
        self._anywhere = self._remembering(table.rules)
        self._opening = self._remembering(table.opening_rules)

    @classmethod
    def load(cls) -> RoleJudge:
        """The judge of the shipped rules."""
        return cls(load_conf(CONF_DIR / "text" / "roles.yaml", RoleTable))

    def __reduce__(self) -> tuple[type[RoleJudge], tuple[RoleTable]]:
        return type(self), (self.table,)

    def role(self, sentence: str) -> Role | None:
        """The role of the first rule that applies to a sentence."""
        return self._anywhere(sentence)

    def opening_role(self, passage: str) -> Role | None:
        """The role of a line that stands before the first finding of its report."""
        return self._opening(passage)

    def tells_of_images(self, sentence: str) -> bool:
        """Whether the sentence is worded as a finding."""
        return self._guarded(Guard.IMAGE, sentence)

    def names_finding(self, sentence: str) -> bool:
        """Whether the sentence has the name of a finding."""
        return self._guarded(Guard.MENTION, sentence)

    def says_what_it_shows(self, sentence: str) -> bool:
        """Whether the sentence says what its subject, the examination, shows."""
        return self._guarded(Guard.VERB, sentence)

    def tells_of_change(self, sentence: str) -> bool:
        """Whether the sentence says how a finding has changed."""
        return self._guarded(Guard.CHANGE, sentence)

    def continues_history(self, passage: str) -> bool:
        """Whether a line goes on with the history that stands above it."""
        return self._guarded(Guard.HISTORY, passage) and not self.tells_of_images(passage)

    def _guarded(self, guard: Guard, sentence: str) -> bool:
        return self._guards[guard].search(sentence.lower()) is not None

    def _remembering(self, rules: Iterable[RoleRule]) -> Callable[[str], Role | None]:
        by_word = self._by_word(rules)
        return remembering(lambda text: _first_role(by_word, text))

    def _by_word(self, rules: Iterable[RoleRule]) -> dict[str, list[_CompiledRule]]:
        by_word: dict[str, list[_CompiledRule]] = {}
        for number, rule in enumerate(rules):
            compiled = _CompiledRule(number, rule, self.table, self._guards)
            for word in rule.words or (_ANY_WORD,):
                by_word.setdefault(word, []).append(compiled)
        return by_word


def _first_role(by_word: dict[str, list[_CompiledRule]], text: str) -> Role | None:
    lowered = text.lower()
    words = _WORD.findall(lowered)
    rules = {rule.number: rule for word in by_word.keys() & {*words, _ANY_WORD} for rule in by_word[word]}
    in_order = (rules[number] for number in sorted(rules))
    return next((rule.rule.role for rule in in_order if rule.applies(lowered, words)), None)


class _CompiledRule:
    def __init__(
        self, number: int, rule: RoleRule, table: RoleTable, guards: dict[str, re.Pattern[str]]
    ) -> None:
        self.number = number
        self.rule = rule
        self.pattern = _alternatives(_expanded(pattern, table.parts) for pattern in rule.patterns)
        self.vocabulary = table.vocabularies[rule.vocabulary] if rule.vocabulary else None
        self.guards = tuple(guards[name] for name in rule.unless)

    def applies(self, lowered: str, words: list[str]) -> bool:
        if self.rule.patterns and not self.pattern.search(lowered):
            return False
        if self.vocabulary is not None and not self._within_vocabulary(words, self.vocabulary):
            return False
        return not any(guard.search(lowered) for guard in self.guards)

    @staticmethod
    def _within_vocabulary(words: list[str], vocabulary: frozenset[str]) -> bool:
        foreign = sum(word not in vocabulary and not word[0].isdigit() for word in words)
        return foreign <= MAX_FOREIGN * len(words)


def _alternatives(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _expanded(pattern: str, parts: dict[str, tuple[str, ...]]) -> str:
    return _PART.sub(lambda match: f"(?:{'|'.join(parts[match[1]])})", pattern)
