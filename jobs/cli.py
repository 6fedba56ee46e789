"""The `ctlabel` command: finds the subcommand, imports it alone, and turns errors into one line and a code."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from schemas.errors import CtlabelError, unknown_name

SUBCOMMANDS = {
    "label": ("jobs.label", "Label a report archive: Parquet in, a run folder of label Parquet out."),
    "inspect": ("jobs.inspect", "Show what a run did: counts, reasons, prevalence, warnings, time."),
    "disagree": ("jobs.disagree", "Sample the sentences of a run that a second labeler reads differently."),
    "validate": ("jobs.validate", "Check a run, one of its files, or an input table."),
    "list": ("jobs.list", "List labelers, label sets and job presets."),
    "sample": ("jobs.sample", "Write a realistic example archive to try things on."),
    "train": ("jobs.train", "Train a labeler from its recipe and write its bundle."),
    "pretrain": ("jobs.pretrain", "Pre-train an encoder on a text archive as a masked language model."),
    "calibrate": ("jobs.calibrate", "Fit a trained labeler's probabilities to what its training held out."),
    "evaluate": ("jobs.evaluate", "Measure a labeler on annotated sentences."),
    "card": ("jobs.card", "Show the model card of a labeler."),
    "compare": ("jobs.compare", "Train and measure several labelers and seeds side by side."),
    "ablate": ("jobs.ablate", "Measure a labeler without its pre-trained words or synthetic sentences."),
    "bench": ("jobs.bench", "Measure how fast the whole job is on this machine, and where the time goes."),
    "results": ("jobs.results", "Print the results page from the figures measured so far."),
}
"""Name to module and short help; a module is imported only when its command is used."""

EXIT_CODES = {
    0: "all went well",
    2: "usage: an option, name or configuration key that does not exist or does not fit",
    3: "input: a file that is missing, not Parquet, damaged, empty, or lacks a column",
    4: "output: a folder that cannot be written, is full, or holds another run",
    5: "bundle: a labeler that is missing, damaged or made for another label set",
    6: "invariant: a run or result that breaks its own contract",
    7: "device: a GPU that has too little memory or answers no more",
    70: "a fault of ctlabel itself; please report it",
    130: "interrupted",
}
USAGE_CODE, FAULT_CODE, INTERRUPTED_CODE = 2, 70, 130
DEBUG_VARIABLE = "CTLABEL_DEBUG"
INSTALLED = Path(__file__).resolve().parent.parent
OUR_PACKAGES = ("schemas", "labelers", "pipeline", "jobs")
EPILOG = "\b\nExit codes:\n" + "\n".join(f"  {code:>3}  {what}" for code, what in EXIT_CODES.items())


class LazyGroup(click.Group):
    """A group whose commands are modules of their own, and whose errors are one line each."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """All names, in the order of the work."""
        return list(SUBCOMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, its module imported now; None where there is none of that name."""
        if cmd_name not in SUBCOMMANDS:
            return None
        command: click.Command = import_module(SUBCOMMANDS[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Guesses at what was meant where there is no such command."""
        if args and args[0] not in SUBCOMMANDS and not args[0].startswith("-"):
            raise unknown_name(kind="command", name=args[0], known=SUBCOMMANDS)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Lists the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in SUBCOMMANDS.items()])

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> NoReturn:
        """Runs the command and exits with its code."""
        given = list(sys.argv[1:] if args is None else args)
        as_json = "--json" in given
        try:
            code = super().main(given, *rest, **{**options, "standalone_mode": False})
        except CtlabelError as error:
            _fail(str(error), code=error.exit_code, as_json=as_json)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(USAGE_CODE)
        except click.ClickException as error:
            _fail(_usage_message(error), code=USAGE_CODE, as_json=as_json)
        except (click.Abort, KeyboardInterrupt):
            _fail("interrupted", code=INTERRUPTED_CODE, as_json=as_json)
        except Exception as error:
            _fail(_fault_message(error), code=FAULT_CODE, as_json=as_json)
        sys.exit(code if isinstance(code, int) else 0)


def _usage_message(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    hint = f" See '{context.command_path} --help'." if context else ""
    return error.format_message().rstrip() + hint


def _fault_message(error: Exception) -> str:
    """Where it happened and of what type, but not what it says: that may hold report text."""
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)
    frames = [_ours(frame) for frame in traceback.extract_tb(error.__traceback__)]
    where = next((f" at {frame}" for frame in reversed(frames) if frame), "")
    return (
        f"unforeseen {type(error).__name__}{where}; please report this line. "
        f"{DEBUG_VARIABLE}=1 shows the traceback, which may hold report text."
    )


def _ours(frame: traceback.FrameSummary) -> str | None:
    """File and line where the frame is in our own code."""
    path = Path(frame.filename)
    if not path.is_relative_to(INSTALLED) or path.relative_to(INSTALLED).parts[0] not in OUR_PACKAGES:
        return None
    return f"{path.relative_to(INSTALLED).as_posix()}:{frame.lineno}"


def _fail(message: str, *, code: int, as_json: bool) -> NoReturn:
    line = " ".join(message.split())
    if as_json:
        line = json.dumps({"error": line, "exit_code": code})
    click.echo(line if as_json else f"ctlabel: error: {line}", err=True)
    sys.exit(code)


def _quiet_libraries() -> None:
    """Keeps Beam and its friends from writing beside our own lines; their errors reach us as exceptions."""
    if not os.environ.get(DEBUG_VARIABLE):
        logging.getLogger().setLevel(logging.CRITICAL)
        warnings.simplefilter("ignore")


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="ctlabel", message="ctlabel %(version)s")
def main() -> None:
    """Labels for whole report archives: head CT and MR reports in, image-level labels out."""
    _quiet_libraries()


if __name__ == "__main__":
    main()
