from __future__ import annotations

import pytest

from schemas import errors
from schemas.errors import CtlabelError, UsageError, unknown_name


def test_every_kind_of_error_has_an_exit_code_of_its_own() -> None:
    kinds = CtlabelError.__subclasses__()

    codes = {kind.exit_code for kind in kinds}
    assert len(codes) == len(kinds)
    assert 0 not in codes
    assert CtlabelError.exit_code not in codes


def test_the_exit_codes_are_those_that_schedulers_rely_on() -> None:
    assert {kind.__name__: kind.exit_code for kind in CtlabelError.__subclasses__()} == {
        "UsageError": 2,
        "InputError": 3,
        "OutputError": 4,
        "BundleError": 5,
        "InvariantError": 6,
        "DeviceError": 7,
    }


def test_every_error_can_be_found_by_its_name() -> None:
    for kind in CtlabelError.__subclasses__():
        assert getattr(errors, kind.__name__) is kind


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("bigru", "unknown labeler 'bigru'. Did you mean 'bi_gru'? There are: bert, bi_gru."),
        ("zzz", "unknown labeler 'zzz'. There are: bert, bi_gru."),
    ],
)
def test_an_unknown_name_lists_what_there_is_and_guesses_only_what_is_close(name: str, message: str) -> None:
    error = unknown_name(kind="labeler", name=name, known=["bi_gru", "bert"])

    assert isinstance(error, UsageError)
    assert str(error) == message


def test_an_unknown_name_where_there_are_none_says_so() -> None:
    assert str(unknown_name(kind="run", name="x", known=[])) == "unknown run 'x'. There are: none."
