"""Each rule's example says what the rule is for; here all of them are read with all rules together."""

from pathlib import Path

import pytest

from labelers.base import Mention
from labelers.rules.certainty import CertaintyReader
from labelers.rules.labeler import RuleLabeler
from labelers.rules.mentions import MentionFinder
from labelers.rules.patterns import PlainText, Scanner, Wording
from labelers.rules.tables import AsideRule, ContextRule, CueRule, Example, PairRule, TermRule, load_rules
from schemas.conf import CONF_DIR
from schemas.errors import UsageError

RULES = load_rules(("head_ct_31", "certainty"))
WORDING = Wording(spellings=RULES.spellings, parts=RULES.parts)
LABELER = RuleLabeler.load(CONF_DIR / "labelers" / "rules.yaml")

OWN_RULES = """
terms:
  - labels: [haemorrhage]
    example: "A small bleed."
    shows: {haemorrhage: positive}
    find: [bleed]
"""
OWN_RECIPE = """
name: mine
paper: {cite: none, section: none}
summary: One term.
kind: rules
rules: [own.yaml]
"""


def shown(mentions: tuple[Mention, ...]) -> dict[str, str]:
    strongest: dict[str, Mention] = {}
    for mention in mentions:
        before = strongest.get(mention.label)
        if before is None or mention.certainty > before.certainty:
            strongest[mention.label] = mention
    return {label: mention.certainty.label for label, mention in strongest.items()}


@pytest.mark.parametrize("rule", RULES.examples, ids=[rule.example[:50] for rule in RULES.examples])
def test_a_rules_example_shows_what_it_says_and_nothing_else(rule: Example) -> None:
    assert shown(LABELER.explain(rule.example)) == rule.shows


def wordings(rule: Example) -> tuple[str, ...]:
    if isinstance(rule, ContextRule):
        return (*rule.before, *rule.after)
    assert isinstance(rule, TermRule | PairRule | CueRule | AsideRule)
    return rule.find


def test_every_shipped_pattern_compiles_as_loading_the_shipped_labeler_does_not_try_them() -> None:
    MentionFinder(RULES, LABELER.label_set, WORDING)
    CertaintyReader(RULES, WORDING)
    Scanner([(rule, pattern) for rule in RULES.asides for pattern in rule.find], WORDING)
    assert not WORDING.tested


def test_the_patterns_of_rule_files_of_ones_own_are_tried_when_they_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN_RULES.replace("bleed", "bleed ("), encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(OWN_RECIPE, encoding="utf-8")

    with pytest.raises(UsageError, match=r"rule pattern 'bleed \(' is no regular expression"):
        RuleLabeler.load(tmp_path / "mine.yaml")


@pytest.mark.parametrize("rule", RULES.examples, ids=[rule.example[:50] for rule in RULES.examples])
def test_a_rules_example_holds_words_of_the_rule(rule: Example) -> None:
    scanner = Scanner([(None, pattern) for pattern in wordings(rule)], WORDING)
    assert scanner.find(PlainText.of(rule.example))


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("No rib or skull fracture.", {"fracture": "negative"}),
        ("Acute infarct cannot be excluded.", {"infarct": "uncertain"}),
        ("?infarct", {"infarct": "uncertain"}),
        ("Previous haemorrhage has resolved.", {"haemorrhage": "negative"}),
        (
            "No evidence of haemorrhage; however a subtle subdural collection may be present.",
            {"haemorrhage": "negative", "collection": "uncertain"},
        ),
        (
            "Likely represents a prominent perivascular space or lacunar infarct.",
            {"infarct": "uncertain"},
        ),
        ("No interval change in the left subdural haematoma.", {"haemorrhage": "positive"}),
        (
            "Hyperdense left MCA in keeping with thrombus rather than calcification.",
            {"hyperdense_vessel": "positive", "vessel_occlusion": "positive", "calcification": "negative"},
        ),
        ("Scalp haematoma without underlying fracture.", {"fracture": "negative"}),
        ("History of stroke.", {}),
        (
            "Ventricles and sulci are prominent, in keeping with involution.",
            {"ventricular_dilatation": "positive", "atrophy": "positive"},
        ),
        (
            "There is no mass effect or midline shift, but there is sulcal effacement.",
            {"mass_effect": "negative", "midline_shift": "negative", "effacement": "positive"},
        ),
        (
            "Old lacunar infarcts, no acute infarct.",
            {"established_infarct": "positive", "infarct": "negative"},
        ),
    ],
)
def test_trap_sentences_are_read_as_a_radiologist_would(sentence: str, expected: dict[str, str]) -> None:
    assert shown(LABELER.explain(sentence)) == expected


def test_the_shipped_recipe_names_the_files_that_are_tested() -> None:
    assert LABELER.recipe.rules == ("head_ct_31", "certainty")
    assert Path(CONF_DIR / "rules" / "head_ct_31.yaml").is_file()
