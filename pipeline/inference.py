"""The labeler inside Beam: distinct sentences in, probabilities out, one bad text at a time kept apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from apache_beam.ml.inference.base import ModelHandler

from labelers.base import Labeler
from labelers.device import find_device
from labelers.loading import load_labeler
from pipeline.aggregation import Probabilities
from pipeline.beam_errors import located
from pipeline.texts import TextBatch
from schemas.errors import BundleError, DeviceError, UsageError
from schemas.precision import Precision

CACHED_SENTENCES = 200_000


@dataclass(frozen=True)
class LabelledBatch:
    """A batch with its distinct sentences' probabilities, (n_distinct, n_labels, n_classes).

    `failed` marks the texts on which the labeler broke, `truncated` those it could not read to the end;
    `inferred` counts the sentences that no earlier batch of this worker had.
    """

    text: TextBatch
    probabilities: Probabilities
    failed: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    inferred: int
    seconds: float


class CachedLabeler:
    """A labeler that reads each distinct text once; forgets all when it holds too many."""

    def __init__(self, labeler: Labeler, *, capacity: int = CACHED_SENTENCES) -> None:
        self.labeler = labeler
        self._capacity = capacity
        self._known: dict[str, Probabilities] = {}

    def probabilities(self, texts: Sequence[str]) -> tuple[Probabilities, npt.NDArray[np.bool_], int]:
        """Probabilities of distinct texts, which failed (rows of NaN), and how many were not known."""
        known = self._known  # another thread may begin a new one meanwhile
        unknown = [text for text in texts if text not in known]
        known.update(zip(unknown, self._infer(unknown), strict=True))
        shape = (len(texts), len(self.labeler.label_set.ids), len(self.labeler.label_set.classes))
        found = np.stack([known[text] for text in texts]) if texts else np.zeros(shape, np.float32)
        if len(known) > self._capacity:
            self._known = {}
        return found, np.isnan(found.max(axis=(1, 2), initial=0)), len(unknown)

    def _infer(self, texts: list[str]) -> Iterable[Probabilities]:
        # Whatever one text breaks must not cost the others; a text that fails alone rejects its own report.
        # A GPU that fails, or a broken rule, would reject them all: the run stops, and goes on when called again.
        try:
            return self.labeler.probabilities(texts)
        except (DeviceError, UsageError):
            raise
        except Exception:
            return [self._infer_alone(text) for text in texts]

    def _infer_alone(self, text: str) -> Probabilities:
        label_set = self.labeler.label_set
        try:
            alone: Probabilities = self.labeler.probabilities([text])[0]
        except (DeviceError, UsageError):
            raise
        except Exception:
            return np.full((len(label_set.ids), len(label_set.classes)), np.nan, np.float32)
        return alone


class LabelerHandler(ModelHandler[TextBatch, LabelledBatch, CachedLabeler]):  # type: ignore[misc]
    """RunInference's view of a labeler bundle: one element is a batch, already as large as it should be."""

    def __init__(self, bundle: str, *, fingerprint: str, precision: Precision, device: str) -> None:
        super().__init__()
        self._bundle = bundle
        self._fingerprint = fingerprint
        self._precision = precision
        self._device = device

    def load_model(self) -> CachedLabeler:
        """Loads the labeler, once per process.

        Raises:
            UsageError: the worker's machine has no such device.
            BundleError: it has another bundle there, or other rules.
        """
        device = find_device(self._device)
        labeler = load_labeler(self._bundle, precision=self._precision, device=device)
        if labeler.fingerprint != self._fingerprint:
            raise BundleError(
                f"bundle {self._bundle} is on this worker another labeler ({labeler.fingerprint}) than the run was "
                f"planned with ({self._fingerprint}): install the same ctlabel on all workers"
            )
        return CachedLabeler(labeler)

    def run_inference(
        self,
        batch: TextBatch,
        model: CachedLabeler,
        inference_args: dict[str, Any] | None = None,  # noqa: ARG002 - Beam's signature
    ) -> Iterable[LabelledBatch]:
        """Labels one shard, which is Beam's batch."""
        started = perf_counter()
        distinct = batch.sentences.distinct
        with located(batch.reports.shard.row_group.where):
            probabilities, failed, inferred = model.probabilities(distinct)
            truncated = model.labeler.truncated(distinct)
        seconds = perf_counter() - started
        yield LabelledBatch(batch, probabilities, failed, truncated, inferred, seconds)

    def get_num_bytes(self, batch: TextBatch) -> int:
        """Characters of text, for Beam's metrics."""
        return sum(len(sentence) for sentence in batch.sentences.distinct)

    def get_metrics_namespace(self) -> str:
        """Where RunInference's counters appear."""
        return "ctlabel"

    def should_skip_batching(self) -> bool:
        """A shard is a batch already."""
        return True
