"""What every labeler offers, whatever it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from labelers.recipe import Unit
from labelers.text.sections import SectionKind
from schemas.certainty import Certainty
from schemas.label_set import LabelSet

Probabilities = NDArray[np.float32]
Representations = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TokenAttention:
    """Where a labeler looked in one text.

    `spans` are the tokens' character spans (start, end) in the text; `weights` (n_L, tokens) sum to 1 for each
    label. A text without words has no tokens; a token that is no part of the text, such as [CLS], has an empty
    span.
    """

    spans: tuple[tuple[int, int], ...]
    weights: Probabilities


class Labeler(Protocol):
    """Texts in, a probability for each label's classes out."""

    @property
    def name(self) -> str:
        """The recipe's name."""
        ...

    @property
    def label_set(self) -> LabelSet:
        """The labels, in the order of the second axis of `probabilities`."""
        ...

    @property
    def unit(self) -> Unit:
        """Whether a text is a sentence or a whole report."""
        ...

    @property
    def sections(self) -> tuple[SectionKind, ...]:
        """What it is given of a report: the sentences of these sections, or, with none named, all of it."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hash of all that its output depends on: weights, vocabulary, recipe, label set."""
        ...

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """(n_texts, n_labels, n_classes); a row depends on its own text only, on a CPU to the last bit."""
        ...

    def truncated(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which texts are longer than the labeler reads: (n_texts,)."""
        ...


@runtime_checkable
class AttendingLabeler(Protocol):
    """A labeler that may be able to show where it looked: `attends` says whether."""

    @property
    def attends(self) -> bool:
        """Whether there is anything to show."""
        ...

    def attention(self, texts: Sequence[str]) -> list[TokenAttention]:
        """One for each text, in order."""
        ...


@runtime_checkable
class RepresentingLabeler(Protocol):
    """A labeler that makes one vector of each text before it decides."""

    def representations(self, texts: Sequence[str], *, label: str | None = None) -> Representations:
        """(n_texts, h): that vector, or the one for `label` where each label has its own.

        Raises:
            UsageError: each label has its own, and `label` is none of them.
        """
        ...


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention and why: the rule's term at (start, end) and, where one decides, the cue at `cue_span`.

    `term` and `cue` are the wording of the rules, never of the text.
    """

    label: str
    certainty: Certainty
    term: str
    start: int
    end: int
    cue: str | None = None
    cue_span: tuple[int, int] | None = None


@runtime_checkable
class ExplainingLabeler(Protocol):
    """A labeler that can name the words which an answer rests on."""

    def explain(self, text: str) -> tuple[Mention, ...]:
        """Every mention in one text, left to right."""
        ...


def predicted_classes(probabilities: Probabilities) -> NDArray[np.int64]:
    """The most probable class index of each label; of equals, the weakest."""
    classes: NDArray[np.int64] = probabilities.argmax(axis=-1).astype(np.int64)
    return classes
