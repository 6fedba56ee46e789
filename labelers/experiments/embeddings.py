"""`python -m labelers.experiments.embeddings MODEL WORDS ...`: the same texts as two labelers see them.

As in Wood 2021, Fig. 4: the first bundle's representation of each text by t-SNE, and beside it the second's, such
as the mean word vectors of `word2vec_logreg` or `word2vec`, coloured by one label. The points lie beside the
picture as JSON, without texts.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from labelers.base import RepresentingLabeler
from labelers.bundle import BundledLabeler, load_bundle
from labelers.data import TEXT_COLUMN, hash_file, read_columns
from labelers.experiments.pictures import Panel, check_picture, draw_scatter
from labelers.given import given_texts
from labelers.hardware import describe_hardware
from labelers.writing import write_json
from schemas.errors import CtlabelError, InputError, UsageError

NEIGHBOURS = 10
FEWEST = 12
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassedTexts:
    """Texts and the class that each has for one label; `names` are the classes, weakest first."""

    texts: tuple[str, ...]
    classes: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """One labeler's representations in the plane (n, 2), and how pure the neighbourhoods were before."""

    labeler: str
    fingerprint: str
    points: Floats
    same_class: float

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "labeler": self.labeler,
            "fingerprint": self.fingerprint,
            "same_class_neighbours": round(self.same_class, 4),
            "x": [round(float(x), 3) for x in self.points[:, 0]],
            "y": [round(float(y), 3) for y in self.points[:, 1]],
        }


def main(arguments: Sequence[str] | None = None) -> None:
    """Reads the command line, lays the texts out, writes picture and points."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        _run(given)
    except CtlabelError as error:
        parser.exit(error.exit_code, f"error: {error}\n")


def read_classed(path: Path, label: str, *, known: Sequence[str] = (), texts: int, seed: int) -> ClassedTexts:
    """At most so many texts of the file, drawn by `seed`, in the file's order.

    The classes stand in the order of `known`, where those are them, else in alphabetical order.

    Raises:
        InputError: the file cannot be read or lacks a column, a value is null, or the texts are too few.
    """
    table = read_columns(path, [TEXT_COLUMN, label])
    if any(table[name].null_count for name in (TEXT_COLUMN, label)):
        raise InputError(f"{path}: texts or values of {label} are null")
    if table.num_rows < FEWEST:
        raise InputError(f"{path} has {table.num_rows} texts: a picture needs {FEWEST} or more")
    drawn = np.random.default_rng(seed).permutation(table.num_rows)[:texts]
    table = table.take(pa.array(np.sort(drawn)))
    classes = tuple(str(value) for value in table[label].to_pylist())
    found = set(classes)
    names = [name for name in known if name in found] if found <= set(known) else sorted(found)
    return ClassedTexts(tuple(table[TEXT_COLUMN].to_pylist()), classes, tuple(names))


def lay_out(
    labeler: BundledLabeler, texts: ClassedTexts, *, label: str, perplexity: float, seed: int
) -> Layout:
    """The labeler's representations by t-SNE (van der Maaten and Hinton 2008), begun from principal components.

    Raises:
        UsageError: the labeler has no representation, or one for each label and `label` is none of them.
    """
    if not isinstance(labeler, RepresentingLabeler):
        raise UsageError(f"labeler '{labeler.name}' makes no vector of a text: choose another")
    given = given_texts(texts.texts, unit=labeler.unit, sections=labeler.sections)
    found = labeler.representations(given, label=label).astype(np.float64)
    return Layout(
        labeler=labeler.name,
        fingerprint=labeler.fingerprint,
        points=in_the_plane(found, perplexity=perplexity, seed=seed),
        same_class=same_class_neighbours(found, texts.classes),
    )


def in_the_plane(vectors: Floats, *, perplexity: float, seed: int) -> Floats:
    """(n, h) -> (n, 2); the perplexity is lowered where there are few texts."""
    from sklearn.manifold import TSNE  # noqa: PLC0415 (slow to import)

    fitted = TSNE(perplexity=min(perplexity, (len(vectors) - 1) / 3), init="pca", random_state=seed)
    points: Floats = fitted.fit_transform(vectors).astype(np.float64)
    return points


def same_class_neighbours(vectors: Floats, classes: Sequence[str], *, neighbours: int = NEIGHBOURS) -> float:
    """Which share of a text's nearest others is of its class, by vectors (n, h), not by the picture.

    Every class counts the same, so that vectors which know nothing of the classes give about 1 / classes.
    """
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 (slow to import)

    own = np.unique(np.asarray(classes), return_inverse=True)[1]
    search = NearestNeighbors(n_neighbors=min(neighbours, len(vectors) - 1)).fit(vectors)
    same = (own[search.kneighbors(return_distance=False)] == own[:, None]).mean(axis=1)
    return float(np.mean([same[own == which].mean() for which in np.unique(own)]))


def _run(given: argparse.Namespace) -> None:
    check_picture(given.out)
    started = datetime.now(UTC)
    labelers = [load_bundle(place) for place in (given.model, given.words)]
    known = labelers[0].label_set.classes
    texts = read_classed(given.data, given.label, known=known, texts=given.texts, seed=given.seed)
    layouts = [
        lay_out(labeler, texts, label=given.label, perplexity=given.perplexity, seed=given.seed)
        for labeler in labelers
    ]
    titles = (given.model_title, given.words_title)
    panels = [
        Panel(title or layout.labeler, layout.points, _caption(layout, texts))
        for title, layout in zip(titles, layouts, strict=True)
    ]
    draw_scatter(panels, texts.classes, names=texts.names, legend_title=given.label, out=given.out)
    record = {
        "data": {"file": given.data.name, "hash": hash_file(given.data), "texts": len(texts.texts)},
        "label": given.label,
        "perplexity": given.perplexity,
        "neighbours": NEIGHBOURS,
        "seed": given.seed,
        "hardware": describe_hardware(),
        "started": started.isoformat(timespec="seconds"),
        "layouts": [layout.to_json() for layout in layouts],
        "classes": list(texts.classes),
    }
    write_json(record, given.out.with_suffix(".json"))


def _caption(layout: Layout, texts: ClassedTexts) -> str:
    chance = 1 / len(texts.names)
    return f"of the {NEIGHBOURS} nearest, {layout.same_class:.0%} are of the same class (chance {chance:.0%})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m labelers.experiments.embeddings", description=__doc__)
    parser.add_argument("model", help="Bundle, by name or folder, whose representation is shown first.")
    parser.add_argument("words", help="Bundle to show beside it, such as one of word2vec_logreg.")
    parser.add_argument("--data", type=Path, required=True, help="Labelled texts: Parquet.")
    parser.add_argument("--label", required=True, help="Column of the label that colours the points.")
    parser.add_argument("--texts", type=int, default=2000, help="At most so many texts. Default: 2000.")
    parser.add_argument("--perplexity", type=float, default=30.0, help="Default: 30.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model-title", help="Above the first picture, instead of the labeler's name.")
    parser.add_argument("--words-title", help="Above the second.")
    parser.add_argument("--out", type=Path, required=True, help="Picture to write: .png or .svg.")
    return parser


if __name__ == "__main__":
    main()
