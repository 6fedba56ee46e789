from __future__ import annotations

import numpy as np
import pytest

from labelers.evaluation.figures import figures, intervals
from tests.labelers.evaluation.examples import TRUTH, answers_of


def test_figures_are_of_all_texts_and_of_each_way_of_sampling() -> None:
    found = figures(answers_of())

    assert {name: report.texts for name, report in found.items()} == {"all": 4, "found": 2, "picked": 1}
    assert found["all"].micro.f1 == pytest.approx(2 * 3 / (2 * 3 + 2 + 2))


def test_an_interval_estimates_the_figure_that_is_reported() -> None:
    answers = answers_of()
    report, found = figures(answers)["all"], intervals(answers, resamples=200)

    assert found.micro.estimate == pytest.approx(report.micro.f1)
    assert found.macro.estimate == pytest.approx(report.macro)
    assert found.macro_labels.estimate == pytest.approx(report.macro_labels)
    assert {name: interval.estimate for name, interval in found.by_class.items()} == pytest.approx(
        {name: score.f1 for name, score in report.by_class.items()}
    )


def test_whole_documents_are_drawn() -> None:
    found = intervals(answers_of(), resamples=500)

    assert found.documents == 3
    # only d2 has no right answer: without it F1 is between 4/6 (d1 alone) and 1 (d3 alone), of d2 alone it is 0
    assert (found.micro.low, found.micro.high) == (0.0, 1.0)
    assert found.micro.low <= found.micro.estimate <= found.micro.high


def test_a_labeler_that_is_always_right_leaves_micro_f1_nothing_to_chance() -> None:
    found = intervals(answers_of(np.array(TRUTH)), resamples=100)

    assert (found.micro.low, found.micro.high) == (1.0, 1.0)


def test_chosen_rows_keep_their_documents() -> None:
    chosen = answers_of().select([0, 2])

    assert chosen.asked.documents == ("d1", "d2")
    assert chosen.predicted.tolist() == [[3, 0], [1, 0]]
    assert intervals(chosen, resamples=10).documents == 2
