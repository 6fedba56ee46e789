"""From labelled texts to forests and regressions: scikit-learn fits, arrays remain. Deterministic by the seed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from tqdm import tqdm

from labelers.data import LabelledTexts, Targets
from labelers.embedding import PretrainedWords, choose_words, count_words, pretrain_words
from labelers.readers import VocabularyReader
from labelers.sparse.assembly import forest_labeler, regression_labeler
from labelers.sparse.features import Indices, RegressionFeatures, choose_terms, count_matrix
from labelers.sparse.forests import forests_of
from labelers.sparse.labelers import ForestLabeler, RegressionLabeler, SparseLabeler
from labelers.sparse.recipe import ForestRecipe, Regression, RegressionRecipe, SparseRecipe
from labelers.vocabulary import UNKNOWN_INDEX, Vocabulary
from labelers.words import WordReader
from schemas.errors import UsageError
from schemas.label_set import LabelSet

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class LinearFit:
    """One label's regression, and the penalty that the held-out texts chose (None: the label never varied)."""

    coefficients: Floats
    intercept: float
    strength: float | None


def fit_sparse(  # noqa: PLR0913 (what fitting needs)
    recipe: SparseRecipe,
    label_set: LabelSet,
    train: LabelledTexts,
    held_out: LabelledTexts,
    *,
    texts: Iterable[str],
    progress: bool = False,
) -> SparseLabeler:
    """The labeler of the recipe's kind; `texts` without labels pre-train the words of a regression.

    Raises:
        UsageError: the label set does not suit the recipe, or there are no texts where it needs them.
    """
    if isinstance(recipe, ForestRecipe):
        return fit_forests(recipe, label_set, train, progress=progress)
    if isinstance(recipe, RegressionRecipe):
        words = pretrain_vectors(recipe, texts)
        return fit_regressions(recipe, label_set, train, held_out, words=words, progress=progress)
    raise UsageError(f"labeler '{recipe.name}' is neither a forest nor a regression")


def fit_forests(
    recipe: ForestRecipe, label_set: LabelSet, train: LabelledTexts, *, progress: bool = False
) -> ForestLabeler:
    """One random forest for each label over the training texts' word counts; texts without words are left out."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 (labelling never needs it)

    reader = WordReader(recipe.text)
    words = [reader.tokens(text) for text in train.texts]
    vocabulary = Vocabulary(frequent_words(words, min_count=recipe.forest.min_count))
    encoded, targets = encode_with_words(words, vocabulary, train)
    counts = count_matrix(encoded, n_words=len(vocabulary)).astype(np.float32)
    models = []
    for column, label in enumerate(tqdm(label_set.ids, desc="forests", disable=not progress)):
        model = RandomForestClassifier(
            n_estimators=recipe.forest.trees,
            max_depth=recipe.forest.depth,
            max_features=min(recipe.forest.max_features, len(vocabulary)),
            random_state=label_seed(recipe.training.seed, label),
            n_jobs=recipe.training.threads,
        )
        models.append(model.fit(counts, targets[:, column]))
    forests = forests_of(models, n_classes=len(label_set.classes))
    return forest_labeler(recipe, label_set, VocabularyReader(reader, vocabulary), forests.to_arrays())


def fit_regressions(  # noqa: PLR0913 (what fitting needs)
    recipe: RegressionRecipe,
    label_set: LabelSet,
    train: LabelledTexts,
    held_out: LabelledTexts,
    *,
    words: PretrainedWords,
    progress: bool = False,
) -> RegressionLabeler:
    """One logistic regression for each label; each picks the penalty of the lowest held-out loss.

    `words` are those of `pretrain_vectors`; words of the training texts that it lacks serve n-grams only.

    Raises:
        UsageError: the label set has more than two classes.
    """
    if len(label_set.classes) != 2:
        raise UsageError(
            f"labeler {recipe.name} tells two classes apart, label set {label_set.id} has {len(label_set.classes)}"
        )
    reader = WordReader(recipe.text)
    words = add_words(words, train, reader)
    (texts, targets), (held_texts, held_targets) = (
        encode_with_words([reader.tokens(text) for text in part.texts], words.vocabulary, part)
        for part in (train, held_out)
    )
    features = RegressionFeatures(vectors=half_vectors(words), terms=choose_terms(texts, recipe.ngrams))
    matrix, held_matrix = features.matrix(texts), features.matrix(held_texts)
    fits = [
        _fit_label(
            recipe.regression,
            (matrix, targets[:, column]),
            (held_matrix, held_targets[:, column]),
            seed=label_seed(recipe.training.seed, label),
        )
        for column, label in enumerate(tqdm(label_set.ids, desc="regressions", disable=not progress))
    ]
    arrays: dict[str, NDArray[Any]] = {
        "vectors": features.vectors,
        "terms": features.terms,
        "coefficients": np.stack([fit.coefficients for fit in fits]),
        "intercepts": np.array([fit.intercept for fit in fits]),
    }
    return regression_labeler(recipe, label_set, VocabularyReader(reader, words.vocabulary), arrays)


def pretrain_vectors(recipe: RegressionRecipe, archive: Iterable[str]) -> PretrainedWords:
    """Word vectors of texts that are not labelled, as Wood 2021 trains them (Methods: modelling).

    Raises:
        UsageError: no word is common enough, or there are no texts.
    """
    reader = WordReader(recipe.text)
    texts = [reader.all_tokens(text) for text in archive]
    if max(count_words(texts).values(), default=0) < recipe.embedding.min_count:
        raise UsageError(
            f"labeler '{recipe.name}' pre-trains its words: name texts, with --text, that have them"
        )
    return pretrain_words(recipe.embedding, training=[], archive=texts, seed=recipe.training.seed)


def add_words(words: PretrainedWords, train: LabelledTexts, reader: WordReader) -> PretrainedWords:
    """The vocabulary with the training texts' own words behind; their vectors are zeros."""
    counts = count_words(reader.tokens(text) for text in train.texts)
    new = sorted(set(counts) - set(words.vocabulary.words))
    blank = np.zeros((len(new), words.vectors.shape[1]), dtype=np.float32)
    known = words.vocabulary.words[UNKNOWN_INDEX + 1 :]
    return PretrainedWords(Vocabulary((*known, *new)), np.concatenate([words.vectors, blank]))


def frequent_words(texts: Sequence[Sequence[str]], *, min_count: int) -> tuple[str, ...]:
    """The words that occur often enough, the commonest first."""
    counts = count_words(texts)
    kept = type(counts)({word: count for word, count in counts.items() if count >= min_count})
    return choose_words(training=kept, archive=type(counts)(), min_count=1, max_words=len(kept))


def encode_with_words(
    words: Sequence[Sequence[str]], vocabulary: Vocabulary, texts: LabelledTexts
) -> tuple[list[Indices], Targets]:
    """Word indices and targets of the texts that have words."""
    kept = np.array([bool(found) for found in words], dtype=np.bool_)
    return [vocabulary.encode(found) for found in words if found], texts.targets[kept]


def half_vectors(words: PretrainedWords) -> NDArray[np.float16]:
    """The vectors as a bundle keeps them, an unknown word without one, so that it is no part of a mean."""
    vectors = words.vectors.astype(np.float16)
    vectors[: UNKNOWN_INDEX + 1] = 0
    return vectors


def label_seed(seed: int, label: str) -> int:
    """A seed of each label's own, the same in whatever label set."""
    return int(np.random.SeedSequence([seed, *label.encode()]).generate_state(1)[0])


def _fit_label(
    spec: Regression, train: tuple[Any, Targets], held_out: tuple[Any, Targets], *, seed: int
) -> LinearFit:
    matrix, truth = train
    positives = int(truth.sum())
    if positives in (0, len(truth)):
        odds = (positives + 0.5) / (len(truth) - positives + 0.5)
        return LinearFit(np.zeros(matrix.shape[1]), float(np.log(odds)), None)
    fits = [_fit_strength(spec, matrix, truth, strength=strength, seed=seed) for strength in spec.strengths]
    losses = [_log_loss(fit, *held_out) for fit in fits]
    return fits[int(np.argmin(losses))]


def _fit_strength(spec: Regression, matrix: Any, truth: Targets, *, strength: float, seed: int) -> LinearFit:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 (labelling never needs it)

    model = LogisticRegression(
        l1_ratio=1, C=strength, solver="liblinear", max_iter=spec.max_iterations, random_state=seed
    ).fit(matrix, truth)
    return LinearFit(model.coef_[0], float(model.intercept_[0]), strength)


def _log_loss(fit: LinearFit, matrix: Any, truth: Targets) -> float:
    scores = np.asarray(matrix @ fit.coefficients) + fit.intercept
    right = expit(np.where(truth > 0, scores, -scores))
    return float(-np.log(np.maximum(right, 1e-15)).mean())
