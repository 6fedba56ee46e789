"""Labelers that read words: a vocabulary and a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from labelers.base import Probabilities, TokenAttention
from labelers.batching import Tokens, fixed_batches
from labelers.inference import forward, forward_all
from labelers.network import TextNetwork
from labelers.recipe import Recipe, Unit
from labelers.vocabulary import Vocabulary
from labelers.words import WordReader
from schemas.label_set import LabelSet


@dataclass(frozen=True, slots=True, eq=False)
class WordLabeler:
    """Words by index through a network, each distinct sequence of words once."""

    recipe: Recipe
    label_set: LabelSet
    vocabulary: Vocabulary
    reader: WordReader
    network: TextNetwork
    fingerprint: str

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    @property
    def unit(self) -> Unit:
        """What a text is."""
        return self.recipe.unit

    def encode(self, text: str) -> Tokens:
        """The text's word indices, cut at the recipe's `max_tokens`."""
        return self.vocabulary.encode(self.reader.tokens(text))

    def probabilities(self, texts: Sequence[str]) -> Probabilities:
        """(n_texts, n_L, n_C); a text without words mentions nothing."""
        encoded = [self.encode(text) for text in texts]
        shape = (len(self.label_set.ids), len(self.label_set.classes))
        return class_probabilities(self.network, encoded, shape=shape)

    def truncated(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which texts have more words than the recipe's `max_tokens`: (n_texts,)."""
        limit = self.recipe.text.max_tokens
        return np.array([len(self.reader.all_tokens(text)) > limit for text in texts], np.bool_)

    def attention(self, texts: Sequence[str]) -> list[TokenAttention]:
        """Each label's weights over the words of each text."""
        return [self._attention(text) for text in texts]

    def _attention(self, text: str) -> TokenAttention:
        tokens = self.encode(text)
        n_labels = len(self.label_set.ids)
        if not tokens:
            return TokenAttention(spans=(), weights=np.zeros((n_labels, 0), dtype=np.float32))
        [batch] = fixed_batches([tokens])
        weights = forward(self.network, batch).attention[0, :, : len(tokens)].numpy()
        return TokenAttention(
            spans=tuple((word.start, word.end) for word in self.reader.words(text)),
            weights=np.broadcast_to(weights, (n_labels, len(tokens))).astype(np.float32),
        )


def class_probabilities(
    network: TextNetwork, texts: Sequence[Tokens], *, shape: tuple[int, int]
) -> Probabilities:
    """Probabilities (n_texts, n_L, n_C) of encoded texts; one without tokens mentions nothing."""
    distinct = {tokens: row for row, tokens in enumerate(dict.fromkeys(texts))}
    found = np.zeros((len(distinct), *shape), dtype=np.float32)
    found[:, :, 0] = 1
    batches = list(fixed_batches(list(distinct)))
    for batch, output in zip(batches, forward_all(network, batches), strict=True):
        scores = output.scores[: len(batch.indices)]
        found[batch.indices] = torch.softmax(scores, dim=-1).numpy()
    return found[[distinct[tokens] for tokens in texts]]
