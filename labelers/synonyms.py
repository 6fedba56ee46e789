"""A label's words for a finding, of which a fixed half is never trained on, and texts with one put for another."""

from __future__ import annotations

import re
from collections.abc import Collection

from labelers.spelling import Country, Spelling
from schemas.hashing import hash_text
from schemas.label_set import Label, LabelSet

ADJECTIVE = re.compile(r"(?:ed|ing|ic|al|ous|ive|ar|dense|opaque)$")
_NOT_PLURAL = ("ss", "us", "is")


def held_out_synonyms(label: Label, spelling: Spelling) -> tuple[str, ...]:
    """The half that measures how a labeler does on words it has not learnt; a synthesis takes the others.

    Decided by a hash of the words, so that it never changes; spellings, hyphens and plurals of a word go together.
    """
    return tuple(synonym for synonym in label.synonyms if _is_held_out(synonym, spelling))


class SynonymSwap:
    """Puts a held-out synonym in the place of each synonym of a label that the text is known to mention."""

    def __init__(self, label_set: LabelSet, spelling: Spelling) -> None:
        self.held_out = {label.id: held_out_synonyms(label, spelling) for label in label_set.labels}
        self.label_of = {term.lower(): label.id for label in label_set.labels for term in _terms(label)}
        longest_first = sorted(self.label_of, key=len, reverse=True)
        alternatives = "|".join(re.escape(term) for term in longest_first)
        self.any_term = re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])", re.IGNORECASE)

    def change(self, text: str, mentioned: Collection[str]) -> str:
        """Where a longer and a shorter term overlap, the longer counts; one without a like synonym stays."""

        def swapped(match: re.Match[str]) -> str:
            term = match.group()
            label = self.label_of[term.lower()]
            return self._other(label, term, context=text) if label in mentioned else term

        return self.any_term.sub(swapped, text)

    def _other(self, label: str, term: str, *, context: str) -> str:
        """A held-out synonym of the same form, which the text decides on, so that it is the same each time."""
        like = [
            other
            for other in self.held_out[label]
            if other.lower() != term.lower() and _form(other) == _form(term)
        ]
        if not like:
            return term
        other = like[int(hash_text(f"{term} {context}")[:8], 16) % len(like)]
        return other[0].upper() + other[1:] if term[0].isupper() and not term.isupper() else other


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
