from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from labelers.recipe import Unit
from pipeline.inference import CachedLabeler, LabelerHandler
from schemas.errors import BundleError, DeviceError, UsageError
from schemas.label_set import LabelSet
from schemas.precision import Precision
from tests.pipeline.rows import NOT, POS, TWO, sure


class Reader:
    """Says bleed of every text with that word; breaks on whatever holds `broken` and keeps what it was asked."""

    name = "reader"
    unit = Unit.SENTENCE
    fingerprint = "f"
    label_set: LabelSet = TWO

    def __init__(self, *, broken: str | None = None, undecided: str | None = None) -> None:
        self.asked: list[list[str]] = []
        self._broken = broken
        self._undecided = undecided

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked.append(list(texts))
        if self._broken is not None and self._broken in texts:
            raise RuntimeError("cannot be read")
        rows = [[sure(POS if "bleed" in text else NOT), sure(NOT)] for text in texts]
        found = np.array(rows, np.float32).reshape(len(texts), 2, 4)
        found[[text == self._undecided for text in texts], 1, 2] = np.nan
        return found

    def truncated(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        return np.zeros(len(texts), np.bool_)


def test_a_text_is_read_once_however_often_it_comes() -> None:
    reader = Reader()
    labeler = CachedLabeler(reader)

    first, _, inferred = labeler.probabilities(["a bleed", "normal"])
    second, _, again = labeler.probabilities(["normal", "new", "a bleed"])

    assert (inferred, again) == (2, 1)
    assert reader.asked == [["a bleed", "normal"], ["new"]]
    np.testing.assert_array_equal(second[[2, 0]], first)
    assert first[:, 0].argmax(axis=1).tolist() == [POS, NOT]


def test_a_text_on_which_the_labeler_breaks_costs_no_other() -> None:
    found, failed, _ = CachedLabeler(Reader(broken="bad")).probabilities(["a bleed", "bad", "normal"])

    assert failed.tolist() == [False, True, False]
    assert np.isnan(found[1]).all()
    assert found[[0, 2], 0].argmax(axis=1).tolist() == [POS, NOT]


def test_a_text_without_probabilities_has_failed() -> None:
    _, failed, _ = CachedLabeler(Reader(undecided="odd")).probabilities(["odd", "normal"])

    assert failed.tolist() == [True, False]


def test_a_gpu_that_fails_stops_the_run_and_costs_no_text_its_answer() -> None:
    class OnAFailingGpu(Reader):
        def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
            raise DeviceError(f"no answer to {len(texts)} texts")

    with pytest.raises(DeviceError):
        CachedLabeler(OnAFailingGpu()).probabilities(["a bleed", "normal"])


def test_no_texts_give_no_probabilities() -> None:
    found, failed, inferred = CachedLabeler(Reader()).probabilities([])

    assert (found.shape, failed.shape, inferred) == ((0, 2, 4), (0,), 0)


def test_a_full_memory_is_emptied_and_changes_no_result() -> None:
    small, large = CachedLabeler(Reader(), capacity=2), CachedLabeler(Reader())

    for texts in (["a", "b"], ["c", "a bleed"], ["a", "b", "c"], ["a bleed"]):
        np.testing.assert_array_equal(small.probabilities(texts)[0], large.probabilities(texts)[0])
    assert small.probabilities(["a"])[2] == 1
    assert large.probabilities(["a"])[2] == 0


class WithABrokenRule(Reader):
    """A labeler one of whose rules turns out to be no pattern."""

    def probabilities(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:  # noqa: ARG002
        raise UsageError("rule pattern 'bleed (' is no regular expression")


def test_a_broken_rule_stops_the_run_instead_of_rejecting_every_report() -> None:
    with pytest.raises(UsageError, match="is no regular expression"):
        CachedLabeler(WithABrokenRule()).probabilities(["a bleed", "normal"])


def test_a_worker_that_has_another_labeler_than_was_planned_with_refuses(tiny_bundle: Path) -> None:
    handler = LabelerHandler(
        str(tiny_bundle), fingerprint="planned", precision=Precision.FLOAT32, device="cpu"
    )

    with pytest.raises(BundleError, match=r"than the run was planned with \(planned\)"):
        handler.load_model()
