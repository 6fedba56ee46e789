"""What a sentence mentions: terms, pairs of a structure and a word, and contexts that change them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from labelers.rules.clauses import Clauses
from labelers.rules.patterns import Found, PlainText, Scanner, Wording
from labelers.rules.tables import ContextRule, PairRule, RuleFile, TermRule
from schemas.label_set import LabelSet

DECOY = "!"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A label named by words at `parts`, before certainty.

    `says` is a class that the words fix, `only` the one that counts. A `weak` one is dropped where the sentence
    names its label in other words, too.
    """

    label: str
    term: str
    parts: tuple[tuple[int, int], ...]
    says: str | None = None
    only: str | None = None
    weak: bool = False

    @property
    def start(self) -> int:
        """Where its first word begins."""
        return min(start for start, _ in self.parts)

    @property
    def end(self) -> int:
        """Where its last word ends."""
        return max(end for _, end in self.parts)

    def is_next_to(self, start: int, end: int) -> bool:
        """Whether at most a blank lies between a span and its words."""
        return any(
            start - own_end in {0, 1} or own_start - end in {0, 1} for own_start, own_end in self.parts
        )

    def touches(self, start: int, end: int) -> bool:
        """Whether a span shares a character with its words."""
        return any(start < own_end and own_start < end for own_start, own_end in self.parts)


class MentionFinder:
    """Terms, pairs and contexts, each kind in one pass over the text."""

    def __init__(self, rules: RuleFile, label_set: LabelSet, wording: Wording) -> None:
        own = [(rule, pattern) for rule in rules.terms for pattern in rule.find]
        self.terms = Scanner([*own, *_synonyms(rules, label_set)], wording)
        self._pairs = [
            PairFinder(nouns, [pair for pair in rules.pairs if pair.structure == name], wording)
            for name, nouns in rules.structures.items()
        ]
        self._contexts_before = _context_scanner(rules, wording, before=True)
        self._contexts_after = _context_scanner(rules, wording, before=False)

    def find(self, text: PlainText, clauses: Clauses) -> list[Candidate]:
        """All candidates of a plain text, from left to right."""
        terms = self.terms.find(text)
        pairs = [found for finder in self._pairs for found in finder.find(text, clauses)]
        claimed = [(pair.word_start, pair.word_end) for pair in pairs if not pair.rule.shares]
        named = [
            Candidate(
                label, term.pattern, ((term.start, term.end),), only=term.rule.only, weak=term.rule.weak
            )
            for term in terms
            if not any(start <= term.start and term.end <= end for start, end in claimed)
            for label in term.rule.labels
        ]
        found = [*named, *(candidate for pair in pairs for candidate in pair.candidates)]
        contexts = self._contexts_before.find(text), self._contexts_after.find(text)
        changed = [c for candidate in found for c in _in_context(candidate, contexts, clauses)]
        strong = {candidate.label for candidate in changed if not candidate.weak}
        kept = [c for c in changed if not c.weak or c.label not in strong]
        return sorted(kept, key=lambda candidate: (candidate.start, candidate.end, candidate.label))


@dataclass(frozen=True, slots=True)
class Pair:
    """A structure, and the word that speaks of it."""

    rule: PairRule
    structure: Found[bool]
    word: Found[PairRule]

    @property
    def word_start(self) -> int:
        """Where the word begins."""
        return self.word.start

    @property
    def word_end(self) -> int:
        """Where it ends."""
        return self.word.end

    @property
    def candidates(self) -> list[Candidate]:
        """One for each label, at the span that covers both."""
        parts = ((self.structure.start, self.structure.end), (self.word.start, self.word.end))
        term = f"{self.structure.pattern} + {self.word.pattern}"
        rule = self.rule
        return [Candidate(label, term, parts, says=rule.says, weak=rule.weak) for label in rule.labels]


class PairFinder:
    """The pairs of one structure."""

    def __init__(self, nouns: Sequence[str], pairs: Sequence[PairRule], wording: Wording) -> None:
        self._nouns = Scanner([(noun[:1] != DECOY, noun.removeprefix(DECOY)) for noun in nouns], wording)
        self._words = Scanner([(pair, pattern) for pair in pairs for pattern in pair.find], wording)

    def find(self, text: PlainText, clauses: Clauses) -> list[Pair]:
        """Each structure with the word nearest to it in its clause, before rather than across a comma."""
        structures = [noun for noun in self._nouns.find(text) if noun.rule]
        words = self._words.find(text) if structures else []
        found = []
        for structure in structures:
            reached = [
                (cost, word.start, word)
                for word in words
                if (cost := _cost(structure, word, clauses)) is not None
            ]
            if reached:
                word = min(reached, key=lambda entry: entry[:2])[2]
                found.append(Pair(word.rule, structure, word))
        return found


def _cost(structure: Found[bool], word: Found[PairRule], clauses: Clauses) -> float | None:
    """How far the word is from the structure, None where it does not reach it."""
    if word.start < structure.end and structure.start < word.end:
        return None
    gap = (structure.end, word.start) if word.start >= structure.end else (word.end, structure.start)
    distance = clauses.distance(*gap)
    if distance > word.rule.distance or not clauses.linked(*gap):
        return None
    return distance + 3 * clauses.has_comma(*gap) + 0.5 * (word.start < structure.start)


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


def _reaches(context: Found[ContextRule], candidate: Candidate, clauses: Clauses, *, before: bool) -> bool:
    if before and context.end <= candidate.start:
        gap = (context.end, candidate.start)
    elif not before and context.start >= candidate.end:
        gap = (candidate.end, context.start)
    else:
        return False
    if clauses.distance(*gap) > context.rule.distance:
        return False
    if context.rule.blocks:
        return clauses.linked(*gap) and not clauses.is_list(*gap)
    return clauses.joined(*gap)


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
