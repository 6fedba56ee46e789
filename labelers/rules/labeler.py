"""The rule labeler: each answer with the term and the cue that gave it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from labelers.base import Mention, Probabilities
from labelers.recipe import Unit
from labelers.rules.certainty import CertaintyReader, Cue
from labelers.rules.clauses import Clauses
from labelers.rules.mentions import Candidate, MentionFinder
from labelers.rules.patterns import PlainText, Scanner, Wording
from labelers.rules.recipe import RulesRecipe, load_rules_recipe
from labelers.rules.tables import AsideRule, RuleFile, load_rules
from labelers.text.roles import RoleJudge
from labelers.text.sections import HeadingFinder, SectionKind
from schemas.certainty import CERTAINTY_CLASSES, Certainty
from schemas.conf import CONF_DIR, plain_conf
from schemas.errors import UsageError, unknown_name
from schemas.hashing import hash_json, hash_sources
from schemas.label_set import LabelSet, load_label_set

SOURCES = tuple(sorted(Path(__file__).parent.glob("*.py")))
_ASIDES = frozenset(
    {
        SectionKind.HISTORY,
        SectionKind.TECHNIQUE,
        SectionKind.COMPARISON,
        SectionKind.ADVICE,
        SectionKind.ADMINISTRATIVE,
        SectionKind.EXAM,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class RuleLabeler:
    """Reads sentences by rules; deterministic, untrained, and able to explain itself.

    Its probabilities are no estimate: the class that the rules give has the recipe's `confidence`, the other
    classes share the rest, so that its output has the form of every labeler's.
    """

    recipe: RulesRecipe
    label_set: LabelSet
    fingerprint: str
    finder: MentionFinder
    reader: CertaintyReader
    asides: Scanner[AsideRule]
    judge: RoleJudge
    headings: HeadingFinder

    @classmethod
    def load(cls, path: Path) -> RuleLabeler:
        """The labeler of a recipe file.

        Raises:
            UsageError: a rule file does not exist or does not fit, or names a label that the label set lacks.
        """
        recipe = load_rules_recipe(path)
        label_set, rules = load_label_set(recipe.label_set), load_rules(recipe.rules)
        check_labels(rules, label_set)
        shipped = path.is_relative_to(CONF_DIR)  # whose patterns the tests have compiled
        wording = Wording(spellings=rules.spellings, parts=rules.parts, tested=shipped)
        judge, headings = RoleJudge.load(), HeadingFinder.load()
        configured = [recipe.model_dump(mode="json", exclude={"rules"}), plain_conf(rules), label_set.hash]
        texts = [plain_conf(table) for table in (judge.table, headings.table)]
        return cls(
            recipe=recipe,
            label_set=label_set,
            fingerprint=hash_json([hash_sources(SOURCES), *configured, *texts]),
            finder=MentionFinder(rules, label_set, wording),
            reader=CertaintyReader(rules, wording),
            asides=Scanner([(rule, pattern) for rule in rules.asides for pattern in rule.find], wording),
            judge=judge,
            headings=headings,
        )

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    @property
    def sections(self) -> tuple[SectionKind, ...]:
        """None: it reads sentences."""
        return ()

    @property
    def unit(self) -> Unit:
        """What a text is."""
        return self.recipe.unit

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """(n_texts, n_L, n_C): `confidence` for the class that the rules give."""
        n_labels, n_classes = len(self.label_set.ids), len(self.label_set.classes)
        classes = np.zeros((len(texts), n_labels), np.int64)
        rows = {label: row for row, label in enumerate(self.label_set.ids)}
        answers = {text: self.explain(text) for text in dict.fromkeys(texts)}
        for i, text in enumerate(texts):
            for mention in answers[text]:
                row = rows[mention.label]
                classes[i, row] = max(classes[i, row], int(mention.certainty))
        rest = (1 - self.recipe.confidence) / (n_classes - 1)
        found = np.full((len(texts), n_labels, n_classes), rest, np.float32)
        np.put_along_axis(found, classes[:, :, None], np.float32(self.recipe.confidence), axis=2)
        return found

    def truncated(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """None is: rules read to the end."""
        return np.zeros(len(texts), np.bool_)

    def explain(self, text: str) -> tuple[Mention, ...]:
        """Every mention with its term and cue, left to right; none in history, technique, advice and the like."""
        if not text:
            return ()
        plain = PlainText.of(text)
        if self._is_aside(text, plain):
            return ()
        cues = self.reader.cues(plain)
        clauses = Clauses.of(plain.text, cues)
        found = self.finder.find(plain, clauses)
        return tuple(m for candidate in found if (m := self._mention(candidate, cues, clauses)) is not None)

    def certainty(self, text: str, span: tuple[int, int]) -> Certainty:
        """How sure a sentence is of whatever stands at a span, label or not."""
        plain = PlainText.of(text)
        cues = self.reader.cues(plain)
        return self.reader.read((span,), cues, Clauses.of(plain.text, cues))[0]

    def _mention(self, candidate: Candidate, cues: Sequence[Cue], clauses: Clauses) -> Mention | None:
        if candidate.says is not None:
            # "or" joins what stands beside it, not what a structure further on is called.
            cues = [
                cue
                for cue in cues
                if not candidate.touches(cue.start, cue.end)
                and (cue.rule.strength > 0 or candidate.is_next_to(cue.start, cue.end))
            ]
        certainty, cue = self.reader.read(candidate.parts, cues, clauses)
        if candidate.says is not None:
            if certainty is Certainty.NEGATIVE:
                return None
            if certainty is Certainty.POSITIVE:
                certainty, cue = Certainty[candidate.says.upper()], None
        if candidate.only is not None and certainty.label != candidate.only:
            return None
        if certainty is Certainty.NOT_MENTIONED:
            return None
        return Mention(
            label=candidate.label,
            certainty=certainty,
            term=candidate.term,
            start=candidate.start,
            end=candidate.end,
            cue=None if cue is None else cue.pattern,
            cue_span=None if cue is None else (cue.start, cue.end),
        )

    def _is_aside(self, text: str, plain: PlainText) -> bool:
        heading = self.headings.at_start(text)
        if heading is not None and heading.kind in _ASIDES:
            return True
        if self.judge.role(text) is not None:
            return True
        return bool(self.asides.find(plain)) and not self.judge.tells_of_images(text)


def check_labels(rules: RuleFile, label_set: LabelSet) -> None:
    """Holds the rules' labels and structures against what there is.

    Raises:
        UsageError: one does not exist, or the labels have other classes than those of certainty.
    """
    if label_set.classes != CERTAINTY_CLASSES:
        raise UsageError(f"label set '{label_set.id}' has other classes than rules give: {CERTAINTY_CLASSES}")
    named = [label for term in rules.terms for label in term.labels]
    named += [label for pair in rules.pairs for label in pair.labels]
    for context in rules.contexts:
        named += [*context.of, *(label for label in (context.becomes, context.adds) if label is not None)]
    for label in (*named, *(label for rule in rules.examples for label in rule.shows)):
        if label not in label_set.ids:
            raise unknown_name(kind="label", name=label, known=label_set.ids)
    for pair in rules.pairs:
        if pair.structure not in rules.structures:
            raise unknown_name(kind="structure", name=pair.structure, known=rules.structures)
