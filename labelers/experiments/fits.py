"""How a recipe is fitted to the training part of a split."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from labelers.base import Labeler
from labelers.bundle import load_bundle
from labelers.data import TEXT_COLUMN, LabelledTexts
from labelers.experiments.outcomes import Fit
from labelers.given import archive_for, given_to
from labelers.sparse.fitting import fit_forests, fit_regressions, pretrain_vectors
from labelers.sparse.recipe import AnyRecipe, ForestRecipe, RegressionRecipe
from labelers.training import TrainingInputs, is_trained, train_labeler
from schemas.errors import UsageError
from schemas.label_set import LabelSet


def fit_function(
    recipe: AnyRecipe,
    label_set: LabelSet,
    *,
    texts: Sequence[Path],
    work: Path | None = None,
    progress: bool = False,
) -> Fit:
    """Fits the recipe with the number of the split added to its seed; words are pre-trained once for all splits.

    Networks are kept in `work`, one folder for each split, where a later run of the same takes them from.

    Raises:
        UsageError: the recipe needs texts to pre-train its words on, and there are none.
        OutputError: from the fit, where `work` has another recipe's or other data's networks.
    """
    if isinstance(recipe, ForestRecipe):
        return _forests(recipe, label_set, progress=progress)
    if isinstance(recipe, RegressionRecipe):
        return _regressions(recipe, label_set, texts=texts, progress=progress)
    return _networks(recipe, label_set, texts=texts, work=work, progress=progress)


def _forests(recipe: ForestRecipe, label_set: LabelSet, *, progress: bool) -> Fit:
    def fit(train: LabelledTexts, _: LabelledTexts, number: int) -> Labeler:
        seeded = recipe.with_overrides(seed=recipe.training.seed + number)
        return fit_forests(seeded, label_set, given_to(recipe, train), progress=progress)

    return fit


def _regressions(
    recipe: RegressionRecipe, label_set: LabelSet, *, texts: Sequence[Path], progress: bool
) -> Fit:
    if not texts:
        raise UsageError(f"labeler '{recipe.name}' pre-trains its words: name a Parquet file of texts")
    words = pretrain_vectors(recipe, archive_for(recipe, texts))

    def fit(train: LabelledTexts, validation: LabelledTexts, number: int) -> Labeler:
        seeded = recipe.with_overrides(seed=recipe.training.seed + number)
        parts = given_to(recipe, train), given_to(recipe, validation)
        return fit_regressions(seeded, label_set, *parts, words=words, progress=progress)

    return fit


def _networks(
    recipe: AnyRecipe, label_set: LabelSet, *, texts: Sequence[Path], work: Path | None, progress: bool
) -> Fit:
    """By the one training there is; without a `work` folder its files live as long as it."""

    def fit(train: LabelledTexts, validation: LabelledTexts, number: int) -> Labeler:
        with _folder(work, number) as folder:
            write_label_set(label_set, folder / "labels.yaml")
            changed = recipe.model_copy(update={"label_set": str(folder / "labels.yaml")})
            inputs = TrainingInputs(
                labelled=(write_labelled(train, label_set, folder / "train.parquet"),),
                held_out=(write_labelled(validation, label_set, folder / "validation.parquet"),),
                texts=tuple(texts),
            )
            seeded = changed.with_overrides(seed=recipe.training.seed + number)
            if not is_trained(folder / "bundle", seeded, inputs):
                train_labeler(seeded, inputs, out=folder / "bundle", progress=progress)
            return load_bundle(folder / "bundle")

    return fit


@contextmanager
def _folder(work: Path | None, number: int) -> Iterator[Path]:
    if work is None:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
        return
    folder = work / f"split_{number}"
    folder.mkdir(parents=True, exist_ok=True)
    yield folder


def write_label_set(label_set: LabelSet, path: Path) -> None:
    """As YAML that `load_label_set` reads."""
    text = yaml.safe_dump(label_set.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")


def write_labelled(texts: LabelledTexts, label_set: LabelSet, path: Path) -> Path:
    """As Parquet that `read_labelled` reads; gives the path."""
    columns = {
        label: [label_set.classes[index] for index in texts.targets[:, column]]
        for column, label in enumerate(label_set.ids)
    }
    pq.write_table(pa.table({TEXT_COLUMN: list(texts.texts), **columns}), path)
    return path
