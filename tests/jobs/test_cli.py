import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from jobs import cli
from schemas.errors import CtlabelError

ROOT = Path(__file__).parent.parent.parent


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.main, arguments)


@click.command()
@click.option("--json", "as_json", is_flag=True)
def failing(*, as_json: bool) -> None:  # noqa: ARG001
    raise failing_with


failing_with: BaseException = ValueError()


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes this module a subcommand, `ctlabel fails`."""
    monkeypatch.setitem(cli.SUBCOMMANDS, "fails", (__name__, "fails"))
    monkeypatch.setattr("tests.jobs.test_cli.command", failing, raising=False)


def fail_with(error: BaseException, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setattr("tests.jobs.test_cli.failing_with", error)
    return invoke("fails", *arguments)


@pytest.mark.parametrize("name", cli.SUBCOMMANDS)
def test_every_subcommand_is_there_and_explains_itself(name: str) -> None:
    result = invoke(name, "--help")
    assert result.exit_code == 0, result.output
    assert import_module(cli.SUBCOMMANDS[name][0]).command.help
    assert "Usage: main " + name in result.output


def test_the_help_lists_every_subcommand_with_a_line_of_its_own() -> None:
    lines = invoke("--help").output.splitlines()
    for name in cli.SUBCOMMANDS:
        assert any(line.split()[:1] == [name] for line in lines)


def test_the_version_is_the_installed_one() -> None:
    assert invoke("--version").output == f"ctlabel {version('ctlabel')}\n"


def test_an_unknown_command_is_guessed_at() -> None:
    result = invoke("lable")
    assert result.exit_code == 2
    assert result.stderr.startswith("ctlabel: error: unknown command 'lable'. Did you mean 'label'?")


def test_an_unknown_option_is_one_line() -> None:
    result = invoke("list", "--jsn")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert "--jsn" in result.stderr


def test_an_option_of_the_wrong_kind_is_one_line() -> None:
    result = invoke("list", "cats")
    assert result.exit_code == 2
    assert result.stderr.startswith("ctlabel: error: ")
    assert len(result.stderr.splitlines()) == 1


def test_without_a_command_the_help_is_shown() -> None:
    result = invoke()
    assert result.exit_code == 2
    assert "Usage:" in result.stderr


@pytest.mark.usefixtures("fails")
@pytest.mark.parametrize("kind", CtlabelError.__subclasses__())
def test_each_kind_of_error_is_one_line_and_its_code(
    kind: type[CtlabelError], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fail_with(kind("file a.parquet: no\nsuch thing"), monkeypatch)
    assert result.exit_code == kind.exit_code
    assert result.stderr == "ctlabel: error: file a.parquet: no such thing\n"
    assert result.stdout == ""


@pytest.mark.usefixtures("fails")
def test_with_json_an_error_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    result = fail_with(CtlabelError("no"), monkeypatch, "--json")
    assert json.loads(result.stderr) == {"error": "no", "exit_code": 1}


@pytest.mark.usefixtures("fails")
def test_an_interrupt_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    result = fail_with(KeyboardInterrupt(), monkeypatch)
    assert result.exit_code == 130
    assert result.stderr.strip() == "ctlabel: error: interrupted"


@pytest.mark.usefixtures("fails")
def test_an_unforeseen_error_names_its_type_but_not_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cli.DEBUG_VARIABLE, raising=False)
    result = fail_with(ZeroDivisionError("Mrs Smith has a haematoma"), monkeypatch)
    assert result.exit_code == 70
    assert "unforeseen ZeroDivisionError at jobs/cli.py:" in result.stderr
    assert "Smith" not in result.output
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.usefixtures("fails")
def test_the_debug_variable_shows_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cli.DEBUG_VARIABLE, "1")
    result = fail_with(ZeroDivisionError("why"), monkeypatch)
    assert "Traceback" in result.stderr
    assert "ZeroDivisionError: why" in result.stderr


@pytest.mark.parametrize("where", ["--help", "README.md"])
def test_every_exit_code_is_documented(where: str) -> None:
    text = invoke("--help").output if where == "--help" else (ROOT / where).read_text(encoding="utf-8")
    codes = {kind.exit_code for kind in CtlabelError.__subclasses__()} | {
        0,
        cli.FAULT_CODE,
        cli.INTERRUPTED_CODE,
    }
    assert codes == set(cli.EXIT_CODES)
    for code in codes:
        assert any(line.strip(" |").startswith(f"{code} ") for line in text.splitlines()), code
