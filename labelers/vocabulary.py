"""The words a labeler knows, by index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from schemas.errors import BundleError

PADDING = "<pad>"
UNKNOWN = "<unk>"
PADDING_INDEX = 0
UNKNOWN_INDEX = 1


class Vocabulary:
    """Index 0 is padding, 1 any unknown word, then the words in order."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = (PADDING, UNKNOWN, *words)

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def index(self) -> dict[str, int]:
        """Word to index."""
        return {word: index for index, word in enumerate(self.words)}

    def encode(self, words: Sequence[str]) -> tuple[int, ...]:
        """Indices of the words."""
        index = self.index
        return tuple(index.get(word, UNKNOWN_INDEX) for word in words)

    def to_text(self) -> str:
        """One word a line."""
        return "\n".join(self.words) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Vocabulary:
        """The reverse of `to_text`.

        Raises:
            BundleError: the text is not such a list.
        """
        words = text.split("\n")
        if words[:2] != [PADDING, UNKNOWN] or words[-1] != "" or len(set(words)) != len(words):
            raise BundleError("vocabulary.txt is not a vocabulary: train the labeler anew")
        return cls(words[2:-1])
