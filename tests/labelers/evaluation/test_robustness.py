from __future__ import annotations

import numpy as np
import pytest

from labelers.evaluation.answers import Questions, answer
from labelers.evaluation.reports import read_sentences
from labelers.evaluation.robustness import report_drops, sentence_drops
from labelers.perturbation import Perturbation
from tests.labelers.networks import small_labeler, three_labels

SAME = Perturbation("same", lambda text, _: text)
EMPTY = Perturbation("empty", lambda _, __: "")
TEXTS = ("There is no bleed in the brain.", "Old infarct in the brain.", "No fracture.")


@pytest.fixture
def asked() -> Questions:
    """Questions whose truth is what the untrained labeler answers."""
    truth = small_labeler().probabilities(TEXTS).argmax(axis=-1)
    return Questions(
        label_set=three_labels(),
        ids=("1", "2", "3"),
        documents=("a", "b", "c"),
        sampled=(None,) * 3,
        texts=TEXTS,
        truth=truth,
    )


def test_a_change_that_changes_nothing_drops_nothing(asked: Questions) -> None:
    labeler = small_labeler()

    [found] = sentence_drops(labeler, answer(labeler, asked), [SAME], resamples=20)

    assert (found.changed, found.texts, found.micro) == (0, 3, 1.0)
    assert (found.drop.difference.estimate, found.drop.difference.low) == (0.0, 0.0)


def test_the_drop_is_how_much_f1_is_lost(asked: Questions) -> None:
    labeler = small_labeler()

    [found] = sentence_drops(labeler, answer(labeler, asked), [EMPTY], resamples=20)

    assert found.changed == 3
    assert (found.micro, found.drop.difference.estimate) == (0.0, 1.0)
    assert found.to_json()["drop"]["estimate"] == 1.0


def test_a_change_is_told_which_labels_the_text_mentions(asked: Questions) -> None:
    told = []
    labeler = small_labeler()
    asked.truth[:] = np.array([[1, 0, 0], [0, 0, 3], [0, 0, 0]])
    listen = Perturbation("listen", lambda text, mentioned: told.append(set(mentioned)) or text)

    list(sentence_drops(labeler, answer(labeler, asked), [listen], resamples=20))

    assert told == [{"bleed"}, {"infarct"}, set()]


def test_whole_reports_are_changed_before_they_are_read(asked: Questions) -> None:
    raw = dict(zip(asked.documents, TEXTS, strict=True))
    history = Perturbation("history", lambda text, _: f"History: {text}")

    same, moved = report_drops(
        small_labeler(), raw, asked, [SAME, history], reading=read_sentences, resamples=20
    )

    assert (same.micro, same.changed) == (1.0, 0)
    assert (moved.micro, moved.changed) == (0.0, 3)
