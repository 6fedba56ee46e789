"""The words that a recipe's text options make of a text."""

from __future__ import annotations

import re

from labelers.recipe import TextOptions
from labelers.text.choice import SectionChooser
from labelers.text.words import Word, WordTokenizer

NUMBER = "<number>"
_IS_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class WordReader:
    """Texts to words, cut at the recipe's `max_tokens`."""

    def __init__(self, options: TextOptions) -> None:
        self.options = options
        self.tokenizer = WordTokenizer(options.words)
        self._sections = SectionChooser(options.sections) if options.sections else None

    def words(self, text: str) -> list[Word]:
        """The words with their character spans."""
        return self._all_words(text)[: self.options.max_tokens]

    def tokens(self, text: str) -> list[str]:
        """The words alone."""
        return self.all_tokens(text)[: self.options.max_tokens]

    def all_tokens(self, text: str) -> list[str]:
        """The words of a text of any length, such as a document of an archive."""
        if self.options.sections:
            return [word.text for word in self._all_words(text)]
        return [self._normal(word) for word in self.tokenizer.tokens(text) if self._is_read(word)]

    def _all_words(self, text: str) -> list[Word]:
        found = self.tokenizer.words(text)
        if self._sections is not None:
            spans = self._sections.spans(text)
            found = [word for word in found if any(start <= word.start < end for start, end in spans)]
        return [Word(self._normal(w.text), w.start, w.end) for w in found if self._is_read(w.text)]

    def _is_read(self, word: str) -> bool:
        return word not in self.options.stop_words

    def _normal(self, word: str) -> str:
        return NUMBER if self.options.number_token and _IS_NUMBER.fullmatch(word) else word
