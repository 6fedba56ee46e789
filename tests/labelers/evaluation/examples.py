"""Answers to four texts of three documents, for two labels."""

from __future__ import annotations

import numpy as np

from labelers.evaluation.answers import Answers, Questions
from schemas.label_set import LabelSet

# (text, label): truth -> predicted; a: 3->3, 1->3 wrong certainty, 0->1 false, 0->0;
# b: 0->0, 1->1, 3->0 missed, 2->2
TRUTH = np.array([[3, 0], [1, 1], [0, 3], [0, 2]])
PREDICTED = np.array([[3, 0], [3, 1], [1, 0], [0, 2]])
DOCUMENTS = ("d1", "d1", "d2", "d3")


def two_labels() -> LabelSet:
    labels = [
        {"id": name, "name": name, "kind": "finding", "variants": [name], "description": "One of two."}
        for name in ("a", "b")
    ]
    return LabelSet.model_validate({"id": "two", "version": 1, "labels": labels})


def answers_of(predicted: np.ndarray = PREDICTED, *, confidence: float = 0.7) -> Answers:
    """Each predicted class with this probability, the rest shared by the other three."""
    asked = Questions(
        label_set=two_labels(),
        ids=("t1", "t2", "t3", "t4"),
        documents=DOCUMENTS,
        sampled=("found", "found", "picked", None),
        texts=("One, first.", "Two.", 'Three "quoted".', "Four."),
        truth=TRUTH,
    )
    probabilities = np.full((*predicted.shape, 4), (1 - confidence) / 3, dtype=np.float32)
    np.put_along_axis(probabilities, predicted[..., None], np.float32(confidence), axis=-1)
    return Answers(asked, probabilities)
