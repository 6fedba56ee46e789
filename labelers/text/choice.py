"""Reports of which some sections alone are read, such as the impression (Jnawali 2019, section III.B)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from labelers.text.report import ReportReader, Sentence
from labelers.text.sections import SectionKind


def choose_sentences(sentences: Sequence[Sentence], sections: Collection[SectionKind]) -> list[Sentence]:
    """Of the sentences that go to a labeler those of these sections; all where there are none of them."""
    labelled = [sentence for sentence in sentences if sentence.labelled]
    return [sentence for sentence in labelled if sentence.section in sections] or labelled


class SectionChooser:
    """Finds the sections in a report's raw text."""

    def __init__(self, sections: Collection[SectionKind]) -> None:
        self.sections = frozenset(sections)
        self.reader = ReportReader.load()

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the sentences to be read stand; the whole text where the reader would leave out all of it."""
        chosen = choose_sentences(self.reader.sentences(text), self.sections)
        return [(sentence.start, sentence.end) for sentence in chosen] or [(0, len(text))]
