"""What a sentence mentions: terms, pairs of a structure and a word, and contexts that change them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from labelers.rules.clauses import Clauses
from labelers.rules.patterns import Found, Scanner, Wording
from labelers.rules.tables import ContextRule, PairRule, RuleFile, TermRule
from schemas.label_set import LabelSet


@dataclass(frozen=True, slots=True)
class Candidate:
    """A label named at a span, before certainty; `says` is a class that the words fix, `only` the one that counts."""

    label: str
    term: str
    start: int
    end: int
    says: str | None = None
    only: str | None = None


class MentionFinder:
    """Terms, pairs and contexts, each kind in one pass over the text."""

    def __init__(self, rules: RuleFile, label_set: LabelSet, wording: Wording) -> None:
        own = [(rule, pattern) for rule in rules.terms for pattern in rule.find]
        self._terms = Scanner([*own, *_synonyms(rules, label_set)], wording)
        self._structures = Scanner([(name, p) for name, ps in rules.structures.items() for p in ps], wording)
        by_pattern: dict[str, list[PairRule]] = {}
        for pair in rules.pairs:
            for pattern in pair.find:
                by_pattern.setdefault(pattern, []).append(pair)
        self._words = Scanner([(tuple(pairs), pattern) for pattern, pairs in by_pattern.items()], wording)
        self._contexts_before = _context_scanner(rules, wording, before=True)
        self._contexts_after = _context_scanner(rules, wording, before=False)

    def find(self, text: str, clauses: Clauses) -> list[Candidate]:
        """All candidates of a plain text, from left to right."""
        terms = self._terms.find(text)
        pairs = self._pairs(text, clauses)
        claimed = [(word.start, word.end) for _, word in pairs]
        named = [
            Candidate(label, term.pattern, term.start, term.end, only=term.rule.only)
            for term in terms
            if not any(start <= term.start and term.end <= end for start, end in claimed)
            for label in term.rule.labels
        ]
        found = [*named, *(pair for pair, _ in pairs)]
        contexts = self._contexts_before.find(text), self._contexts_after.find(text)
        changed = [c for candidate in found for c in _in_context(candidate, contexts, clauses)]
        return sorted(changed, key=lambda candidate: (candidate.start, candidate.end, candidate.label))

    def _pairs(
        self, text: str, clauses: Clauses
    ) -> list[tuple[Candidate, Found[tuple[PairRule, ...]]]]:
        structures = self._structures.find(text)
        if not structures:
            return []
        words = self._words.find(text)
        found = []
        for structure in structures:
            best = _nearest(structure, words, clauses)
            for pair in () if best is None else _rules_for(structure, best):
                span = min(structure.start, best.start), max(structure.end, best.end)
                term = f"{structure.pattern} + {best.pattern}"
                found += [(Candidate(label, term, *span, says=pair.says), best) for label in pair.labels]
        return found


def _rules_for(structure: Found[str], word: Found[tuple[PairRule, ...]]) -> list[PairRule]:
    return [pair for pair in word.rule if pair.structure == structure.rule]


def _nearest(
    structure: Found[str], words: Sequence[Found[tuple[PairRule, ...]]], clauses: Clauses
) -> Found[tuple[PairRule, ...]] | None:
    """The word that speaks of the structure: the nearest in its clause, before rather than across a comma."""
    reached = []
    for word in words:
        rules = _rules_for(structure, word)
        if not rules or (word.start < structure.end and structure.start < word.end):
            continue
        gap = (structure.end, word.start) if word.start >= structure.end else (word.end, structure.start)
        distance = clauses.distance(*gap)
        if distance <= max(rule.distance for rule in rules) and clauses.linked(*gap):
            reached.append((distance + 3 * clauses.has_comma(*gap), word.start < structure.start, word.start, word))
    return min(reached, key=lambda entry: entry[:3])[3] if reached else None


def _in_context(
    candidate: Candidate,
    contexts: tuple[Sequence[Found[ContextRule]], Sequence[Found[ContextRule]]],
    clauses: Clauses,
) -> Iterator[Candidate]:
    """The candidate as its contexts leave it: as it is, another label's, two, or none."""
    kept: Candidate | None = candidate
    for is_before, found in ((True, contexts[0]), (False, contexts[1])):
        for context in found:
            rule = context.rule
            if candidate.label not in rule.of or not _reaches(context, candidate, clauses, before=is_before):
                continue
            if rule.adds is not None:
                yield replace(candidate, label=rule.adds)
            elif kept is not None and kept.label == candidate.label:
                kept = None if rule.becomes is None else replace(candidate, label=rule.becomes)
    if kept is not None:
        yield kept


def _reaches(
    context: Found[ContextRule], candidate: Candidate, clauses: Clauses, *, before: bool
) -> bool:
    if before and context.end <= candidate.start:
        gap = (context.end, candidate.start)
    elif not before and context.start >= candidate.end:
        gap = (candidate.end, context.start)
    else:
        return candidate.start <= context.start and context.end <= candidate.end
    return clauses.distance(*gap) <= context.rule.distance and clauses.joined(*gap)


def _context_scanner(rules: RuleFile, wording: Wording, *, before: bool) -> Scanner[ContextRule]:
    return Scanner(
        [(rule, pattern) for rule in rules.contexts for pattern in (rule.before if before else rule.after)],
        wording,
    )


def _synonyms(rules: RuleFile, label_set: LabelSet) -> Iterator[tuple[TermRule, str]]:
    """The label set's own synonyms as terms; a rule file's terms of the same wording come before them."""
    taken = {pattern for rule in rules.terms for pattern in rule.find}
    for label in label_set.labels:
        for synonym in dict.fromkeys([*label.variants, *label.synonyms]):
            pattern = re.escape(synonym.lower()).replace(r"\ ", " ").replace(r"\-", "-")
            if synonym not in rules.leave_out and pattern not in taken:
                rule = TermRule(labels=(label.id,), find=(pattern,), example=synonym, shows={})
                yield rule, pattern
