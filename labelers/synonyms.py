"""A label's words for a finding, of which a fixed half is never trained on, and texts with one put for another."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

import numpy as np

from labelers.data import LabelledTexts
from labelers.spelling import Country, Spelling
from schemas.hashing import hash_text
from schemas.label_set import Label, LabelSet

ADJECTIVE = re.compile(r"(?:(?<!e)ed|ing|ic|al|ous|ive|ar|dense|opaque)$")
_NOT_PLURAL = ("ss", "us", "is")


def held_out_synonyms(label: Label, spelling: Spelling) -> tuple[str, ...]:
    """The half that measures how a labeler does on words it has not learnt; a synthesis takes the others.

    Decided by a hash of the words, so that it never changes; spellings, hyphens and plurals of a word go together.
    """
    return tuple(synonym for synonym in label.synonyms if _is_held_out(synonym, spelling))


class Term(NamedTuple):
    """A name or synonym of a label, where it stands in a text."""

    label: str
    words: str
    start: int
    end: int

    def replaced(self, text: str, other: str) -> str:
        """The text with other words in its place, with a capital where it has one."""
        capital = self.words[0].isupper() and not self.words.isupper()
        return text[: self.start] + (other[0].upper() + other[1:] if capital else other) + text[self.end :]


class TermFinder:
    """Finds the terms of a label set; where a longer and a shorter one overlap, the longer counts."""

    def __init__(self, label_set: LabelSet) -> None:
        self.label_of = {term.lower(): label.id for label in label_set.labels for term in _terms(label)}
        longest_first = sorted(self.label_of, key=len, reverse=True)
        alternatives = "|".join(re.escape(term) for term in longest_first)
        self.any_term = re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])", re.IGNORECASE)

    def find(self, text: str, mentioned: Collection[str]) -> Iterator[Term]:
        """Those of the labels that the text is known to mention, in order."""
        for match in self.any_term.finditer(text):
            label = self.label_of[match[0].lower()]
            if label in mentioned:
                yield Term(label, match[0], match.start(), match.end())


class SynonymSwap:
    """Puts a held-out synonym in the place of each synonym of a label that the text is known to mention."""

    def __init__(self, label_set: LabelSet, spelling: Spelling) -> None:
        self.held_out = {label.id: held_out_synonyms(label, spelling) for label in label_set.labels}
        self.finder = TermFinder(label_set)

    def change(self, text: str, mentioned: Collection[str]) -> str:
        """A term without a like synonym stays."""
        changed = text
        for term in reversed(list(self.finder.find(text, mentioned))):
            changed = term.replaced(changed, self._other(term, context=text))
        return changed

    def _other(self, term: Term, *, context: str) -> str:
        """A held-out synonym of the same form, which the text decides on, so that it is the same each time."""
        like = [other for other in self.held_out[term.label] if _is_like(other, term.words)]
        if not like:
            return term.words
        return like[int(hash_text(f"{term.words} {context}")[:8], 16) % len(like)]


def learnt_nouns(label: Label, spelling: Spelling) -> tuple[str, ...]:
    """Variants, and the synonyms in the singular that are not held out: what a sentence can be made with."""
    held_out = held_out_synonyms(label, spelling)
    nouns = (word for word in label.synonyms if word not in held_out and _form(word) == "singular")
    return tuple(dict.fromkeys((*label.variants, *nouns)))


def swapped_texts(
    labelled: LabelledTexts, label_set: LabelSet, spelling: Spelling, *, each: int
) -> LabelledTexts:
    """For each synonym that is not held out up to `each` of the texts, with it in place of a like term.

    They keep their labels and belong to no group. Which texts, a hash decides, so that they are the same each time.
    """
    places = _places(labelled, label_set)
    found: dict[str, int] = {}
    for label in label_set.labels:
        held_out = held_out_synonyms(label, spelling)
        for synonym in label.synonyms:
            if synonym in held_out:
                continue
            like = [(row, term) for row, term in places[label.id] if _is_like(synonym, term.words)]
            for row, term in sorted(like, key=lambda place: hash_text(f"{synonym} {place}"))[:each]:
                found.setdefault(term.replaced(labelled.texts[row], synonym), row)
    rows = np.array(list(found.values()), np.intp)
    return LabelledTexts(tuple(found), labelled.targets[rows], (None,) * len(found))


def _places(labelled: LabelledTexts, label_set: LabelSet) -> dict[str, list[tuple[int, Term]]]:
    """By label the terms of all texts that mention it, with the text's row."""
    finder = TermFinder(label_set)
    places: dict[str, list[tuple[int, Term]]] = defaultdict(list)
    for row in np.flatnonzero((labelled.targets > 0).any(axis=1)).tolist():
        mentioned = {label_set.ids[i] for i in np.flatnonzero(labelled.targets[row])}
        for term in finder.find(labelled.texts[row], mentioned):
            places[term.label].append((row, term))
    return places


def _is_like(synonym: str, words: str) -> bool:
    """Other words, of the same form."""
    return synonym.lower() != words.lower() and _form(synonym) == _form(words)


def _terms(label: Label) -> set[str]:
    return {label.name, *label.variants, *label.synonyms}


def _form(term: str) -> str:
    """Adjective, plural or singular, by the ending: rough, but "effaced" is not put for "loss of sulci"."""
    if ADJECTIVE.search(term.lower()):
        return "adjective"
    return "plural" if term.endswith("s") and not term.endswith(_NOT_PLURAL) else "singular"


def _is_held_out(synonym: str, spelling: Spelling) -> bool:
    plain = spelling.rewrite(synonym, Country.AMERICAN).lower()
    key = re.sub(r"[^a-z0-9]", "", plain).removesuffix("s")
    return int(hash_text(key)[:8], 16) % 2 == 0
