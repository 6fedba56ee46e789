"""A labeler and a run that many tests read; nobody may write to them."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labelers.bundle import assemble, load_bundle, save_bundle
from labelers.recipe import Recipe
from labelers.synthetic import load_synthesis, synthetic_texts
from labelers.training import TrainingInputs, train_labeler
from pipeline.job import plan_job, run_job
from schemas.job import JobConfig, SplitShares
from schemas.label_set import load_label_set
from tests.archives import report_rows, write_images, write_reports

# Test workers share the cores: threads that wait for each other while spinning would make each test crawl.
os.environ.setdefault("OMP_NUM_THREADS", "1")

REPORTS = 30
WITHOUT_IMAGES = 3
TINY_RECIPE = {
    "name": "tiny",
    "paper": {"cite": "none", "section": "none"},
    "summary": "A network of few weights, trained on the synthetic sentences alone.",
    "text": {"max_tokens": 50},
    "network": {
        "embedding": {"kind": "random", "size": 32, "max_words": 1000},
        "encoder": {"kind": "bigru", "hidden": 32},
        "pooling": {"kind": "per_label_attention"},
        "head": {"kind": "per_label_linear"},
    },
    "loss": {"kind": "weighted_cross_entropy", "beta": 0.5},
    "training": {
        "synthesis": "schrempf",
        "held_out": {"group_column": "report_id", "share": 0.1},
        "batch_size": 16,
        "learning_rate": 0.01,
        "max_epochs": 15,
        "patience": 15,
        "threads": 1,
    },
}


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained bundle that takes seconds to make and tells findings, doubt and denial apart in plain sentences."""
    folder = tmp_path_factory.mktemp("tiny")
    label_set = load_label_set()
    texts = synthetic_texts(load_synthesis("schrempf"), label_set)
    columns = {"text": texts.texts, "report_id": [f"r{n % 20}" for n in range(len(texts))]}
    for index, label_id in enumerate(label_set.ids):
        columns[label_id] = [label_set.classes[code] for code in texts.targets[:, index]]
    pq.write_table(pa.table(columns), folder / "sentences.parquet")
    inputs = TrainingInputs(labelled=(folder / "sentences.parquet",))
    train_labeler(Recipe.model_validate(TINY_RECIPE), inputs, out=folder / "bundle")
    return folder / "bundle"


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path) -> Path:
    """A finished run over two report files and an images table, in several shards, with rows of every status."""
    folder = tmp_path_factory.mktemp("small")
    rows = report_rows(range(REPORTS))
    rows["report_text"][7] = None
    rows["report_id"][8] = None
    write_reports(folder / "reports-0.parquet", rows, row_group_size=12)
    again = report_rows([0, 1, REPORTS])
    again["report_text"][1] = "CT head\nFindings: There is an aneurysm.\n"
    write_reports(folder / "reports-1.parquet", again)
    images = write_images(folder / "images.parquet", range(WITHOUT_IMAGES, REPORTS + 5))
    config = JobConfig(
        reports=(str(folder / "reports-0.parquet"), str(folder / "reports-1.parquet")),
        images=str(images),
        labeler=str(tiny_bundle),
        batch_rows=5,
        split=SplitShares(train=0.5, validation=0.25, test=0.25),
    )
    run_job(plan_job(config), folder / "run")
    return folder / "run"


@pytest.fixture(scope="session")
def other_tiny_bundle(tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path) -> Path:
    """The same with other weights."""
    labeler = load_bundle(tiny_bundle)
    halved = {name: value / 2 for name, value in labeler.network.state_dict().items()}
    other = assemble(labeler.recipe, labeler.label_set, labeler.reader, halved)
    folder = tmp_path_factory.mktemp("other") / "bundle"
    save_bundle(other, folder)
    return folder
