"""The rule files under `conf/rules/`, as validated data. Every rule carries an example that a test runs."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.certainty import Certainty
from schemas.conf import Frozen, conf_path, load_conf

ClassName = str


class Side(StrEnum):
    """Where a cue stands, seen from what it speaks of."""

    BEFORE = "before"
    AFTER = "after"
    BOTH = "both"


class CueKind(StrEnum):
    """What a cue makes of the mentions in its scope; `stop` ends scopes, `neutral` keeps its words from others.

    `aside`: history, a question asked or advice, which mention nothing.
    """

    NEGATIVE = "negative"
    UNCERTAIN = "uncertain"
    POSITIVE = "positive"
    ASIDE = "aside"
    NEUTRAL = "neutral"
    STOP = "stop"

    @property
    def certainty(self) -> Certainty:
        """The class of a mention in its scope."""
        return _CERTAINTIES[self]


_CERTAINTIES = {
    CueKind.NEGATIVE: Certainty.NEGATIVE,
    CueKind.UNCERTAIN: Certainty.UNCERTAIN,
    CueKind.POSITIVE: Certainty.POSITIVE,
    CueKind.ASIDE: Certainty.NOT_MENTIONED,
    CueKind.NEUTRAL: Certainty.POSITIVE,
    CueKind.STOP: Certainty.POSITIVE,
}


class Example(Frozen):
    """A sentence and all that it says: label to class; labels that are left out are not mentioned."""

    example: str = Field(min_length=1)
    shows: dict[str, ClassName] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _classes_are_known(self) -> Self:
        known = {certainty.label for certainty in Certainty}
        unknown = sorted(set(self.shows.values()) - known)
        if unknown:
            raise ValueError(f"no class {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
        return self


class TermRule(Example):
    """Words that name labels; none where the words only look like a label's (`mass effect` is no lesion).

    `only`: the class in which alone it counts, such as negative for `density abnormality`. What is `weak` counts
    where the sentence does not name the label in other words.
    """

    labels: tuple[str, ...] = ()
    only: ClassName | None = None
    weak: bool = False
    find: tuple[str, ...] = Field(min_length=1)


class PairRule(Example):
    """A structure and a word near it, in either order; `says` is the class where the words themselves fix it.

    The word is no longer a term by itself (`hyperdense` beside a vessel), unless the rule `shares` it.
    """

    labels: tuple[str, ...] = ()
    structure: str
    find: tuple[str, ...] = Field(min_length=1)
    says: ClassName | None = None
    weak: bool = False
    shares: bool = False
    distance: int = Field(default=8, ge=0)


class ContextRule(Example):
    """Words near a mention that make it another label's (`becomes`), or nobody's; with `adds`, one more."""

    of: tuple[str, ...] = Field(min_length=1)
    becomes: str | None = None
    adds: str | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    distance: int = Field(default=5, ge=0)

    @property
    def blocks(self) -> bool:
        """Whether the mention is nobody's; `rib or skull fracture` is a fracture all the same."""
        return self.becomes is None and self.adds is None


class CueRule(Example):
    """Words of doubt, denial or confirmation; they reach over `distance` words, up to a stop.

    Of several cues that reach a mention the strongest counts, then the nearest. A stop that is not
    `in_lists` lets a structure reach its word (`ventricles, sulci and cisterns are normal`).
    """

    kind: CueKind
    side: Side = Side.BEFORE
    distance: int = Field(default=8, ge=0)
    strength: int = 1
    in_lists: bool = True
    find: tuple[str, ...] = Field(min_length=1)


class AsideRule(Example):
    """Words of history: a sentence that has one and tells of no image (`conf/text/roles.yaml`) mentions nothing."""

    find: tuple[str, ...] = Field(min_length=1)


class RuleFile(Frozen):
    """A file of rules; a recipe names one or more, which are read as if they were one.

    `spellings` turns one spelling into a pattern of all (`haem: ha?em`), `parts` are words that patterns name as
    <part>, `leave_out` are synonyms of the label set that say too little alone.
    """

    spellings: dict[str, str] = Field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    leave_out: frozenset[str] = frozenset()
    structures: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    terms: tuple[TermRule, ...] = ()
    pairs: tuple[PairRule, ...] = ()
    contexts: tuple[ContextRule, ...] = ()
    cues: tuple[CueRule, ...] = ()
    asides: tuple[AsideRule, ...] = ()

    def joined(self, other: RuleFile) -> RuleFile:
        """Both files' rules, this one's first."""
        return RuleFile(
            spellings={**self.spellings, **other.spellings},
            parts={**self.parts, **other.parts},
            leave_out=self.leave_out | other.leave_out,
            structures={**self.structures, **other.structures},
            terms=self.terms + other.terms,
            pairs=self.pairs + other.pairs,
            contexts=self.contexts + other.contexts,
            cues=self.cues + other.cues,
            asides=self.asides + other.asides,
        )

    @property
    def examples(self) -> tuple[Example, ...]:
        """All rules."""
        return (*self.terms, *self.pairs, *self.contexts, *self.cues, *self.asides)


def load_rules(names: tuple[str, ...]) -> RuleFile:
    """The rules of shipped names or of YAML files.

    Raises:
        UsageError: there is no such file, or it does not fit.
    """
    found = RuleFile()
    for name in names:
        found = found.joined(load_conf(conf_path("rules", name, kind="rule"), RuleFile))
    return found
