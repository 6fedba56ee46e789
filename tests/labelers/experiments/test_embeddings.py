from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelers.bundle import save_bundle
from labelers.data import TEXT_COLUMN
from labelers.experiments.embeddings import in_the_plane, main, read_classed, same_class_neighbours
from labelers.experiments.pictures import Curve, draw_roc
from labelers.sparse.fitting import fit_forests, fit_regressions
from schemas.errors import InputError, OutputError, UsageError
from tests.labelers.networks import small_labeler
from tests.labelers.sparse.examples import BINARY, binary_texts, few_vectors, forest_recipe, regression_recipe

WORDS = ("no bleed", "old infarct", "bleed in the brain", "fracture")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    texts = [f"{WORDS[n % 4]} {' '.join(['there'] * (n // 4))}" for n in range(24)]
    bleed = ["negative", "not_mentioned", "positive", "not_mentioned"] * 6
    pq.write_table(pa.table({TEXT_COLUMN: texts, "bleed": bleed}), tmp_path / "data.parquet")
    save_bundle(small_labeler(), tmp_path / "model")
    found = binary_texts()
    words = fit_regressions(regression_recipe(), BINARY, found, found, words=few_vectors())
    save_bundle(words, tmp_path / "words")
    return tmp_path


def run(folder: Path, *options: str, model: str = "model", out: str = "picture.svg") -> None:
    data, label = ["--data", str(folder / "data.parquet")], ["--label", "bleed"]
    bundles = [str(folder / model), str(folder / "words")]
    main([*bundles, *data, *label, "--out", str(folder / out), *options])


def test_two_panels_and_their_points_are_written_without_any_text(folder: Path) -> None:
    run(folder, "--texts", "20")

    found = json.loads((folder / "picture.json").read_text(encoding="utf-8"))
    assert [layout["labeler"] for layout in found["layouts"]] == [
        "bigru_per_label_attention",
        "word2vec_logreg",
    ]
    assert all(len(layout[axis]) == 20 for layout in found["layouts"] for axis in ("x", "y"))
    assert len(found["classes"]) == found["data"]["texts"] == 20
    assert "infarct" not in json.dumps(found)
    assert "<svg" in (folder / "picture.svg").read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_picture(folder: Path) -> None:
    run(folder, "--seed", "3", out="first.svg")
    run(folder, "--seed", "3", out="second.svg")

    assert (folder / "first.svg").read_bytes() == (folder / "second.svg").read_bytes()


def test_a_labeler_without_vectors_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_bundle(fit_forests(forest_recipe(), BINARY, binary_texts()), folder / "forest")

    with pytest.raises(SystemExit) as stopped:
        run(folder, model="forest")

    assert stopped.value.code == UsageError.exit_code
    assert "makes no vector" in capsys.readouterr().err


def test_without_matplotlib_the_command_says_what_to_install_before_it_works(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(SystemExit):
        run(folder, model="nowhere")

    assert "pip install 'ctlabel[pictures]'" in capsys.readouterr().err


def test_other_endings_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(folder, out="picture.gif")

    assert "ends in .png or .svg" in capsys.readouterr().err


def test_classes_stand_in_the_label_sets_order_where_they_are_its_own(folder: Path) -> None:
    data = folder / "data.parquet"
    order = ("not_mentioned", "negative", "uncertain", "positive")

    known = read_classed(data, "bleed", known=order, texts=24, seed=0)
    unknown = read_classed(data, "bleed", known=("absent", "present"), texts=24, seed=0)

    assert known.names == ("not_mentioned", "negative", "positive")
    assert unknown.names == ("negative", "not_mentioned", "positive")


def test_too_few_texts_or_null_ones_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({TEXT_COLUMN: ["a"] * 3, "bleed": ["x"] * 3}), tmp_path / "few.parquet")
    pq.write_table(pa.table({TEXT_COLUMN: [None] * 20, "bleed": ["x"] * 20}), tmp_path / "null.parquet")

    with pytest.raises(InputError, match="needs 12 or more"):
        read_classed(tmp_path / "few.parquet", "bleed", texts=5, seed=0)
    with pytest.raises(InputError, match="are null"):
        read_classed(tmp_path / "null.parquet", "bleed", texts=5, seed=0)


def test_two_clusters_stay_two_clusters_in_the_plane() -> None:
    source = np.random.default_rng(0)
    vectors = np.concatenate([source.normal(0, 1, (20, 5)), source.normal(30, 1, (20, 5))])
    classes = ["a"] * 20 + ["b"] * 20

    points = in_the_plane(vectors, perplexity=30, seed=0)

    assert points.shape == (40, 2)
    assert same_class_neighbours(points, classes, neighbours=5) == 1.0


def test_every_class_counts_the_same_among_neighbours() -> None:
    vectors = np.array([[0.0], [0.1], [0.2], [0.3], [9.0], [0.15]])
    classes = ["a", "a", "a", "a", "b", "b"]

    # of the nearest one: an a beside the inner b has it as its nearest or not; no b has a b
    found = same_class_neighbours(vectors, classes, neighbours=1)

    assert found == pytest.approx((2 / 4 + 0) / 2)


def test_roc_curves_are_drawn_and_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    curve = Curve("bleed", (0.0, 0.2, 1.0), (0.0, 0.9, 1.0))
    (tmp_path / "file").write_text("", encoding="utf-8")

    draw_roc([curve], title="two", out=tmp_path / "roc.png")

    assert (tmp_path / "roc.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OutputError, match="cannot be written"):
        draw_roc([curve], title="two", out=tmp_path / "file" / "roc.png")
