from __future__ import annotations

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from pipeline.beam_errors import from_beam, located
from schemas.errors import CtlabelError, InputError, InvariantError, OutputError


def break_with(error: Exception) -> None:
    with located("a.parquet: row group 3"):
        raise error


def through_beam(error: Exception) -> CtlabelError:
    """What comes back when a worker raises the error."""
    try:
        with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
            _ = pipeline | beam.Create([error]) | "Break" >> beam.Map(break_with)
    except Exception as raised:
        return from_beam(raised)
    raise AssertionError("nothing was raised")


def test_an_unforeseen_error_says_where_it_was_and_nothing_of_the_text() -> None:
    with pytest.raises(InvariantError) as raised:
        break_with(ValueError("No bleed in Mrs Example."))

    assert str(raised.value).startswith(
        "a.parquet: row group 3: unforeseen ValueError at test_beam_errors.py:"
    )
    assert "Example" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_an_error_of_ours_passes_as_it_is() -> None:
    with pytest.raises(InputError, match=r"^a\.parquet is empty$"):
        break_with(InputError("a.parquet is empty"))


@pytest.mark.parametrize("kind", [InputError, OutputError, InvariantError])
def test_an_error_comes_back_through_beam_as_its_own_kind_and_message(kind: type[CtlabelError]) -> None:
    error = through_beam(kind("a.parquet: row group 3 is damaged; export the file again"))

    assert type(error) is kind
    assert str(error) == "a.parquet: row group 3 is damaged; export the file again"


def test_an_unforeseen_error_comes_back_through_beam_without_its_text() -> None:
    error = through_beam(ValueError("No bleed in Mrs Example."))

    assert isinstance(error, InvariantError)
    assert "unforeseen ValueError" in str(error)
    assert "Example" not in str(error)


def test_an_error_in_the_traceback_of_a_remote_worker_is_found() -> None:
    wrapped = RuntimeError(
        "Error received from SDK harness: Traceback (most recent call last):\n"
        '  File "reading.py", line 7, in read\n'
        "schemas.errors.InputError: a.parquet is empty\n\n"
        "During handling of the above exception, another exception occurred:\n"
        "schemas.errors.InputError: a.parquet is empty [while running 'Label/Read']\n"
    )

    assert type(from_beam(wrapped)) is InputError
    assert str(from_beam(wrapped)) == "a.parquet is empty"


def test_an_error_of_the_runner_itself_shows_none_of_its_message() -> None:
    error = from_beam(RuntimeError("element 'No bleed in Mrs Example.' lost"))

    assert isinstance(error, InvariantError)
    assert "Example" not in str(error)
