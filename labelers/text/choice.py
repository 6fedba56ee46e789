"""What a labeler of whole reports is given of one: the sentences of some sections, or the report as it stands.

One function serves training tables and archives alike, so that what a labeler has learnt from is what it is given.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from labelers.text.report import Sentence, sentence_text
from labelers.text.sections import SectionKind


class GivenReport(NamedTuple):
    """The text that a labeler is given, white space collapsed; it stands in `raw[start:end]`, from `section` on."""

    start: int
    end: int
    section: SectionKind
    text: str


def given_report(
    raw: str, sentences: Sequence[Sentence], sections: Collection[SectionKind] = ()
) -> GivenReport:
    """Where no sections are named, all of it, headings and history included (Wood 2021, Chapman 2020).

    Else the sentences of these sections, such as the impression (Jnawali 2019, section III.B); where the report has
    none of them, all sentences that go to a labeler; where there are none of those either, all of the report.
    """
    chosen = choose_sentences(sentences, sections) if sections else []
    if not chosen:
        start = len(raw) - len(raw.lstrip())
        return GivenReport(start, max(start, len(raw.rstrip())), SectionKind.NONE, sentence_text(raw))
    text = "\n".join(raw[sentence.start : sentence.end] for sentence in chosen)
    return GivenReport(chosen[0].start, chosen[-1].end, chosen[0].section, sentence_text(text))


def choose_sentences(sentences: Sequence[Sentence], sections: Collection[SectionKind]) -> list[Sentence]:
    """Of the sentences that go to a labeler those of these sections; all where there are none of them."""
    labelled = [sentence for sentence in sentences if sentence.labelled]
    return [sentence for sentence in labelled if sentence.section in sections] or labelled
