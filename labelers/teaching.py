"""A larger labeler teaches a smaller one (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network").

The pupil learns the teachers' class probabilities, of the labelled texts beside the truth, and of texts without
labels. There are more of these than were ever written: changed copies of the labelled texts, whose words give way
to words of like meaning (Jiao et al. 2020, "TinyBERT", section 4.2). A changed text may say something else than it
did, "left" for "right" or "any" for "no"; that is as well, since the teachers read what it says now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import normalize
from tqdm import tqdm

from labelers.base import Labeler, Probabilities
from labelers.data import LabelledTexts, Targets
from labelers.recipe import Teaching
from labelers.text.report import ReportReader, sentence_text
from labelers.text.words import WordTokenizer
from labelers.vocabulary import Vocabulary
from labelers.words import NUMBER, WordReader
from schemas.errors import UsageError
from schemas.label_set import LabelSet

CHUNK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class TaughtTexts:
    """Texts, and of each label the share of every class to be learnt: (n, n_L, n_C), float16."""

    texts: tuple[str, ...]
    shares: NDArray[np.float16]

    @property
    def targets(self) -> Targets:
        """The class of the largest share: (n, n_L)."""
        largest: Targets = self.shares.argmax(axis=-1).astype(np.int64)
        return largest


@dataclass(frozen=True, slots=True, eq=False)
class LikeWords:
    """For each word of a vocabulary the words of like meaning, nearest first: (words, k) indices."""

    vocabulary: Vocabulary
    neighbours: NDArray[np.int64]

    @classmethod
    def of(cls, vocabulary: Vocabulary, vectors: torch.Tensor, *, count: int) -> LikeWords:
        """By the cosine of the vectors (words, e); padding, the unknown word and numbers are like no word."""
        unit = normalize(vectors.float(), dim=1)
        unit[:2] = 0
        unit[vocabulary.index.get(NUMBER, 0)] = 0
        starts = range(0, len(unit), CHUNK)
        nearest = [(unit[i : i + CHUNK] @ unit.T).topk(count + 1).indices[:, 1:] for i in starts]
        return cls(vocabulary, torch.cat(nearest).numpy())

    def like(self, word: str, rng: np.random.Generator) -> str | None:
        """One of the words of like meaning; none for a number or an unknown word."""
        index = self.vocabulary.index.get(word)
        if index is None or word == NUMBER:
            return None
        return self.vocabulary.words[int(rng.choice(self.neighbours[index]))]


def change_text(
    text: str, reader: WordReader, like: LikeWords, *, spec: Teaching, rng: np.random.Generator
) -> str:
    """The text with some words replaced by words of like meaning, and some left out; all between words stays."""
    parts: list[str] = []
    end = 0
    for word in reader.words(text):
        drawn = rng.random()
        parts.append(text[end : word.start])
        if not spec.replaced <= drawn < spec.replaced + spec.dropped:
            other = like.like(word.text, rng) if drawn < spec.replaced else None
            parts.append(other or text[word.start : word.end])
        end = word.end
    return "".join([*parts, text[end:]])


def changed_copies(
    texts: Sequence[str], reader: WordReader, like: LikeWords, *, spec: Teaching, seed: int
) -> list[str]:
    """`spec.copies` changed copies of every text, each different text once and none of the originals."""
    rng = np.random.default_rng((seed, 0))
    copies = (
        change_text(text, reader, like, spec=spec, rng=rng) for _ in range(spec.copies) for text in texts
    )
    known = set(texts)
    return [copy for copy in dict.fromkeys(copies) if copy not in known]


def sentences_of(documents: Iterable[str], label_set: LabelSet) -> list[str]:
    """The different sentences of all documents that share a word with some label's names, in order."""
    reader, words = ReportReader.load(), WordTokenizer()
    telling = _telling_words(label_set, words)
    found = (
        sentence_text(document[sentence.start : sentence.end])
        for document in documents
        for sentence in reader.sentences(document)
        if sentence.labelled
    )
    return [text for text in dict.fromkeys(found) if not telling.isdisjoint(words.tokens(text))]


def _telling_words(label_set: LabelSet, words: WordTokenizer) -> frozenset[str]:
    """Of each name of a label the longest word, which is the one that tells most."""
    names = (name for label in label_set.labels for name in (*label.variants, *label.synonyms))
    return frozenset(max(words.tokens(name), key=len) for name in names)


def teach(  # noqa: PLR0913
    labelled: LabelledTexts,
    changed: Sequence[str],
    sentences: Sequence[str],
    teachers: Sequence[Labeler],
    *,
    spec: Teaching,
    progress: bool = False,
) -> TaughtTexts:
    """The teachers' answers: to the labelled texts, to their changed copies, and to the sentences that say most.

    Raises:
        UsageError: the teachers are for other labels than the labelled texts.
    """
    own = set(labelled.texts)
    sentences = [text for text in sentences if text not in own]
    texts = (*labelled.texts, *changed, *sentences)
    answers = _answers(texts, teachers, progress=progress)
    n = len(labelled)
    if answers.shape[1] != labelled.targets.shape[1]:
        raise UsageError("the teachers are for other labels than the labelled texts")
    one_hot = np.eye(answers.shape[2], dtype=np.float16)[labelled.targets]
    answers[:n] = spec.truth * one_hot + (1 - spec.truth) * answers[:n]
    chosen = np.concatenate(
        [
            np.arange(n + len(changed)),
            n + len(changed) + _say_most(answers[n + len(changed) :], spec.sentences),
        ]
    )
    return TaughtTexts(texts=tuple(texts[i] for i in chosen), shares=answers[chosen])


def _say_most(answers: NDArray[np.float16], count: int) -> NDArray[np.intp]:
    """Of texts the indices of those in which some label is mentioned most probably, in order."""
    mentioned = 1 - answers[:, :, 0].min(axis=1)
    return np.sort(np.argsort(-mentioned, kind="stable")[:count])


def _answers(texts: Sequence[str], teachers: Sequence[Labeler], *, progress: bool) -> NDArray[np.float16]:
    """The mean of the teachers' probabilities: (n, n_L, n_C)."""
    starts = range(0, len(texts), CHUNK)
    found = [
        _mean([teacher.probabilities(texts[start : start + CHUNK]) for teacher in teachers])
        for start in tqdm(starts, desc="teaching", unit="chunk", disable=not progress, leave=False)
    ]
    return np.concatenate(found)


def _mean(answers: Sequence[Probabilities]) -> NDArray[np.float16]:
    mean: NDArray[np.float16] = np.mean(answers, axis=0).astype(np.float16)
    return mean
