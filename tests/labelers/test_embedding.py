from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from labelers.embedding import choose_words, pretrain_words
from labelers.recipe import RandomEmbedding, Word2VecEmbedding
from labelers.vocabulary import UNKNOWN_INDEX, Vocabulary
from schemas.errors import BundleError

WORD2VEC = Word2VecEmbedding(kind="word2vec", size=8, epochs=3, min_count=2, max_words=100)
TRAINING = [["no", "bleed"], ["old", "infarct"]]
ARCHIVE = [["old", "bleed", "seen", "seen"], ["rare"], ["old", "bleed"]]


def test_all_training_words_are_kept_and_the_archives_commonest_follow() -> None:
    words = choose_words(
        training=Counter({"no": 1, "bleed": 2}),
        archive=Counter({"old": 5, "seen": 9, "rare": 1}),
        min_count=2,
        max_words=3,
    )

    assert words == ("bleed", "no", "seen")


def test_a_low_limit_never_costs_a_training_word() -> None:
    assert choose_words(training=Counter("abc"), archive=Counter(), min_count=1, max_words=1) == (
        "a",
        "b",
        "c",
    )


@pytest.mark.parametrize("spec", [WORD2VEC, RandomEmbedding(kind="random", size=8, max_words=100)])
def test_each_word_has_a_vector_and_padding_is_zero(spec: Word2VecEmbedding | RandomEmbedding) -> None:
    found = pretrain_words(spec, training=TRAINING, archive=ARCHIVE, seed=0)

    assert found.vectors.shape == (len(found.vocabulary), 8)
    assert found.vectors.dtype == np.float32
    assert (found.vectors[0] == 0).all()
    assert (np.abs(found.vectors[1:]).sum(axis=1) > 0).all()


def test_the_same_seed_gives_the_same_vectors() -> None:
    one, two = (pretrain_words(WORD2VEC, training=TRAINING, archive=ARCHIVE, seed=3) for _ in range(2))

    assert np.array_equal(one.vectors, two.vectors)


def test_an_unknown_word_has_the_index_of_unknown_words() -> None:
    vocabulary = Vocabulary(["bleed", "no"])

    assert vocabulary.encode(["no", "bleed", "never"]) == (3, 2, UNKNOWN_INDEX)


def test_a_vocabulary_survives_its_file() -> None:
    vocabulary = Vocabulary(["bleed", "no", "?"])

    assert Vocabulary.from_text(vocabulary.to_text()).words == vocabulary.words


@pytest.mark.parametrize("text", ["", "bleed\n", "<pad>\n<unk>\na\na\n", "<pad>\n<unk>\na"])
def test_a_file_that_is_no_vocabulary_is_refused(text: str) -> None:
    with pytest.raises(BundleError, match="is not a vocabulary"):
        Vocabulary.from_text(text)
