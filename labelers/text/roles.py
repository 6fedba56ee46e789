"""Sentences that say nothing of the images: advice, technique, communication, history. The rules are data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from schemas.conf import CONF_DIR, Frozen, load_conf


class Role(StrEnum):
    """What a sentence is for, where it is not about the images."""

    ADVICE = "advice"
    TECHNIQUE = "technique"
    COMPARISON = "comparison"
    COMMUNICATION = "communication"
    HISTORY = "history"


class RoleRule(Frozen):
    """One rule; `opening`: only before the first finding of a report."""

    role: Role
    example: str
    words: frozenset[str]
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    opening: bool = False


class RoleTable(Frozen):
    """`conf/text/roles.yaml`."""

    parts: dict[str, tuple[str, ...]]
    guards: dict[str, tuple[str, ...]]
    rules: tuple[RoleRule, ...]


_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"<([a-z_]+)>")


class RoleJudge:
    """Gives a sentence its role, or none; a rule is tried only where one of its trigger words stands."""

    def __init__(self, table: RoleTable) -> None:
        self.table = table
        guards = {name: _alternatives(parts) for name, parts in table.guards.items()}
        compiled = [_CompiledRule(rule, table.parts, guards) for rule in table.rules]
        self._by_word: dict[str, list[_CompiledRule]] = {}
        for rule in compiled:
            for word in rule.rule.words:
                self._by_word.setdefault(word, []).append(rule)

    @classmethod
    def load(cls) -> RoleJudge:
        """The judge of the shipped rules."""
        return cls(load_conf(CONF_DIR / "text" / "roles.yaml", RoleTable))

    def __reduce__(self) -> tuple[type[RoleJudge], tuple[RoleTable]]:
        return type(self), (self.table,)

    def role(self, sentence: str, *, opening: bool) -> Role | None:
        """The role of the first rule that applies; `opening`: no finding has come before."""
        lowered = sentence.lower()
        for word in self._by_word.keys() & set(_WORD.findall(lowered)):
            for rule in self._by_word[word]:
                if (opening or not rule.rule.opening) and rule.applies(lowered):
                    return rule.rule.role
        return None


class _CompiledRule:
    def __init__(
        self, rule: RoleRule, parts: dict[str, tuple[str, ...]], guards: dict[str, re.Pattern[str]]
    ) -> None:
        self.rule = rule
        self.pattern = _alternatives(_expanded(pattern, parts) for pattern in rule.patterns)
        self.guards = tuple(guards[name] for name in rule.unless)

    def applies(self, lowered: str) -> bool:
        found = self.pattern.search(lowered) is not None
        return found and not any(guard.search(lowered) for guard in self.guards)


def _alternatives(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def _expanded(pattern: str, parts: dict[str, tuple[str, ...]]) -> str:
    return _PART.sub(lambda match: f"(?:{'|'.join(parts[match[1]])})", pattern)
