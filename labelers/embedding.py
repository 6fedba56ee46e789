"""The vocabulary, and word vectors pre-trained with gensim (section 3.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelers.recipe import RandomEmbedding, Word2VecEmbedding
from labelers.vocabulary import Vocabulary

Words = Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class PretrainedWords:
    """A vocabulary and its vectors, padding and unknown included: (words, e)."""

    vocabulary: Vocabulary
    vectors: NDArray[np.float32]


def count_words(texts: Iterable[Words]) -> Counter[str]:
    """How often each word occurs."""
    return Counter(word for text in texts for word in text)


def choose_words(
    *, training: Counter[str], archive: Counter[str], min_count: int, max_words: int
) -> tuple[str, ...]:
    """All words of the training texts, then the archive's commonest that occur `min_count` times."""
    own = sorted(training, key=lambda word: (-training[word], word))
    others = (w for w in archive if w not in training and archive[w] >= min_count)
    ranked = sorted(others, key=lambda word: (-archive[word], word))
    return tuple((own + ranked)[: max(max_words, len(own))])


def pretrain_words(
    spec: Word2VecEmbedding | RandomEmbedding,
    *,
    training: Sequence[Words],
    archive: Sequence[Words],
    seed: int,
) -> PretrainedWords:
    """Vocabulary and vectors as the recipe has them; the archive and the training texts are read together."""
    corpus = [*archive, *training]
    words = choose_words(
        training=count_words(training),
        archive=count_words(archive),
        min_count=spec.min_count,
        max_words=spec.max_words,
    )
    vocabulary = Vocabulary(words)
    if isinstance(spec, RandomEmbedding):
        return PretrainedWords(vocabulary, _random_vectors(len(vocabulary), spec.size, seed))
    return PretrainedWords(vocabulary, _word2vec_vectors(spec, words, corpus, seed))


def _random_vectors(words: int, size: int, seed: int) -> NDArray[np.float32]:
    vectors = np.random.default_rng(seed).normal(scale=0.1, size=(words, size)).astype(np.float32)
    vectors[0] = 0
    return vectors


def _word2vec_vectors(
    spec: Word2VecEmbedding, words: Words, corpus: Sequence[Words], seed: int
) -> NDArray[np.float32]:
    from gensim.models import Word2Vec  # noqa: PLC0415 (slow, and labelling never needs it)

    model = Word2Vec(
        vector_size=spec.size, window=spec.window, min_count=1, sg=int(spec.skip_gram), seed=seed, workers=1
    )
    known = set(words)
    kept = [[word for word in text if word in known] for text in corpus]
    model.build_vocab(kept)
    model.train(kept, total_examples=len(kept), epochs=spec.epochs)
    learnt = model.wv[list(words)].astype(np.float32)  # (words, e)
    learnt /= np.sqrt((learnt**2).mean())  # one scale for all, so that dropout and learning rate carry over
    unknown = learnt[-max(1, len(words) // 10) :].mean(axis=0, keepdims=True)  # like a rare word
    return np.concatenate([np.zeros_like(unknown), unknown, learnt * 0.5])
