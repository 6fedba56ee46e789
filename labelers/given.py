"""Texts as a labeler is given them: by its unit and sections, in training and measuring as on an archive."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from labelers.data import LabelledTexts, read_texts
from labelers.recipe import Recipe, Unit
from labelers.sparse.recipe import SparseRecipe
from labelers.text.choice import given_report
from labelers.text.report import ReportReader
from labelers.text.sections import SectionKind


def given_texts(
    texts: Sequence[str], *, unit: Unit, sections: Collection[SectionKind] = ()
) -> tuple[str, ...]:
    """Sentences as they are, reports as the main job gives them to a labeler of these sections."""
    if unit is Unit.SENTENCE:
        return tuple(texts)
    if not sections:
        return tuple(given_report(text, ()).text for text in texts)
    reader = ReportReader.load()
    return tuple(given_report(text, reader.sentences(text), sections).text for text in texts)


def given_to(recipe: Recipe | SparseRecipe, texts: LabelledTexts) -> LabelledTexts:
    """Labelled texts as a labeler of this recipe is given them."""
    return replace(texts, texts=given_texts(texts.texts, unit=recipe.unit, sections=recipe.text.sections))


def archive_for(recipe: Recipe | SparseRecipe, paths: Iterable[Path]) -> Iterator[str]:
    """The texts of an archive in the same form, one file at a time: words are pre-trained on them."""
    for path in paths:
        yield from given_texts(read_texts(path), unit=recipe.unit, sections=recipe.text.sections)
