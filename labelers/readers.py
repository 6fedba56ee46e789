"""Texts to token indices: words of a vocabulary of our own, or the subwords of a pre-trained encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from tokenizers import Tokenizer

from labelers.batching import Tokens
from labelers.recipe import TextOptions, TokenKind
from labelers.vocabulary import Vocabulary
from labelers.words import WordReader
from schemas.errors import BundleError

VOCABULARY_FILE = "vocabulary.txt"
TOKENIZER_FILE = "tokenizer.json"
Span = tuple[int, int]


class Reader(Protocol):
    """What a network labeler reads its texts with; a text of punctuation alone has no tokens."""

    @property
    def size(self) -> int:
        """How many different tokens there are."""
        ...

    def encode(self, text: str) -> Tokens:
        """The text's token indices, cut at the recipe's `max_tokens`."""
        ...

    def spans(self, text: str) -> tuple[Span, ...]:
        """The character span of each token that `encode` gives; a special token's is empty."""
        ...

    def is_truncated(self, text: str) -> bool:
        """Whether the text has more tokens than `encode` gives."""
        ...

    def files(self) -> dict[str, bytes]:
        """What a bundle keeps of the reader, by file name."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class VocabularyReader:
    """Words by their index in a vocabulary."""

    words: WordReader
    vocabulary: Vocabulary

    @property
    def size(self) -> int:
        """Padding and the unknown word included."""
        return len(self.vocabulary)

    def encode(self, text: str) -> Tokens:
        """An unknown word is index 1."""
        return self.vocabulary.encode(self.words.tokens(text))

    def spans(self, text: str) -> tuple[Span, ...]:
        """One for each word."""
        return tuple((word.start, word.end) for word in self.words.words(text))

    def is_truncated(self, text: str) -> bool:
        """Counted in words."""
        return len(self.words.all_tokens(text)) > self.words.options.max_tokens

    def files(self) -> dict[str, bytes]:
        """One word a line."""
        return {VOCABULARY_FILE: self.vocabulary.to_text().encode()}


@dataclass(frozen=True, slots=True, eq=False)
class SubwordReader:
    """Pieces by the tokenizer of a pre-trained encoder, its special tokens round them."""

    tokenizer: Tokenizer
    max_tokens: int

    @classmethod
    def from_json(cls, content: str, *, max_tokens: int) -> SubwordReader:
        """From what `tokenizer.json` holds, whatever it says of padding and truncation.

        Raises:
            BundleError: it is no tokenizer.
        """
        try:
            tokenizer = Tokenizer.from_str(content)
        except Exception as error:  # the library raises nothing narrower
            raise BundleError(f"{TOKENIZER_FILE} is not a tokenizer: train the labeler anew") from error
        tokenizer.no_padding()
        tokenizer.enable_truncation(max_tokens)
        return cls(tokenizer, max_tokens)

    @property
    def size(self) -> int:
        """Special tokens included."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, text: str) -> Tokens:
        """None for a text without a letter or digit."""
        return tuple(self.tokenizer.encode(text).ids) if _has_words(text) else ()

    def spans(self, text: str) -> tuple[Span, ...]:
        """One for each piece."""
        return tuple(self.tokenizer.encode(text).offsets) if _has_words(text) else ()

    def is_truncated(self, text: str) -> bool:
        """Counted in pieces, special tokens included."""
        return bool(self.tokenizer.encode(text).overflowing)

    def files(self) -> dict[str, bytes]:
        """The tokenizer's own JSON."""
        return {TOKENIZER_FILE: self.tokenizer.to_str().encode()}


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def read_reader(options: TextOptions, files: Mapping[str, bytes]) -> Reader:
    """The reader of a bundle's files.

    Raises:
        BundleError: a file does not hold what its name says.
    """
    if options.tokens is TokenKind.SUBWORDS:
        return SubwordReader.from_json(_text(files, TOKENIZER_FILE), max_tokens=options.max_tokens)
    return VocabularyReader(WordReader(options), Vocabulary.from_text(_text(files, VOCABULARY_FILE)))


def _text(files: Mapping[str, bytes], name: str) -> str:
    try:
        return files[name].decode()
    except UnicodeDecodeError as error:
        raise BundleError(f"{name} is damaged: it is not UTF-8") from error
