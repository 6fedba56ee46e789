"""Labelers that are a network over tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelers.base import Probabilities, Representations, TokenAttention
from labelers.batching import fixed_batches
from labelers.device import device_faults
from labelers.inference import class_probabilities, forward, pooled_representations
from labelers.network import TextNetwork
from labelers.readers import Reader
from labelers.recipe import Recipe, Unit
from labelers.second_opinion import Adviser
from labelers.temperatures import Temperatures, apply_temperatures
from labelers.text.sections import SectionKind
from schemas.errors import UsageError, unknown_name
from schemas.label_set import LabelSet
from schemas.precision import Precision


@dataclass(frozen=True, slots=True, eq=False)
class NetworkLabeler:
    """Tokens by index through a network, each distinct sequence of tokens once."""

    recipe: Recipe
    label_set: LabelSet
    reader: Reader
    network: TextNetwork
    fingerprint: str
    temperatures: Temperatures | None = None
    adviser: Adviser | None = None
    precision: Precision = Precision.FLOAT32

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    @property
    def unit(self) -> Unit:
        """What a text is."""
        return self.recipe.unit

    @property
    def sections(self) -> tuple[SectionKind, ...]:
        """The sections that it is given of a report, where not all of it."""
        return self.recipe.text.sections

    @property
    def attends(self) -> bool:
        """Whether `attention` can show where it looked."""
        return self.network.attends

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """(n_texts, n_L, n_C); a text without tokens mentions nothing.

        Raises:
            DeviceError: the GPU that the network is on has failed.
        """
        encoded = [self.reader.encode(text) for text in texts]
        shape = (len(self.label_set.ids), len(self.label_set.classes))
        with device_faults(self.network.device):
            found = class_probabilities(self.network, encoded, shape=shape, precision=self.precision)
        if self.temperatures is not None:
            found = apply_temperatures(found, self.temperatures)
        return found if self.adviser is None else self.adviser.weigh_in(texts, found)

    def truncated(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which texts have more tokens than the recipe's `max_tokens`: (n_texts,)."""
        return np.array([self.reader.is_truncated(text) for text in texts], np.bool_)

    def attention(self, texts: Sequence[str]) -> list[TokenAttention]:
        """Each label's weights over the tokens of each text; with a single attention the same for all labels.

        Raises:
            UsageError: the labeler does not attend.
        """
        if not self.attends:
            raise UsageError(f"labeler '{self.name}' does not attend to tokens: choose one with attention")
        return [self._attention(text) for text in texts]

    def representations(self, texts: Sequence[str], *, label: str | None = None) -> Representations:
        """The pooled representation s of each text, which the head reads: (n_texts, h).

        h is the size of the encoder's output, or of the word vectors where there is no encoder. Of s_l, one for
        each label, that of `label`. A text without tokens has zeros.

        Raises:
            UsageError: each label has a representation of its own, and `label` is none of them.
        """
        encoded = [self.reader.encode(text) for text in texts]
        row = self._row_of(label) if self.network.represents_labels else 0
        return pooled_representations(self.network, encoded, row=row, size=self.network.pooling.output_size)

    def _row_of(self, label: str | None) -> int:
        if label is None:
            raise UsageError(f"labeler '{self.name}' represents a text for each label anew: name one")
        if label not in self.label_set.ids:
            raise unknown_name(kind="label", name=label, known=self.label_set.ids)
        return self.label_set.ids.index(label)

    def _attention(self, text: str) -> TokenAttention:
        tokens = self.reader.encode(text)
        n_labels = len(self.label_set.ids)
        if not tokens:
            return TokenAttention(spans=(), weights=np.zeros((n_labels, 0), dtype=np.float32))
        [batch] = fixed_batches([tokens])
        alpha = forward(self.network, batch, precision=self.precision).attention
        assert alpha is not None  # as it attends
        weights = alpha[0, :, : len(tokens)].cpu().numpy()
        return TokenAttention(
            spans=self.reader.spans(text),
            weights=np.broadcast_to(weights, (n_labels, len(tokens))).astype(np.float32),
        )
