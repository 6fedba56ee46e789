"""Temperatures in training and in bundles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from labelers.bundle import Calibration, load_bundle, read_bundle_record, save_bundle, with_calibration
from labelers.calibrating_bundles import calibrate_bundle
from labelers.sparse.fitting import fit_forests
from schemas.errors import BundleError, UsageError
from tests.labelers.networks import small_labeler
from tests.labelers.sparse.examples import CERTAINTY, certain_texts, forest_recipe

TEXTS = ("There is no bleed.", "?fracture", "old infarct in the brain", "")
TEMPERATURES = (2.0, 0.5, 1.25)


def copied(bundle: Path, to: Path) -> Path:
    to.mkdir()
    for path in bundle.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def training_file(bundle: Path) -> Path:
    return bundle.parent / "sentences.parquet"


def without_temperatures(bundle: Path, to: Path) -> Path:
    """The bundle as it would be, had its training not calibrated it."""
    bare = replace(load_bundle(bundle), temperatures=None)
    save_bundle(bare, to, training=read_bundle_record(bundle).training)
    return to


def test_training_calibrates_on_what_it_held_out(tiny_bundle: Path) -> None:
    record = read_bundle_record(tiny_bundle)

    assert record.temperatures is not None
    assert len(record.temperatures) == 31
    told = record.training["calibration"]
    assert told["texts"] == record.training["texts"]["held_out"]
    assert told["after"]["log_loss"] <= told["before"]["log_loss"]


def test_a_bundle_keeps_its_temperatures(tmp_path: Path) -> None:
    labeler = with_calibration(small_labeler(), Calibration(TEMPERATURES))
    save_bundle(labeler, tmp_path)

    loaded = load_bundle(tmp_path)

    assert loaded.temperatures == TEMPERATURES
    assert loaded.fingerprint == labeler.fingerprint != small_labeler().fingerprint
    assert np.array_equal(loaded.probabilities(TEXTS), labeler.probabilities(TEXTS))


def test_forests_keep_their_temperatures_too(tmp_path: Path) -> None:
    plain = fit_forests(forest_recipe(), CERTAINTY, certain_texts())
    labeler = with_calibration(plain, Calibration((2.0, 0.5)))
    save_bundle(labeler, tmp_path)
    texts = ("no bleed the skull", "a large bleed the skull fracture")

    loaded = load_bundle(tmp_path)

    assert loaded.fingerprint == labeler.fingerprint
    assert np.array_equal(loaded.probabilities(texts), labeler.probabilities(texts))
    assert not np.allclose(plain.probabilities(texts), labeler.probabilities(texts))


def test_answers_stay_and_probabilities_change() -> None:
    plain, warm = small_labeler(), with_calibration(small_labeler(), Calibration(TEMPERATURES))

    before, after = plain.probabilities(TEXTS), warm.probabilities(TEXTS)

    assert np.array_equal(before.argmax(axis=-1), after.argmax(axis=-1))
    assert not np.allclose(before[:3], after[:3])
    assert np.array_equal(before[3], after[3])  # no words: not mentioned, for certain


def test_a_bundle_without_temperatures_is_written_and_read_as_ever(tmp_path: Path) -> None:
    save_bundle(small_labeler(), tmp_path)

    assert "temperatures" not in (tmp_path / "labeler.yaml").read_text(encoding="utf-8")
    assert load_bundle(tmp_path).temperatures is None


@pytest.mark.parametrize(
    ("temperatures", "message"),
    [
        ([2.0, 0.5, 1.5], "fingerprint does not fit"),
        ([2.0, 0.5], "not one temperature for each label"),
        ([2.0, 0.5, -1.0], "is damaged"),
    ],
)
def test_temperatures_that_were_edited_are_refused(
    tmp_path: Path, temperatures: list[float], message: str
) -> None:
    save_bundle(with_calibration(small_labeler(), Calibration(TEMPERATURES)), tmp_path)
    raw = yaml.safe_load((tmp_path / "labeler.yaml").read_text(encoding="utf-8"))
    raw["temperatures"] = temperatures
    (tmp_path / "labeler.yaml").write_text(yaml.safe_dump(raw), encoding="utf-8")

    with pytest.raises(BundleError, match=message):
        load_bundle(tmp_path)


def test_a_bundle_calibrated_afterwards_is_the_one_that_training_would_have_made(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    bare = without_temperatures(tiny_bundle, tmp_path / "bare")

    changed = calibrate_bundle(bare, [training_file(tiny_bundle)])

    found, wanted = read_bundle_record(bare), read_bundle_record(tiny_bundle)
    assert (found.temperatures, found.fingerprint) == (wanted.temperatures, wanted.fingerprint)
    assert found.training["calibration"] == wanted.training["calibration"] == changed
    assert load_bundle(bare).temperatures == wanted.temperatures


def test_only_the_files_of_the_training_calibrate_a_bundle(tmp_path: Path, tiny_bundle: Path) -> None:
    own = copied(tiny_bundle, tmp_path / "own")
    table = pq.read_table(training_file(tiny_bundle))
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), tmp_path / "more.parquet")

    with pytest.raises(UsageError, match=r"it was trained with: sentences\.parquet"):
        calibrate_bundle(own, [tmp_path / "more.parquet"])


def test_a_bundle_that_does_not_tell_its_training_is_not_calibrated(
    tmp_path: Path, tiny_bundle: Path
) -> None:
    save_bundle(load_bundle(tiny_bundle), tmp_path / "silent")

    with pytest.raises(UsageError, match="does not tell which"):
        calibrate_bundle(tmp_path / "silent", [training_file(tiny_bundle)])
