import json
from pathlib import Path

import pytest

from labelers.comparison.papers import Measure, Spread
from labelers.comparison.records import read_comparison, spread, write_comparison
from schemas.errors import InputError, OutputError, UsageError
from tests.labelers.comparison.records import comparison


def test_a_figure_is_the_mean_and_sample_deviation_over_seeds() -> None:
    found = comparison()

    assert found.figure("word2vec", Measure.MICRO, "all") == Spread(mean=0.75, sd=0.0707)
    assert found.figure("word2vec", Measure.MACRO, "positive") == Spread(mean=0.45, sd=0.0707)
    assert found.figure("word2vec", Measure.MICRO, "negative") == Spread(mean=0.9, sd=0.0)
    assert found.figure("own", Measure.MACRO, "labels") == Spread(mean=0.5, sd=None)


def test_one_value_has_no_deviation() -> None:
    assert spread([0.25]) == Spread(mean=0.25)


def test_labelers_and_classes_stand_in_the_order_of_the_runs() -> None:
    assert comparison().labelers == ("word2vec", "own")
    assert comparison().classes == ("negative", "positive")


def test_only_the_best_labeler_has_no_test() -> None:
    found = comparison().test_of("word2vec", Measure.MICRO)

    assert found is not None
    assert found.p == 0.0004
    assert comparison().test_of("own", Measure.MICRO) is None


def test_a_comparison_reads_back_as_it_was_written(tmp_path: Path) -> None:
    write_comparison(comparison(), tmp_path / "deep" / "results.json")

    assert read_comparison(tmp_path / "deep" / "results.json") == comparison()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["results.json"]


def test_each_run_and_test_is_a_line_of_the_file() -> None:
    text = comparison().to_text()

    assert sum(line.startswith('{"labeler"') for line in text.splitlines()) == 3 + 2
    assert json.loads(text)["documents"] == 3


def test_what_is_no_comparison_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "other.json").write_text('{"kind": "comparison", "runs": 1}', encoding="utf-8")

    with pytest.raises(InputError, match="cannot be read as JSON"):
        read_comparison(tmp_path / "broken.json")
    with pytest.raises(InputError, match="FileNotFoundError"):
        read_comparison(tmp_path / "none.json")
    with pytest.raises(UsageError, match=r"other\.json"):
        read_comparison(tmp_path / "other.json")


def test_a_place_that_cannot_be_written_to_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(OutputError, match="cannot be written"):
        write_comparison(comparison(), tmp_path / "file" / "results.json")
