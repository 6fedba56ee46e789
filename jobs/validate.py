"""`ctlabel validate`: whether a run, one of its files or an input table is what it should be."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jobs.layout import plural, table
from schemas.errors import InputError, InvariantError
from schemas.tables import Table

if TYPE_CHECKING:
    from pipeline.input_tables import ColumnLook, InputLook

PROBLEMS_SHOWN = 20


@click.command(epilog="\b\nExamples:\n  ctlabel validate demo/run\n  ctlabel validate export.parquet")
@click.argument("path", type=click.Path(path_type=Path), metavar="RUN|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(path: Path, *, as_json: bool) -> None:
    """Check a run folder, one Parquet file of a run, or a table that is to be labelled.

    Of a run: every file's schema and metadata, every row in exactly one status, classes that are the most
    probable ones, evidence that gives the labels, images that have their study's labels, patients in one
    split, and stats.json against a recount. Exit code 6 where anything is amiss. An input table is described;
    exit code 3 where it cannot be labelled.
    """
    if path.is_dir():
        _report_problems(path, _run_problems(path), as_json=as_json)
    elif stamp := _stamp(path):
        from pipeline.validation import validate_output

        _report_problems(path, validate_output(path, stamp), as_json=as_json)
    else:
        _show_input(path, as_json=as_json)


def _run_problems(run: Path) -> list[str]:
    from pipeline.validation import validate_run
    from schemas.run import RUN_FILE

    if not (run / RUN_FILE).is_file():
        raise InputError(f"{run} is not a run folder: it has no {RUN_FILE}")
    return validate_run(run)


def _stamp(path: Path) -> dict[str, str]:
    """The metadata of an output of ours; empty for any other file, sound or not."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from schemas.tables import read_stamp

    try:
        return read_stamp(pq.read_schema(path).metadata)
    except (pa.ArrowException, OSError):
        return {}


def _report_problems(path: Path, problems: list[str], *, as_json: bool) -> None:
    shown = problems[:PROBLEMS_SHOWN]
    if as_json:
        record = {"path": str(path), "valid": not problems, "problems": shown, "count": len(problems)}
        click.echo(json.dumps(record))
    else:
        for problem in shown:
            click.echo(problem)
        if not problems:
            click.echo(f"{path} is valid.")
    if problems:
        more = f", the first {len(shown)} shown" if len(problems) > len(shown) else ""
        raise InvariantError(f"{path} is not valid: {plural(len(problems), 'problem')}{more}")


def _show_input(path: Path, *, as_json: bool) -> None:
    from pipeline.input_tables import look_at_input

    look = look_at_input(path)
    if as_json:
        click.echo(json.dumps({"path": str(path), **asdict(look)}))
        return
    for line in _input_lines(path, look):
        click.echo(line)


def _input_lines(path: Path, look: InputLook) -> list[str]:
    head = ["column", "type", "null", "blank", "not UTF-8", "repeated"]
    rows = [_column_cells(column) for column in look.columns]
    size = f"{plural(look.rows, 'row')} in {plural(look.row_groups, 'row group')}"
    lines = [f"{path}: a table of {look.table}, {size}"]
    lines += [f"  {line}" for line in table([head, *rows], numeric=range(2, len(head)))]
    if look.others:
        lines.append(f"not read: {', '.join(look.others)}")
    if look.table is Table.REPORTS:
        lines.append("It can be labelled; rows that cannot go to rejects/ with a reason.")
    return lines


def _column_cells(column: ColumnLook) -> list[str]:
    if column.type is None:
        return [column.name, "not there", "", "", "", ""]
    counts = (column.nulls, column.blank, column.undecodable)
    repeated = "" if column.repeated is None else f"{column.repeated:,}"
    return [column.name, column.type, *(f"{count:,}" for count in counts), repeated]
