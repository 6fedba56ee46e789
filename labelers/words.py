"""The words that a recipe's text options make of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from labelers.recipe import TextOptions
from labelers.text.words import Word, WordTokenizer

NUMBER = "<number>"
_IS_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class WordReader:
    """Texts to words, cut at the recipe's `max_tokens`."""

    def __init__(self, options: TextOptions) -> None:
        self.options = options
        self.tokenizer = WordTokenizer(options.words)

    def words(self, text: str) -> list[Word]:
        """The words with their character spans."""
        found = (Word(self._normal(word.text), word.start, word.end) for word in self._read(text))
        return list(islice(found, self.options.max_tokens))

    def tokens(self, text: str) -> list[str]:
        """The words alone."""
        return self.all_tokens(text)[: self.options.max_tokens]

    def all_tokens(self, text: str) -> list[str]:
        """The words of a text of any length, such as a document of an archive."""
        return [self._normal(word) for word in self.tokenizer.tokens(text) if self._is_read(word)]

    def _read(self, text: str) -> Iterator[Word]:
        return (word for word in self.tokenizer.words(text) if self._is_read(word.text))

    def _is_read(self, word: str) -> bool:
        return word not in self.options.stop_words

    def _normal(self, word: str) -> str:
        return NUMBER if self.options.number_token and _IS_NUMBER.fullmatch(word) else word
