"""`ctlabel list`: the labelers, label sets and job presets that can be named on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from textwrap import wrap
from typing import Any

import click

from jobs.layout import table
from labelers.recipe import load_labels
from labelers.registry import LabelerEntry, list_labelers
from schemas.conf import conf_names, conf_path
from schemas.label_set import LabelKind, LabelSet, load_label_set

Record = dict[str, Any]


@click.command(epilog="\b\nExamples:\n  ctlabel list\n  ctlabel list label-sets --json")
@click.argument("what", type=click.Choice(["labelers", "label-sets", "jobs"]), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def command(what: str | None, *, as_json: bool) -> None:
    """List what can be named: labelers, label-sets, jobs, or all of them."""
    listed = {name: LISTS[name]() for name in LISTS if what in {None, name}}
    if as_json:
        click.echo(json.dumps(listed if what is None else listed[what]))
        return
    for name, records in listed.items():
        click.echo(click.style(name.upper().replace("-", " "), bold=True))
        for line in TABLES[name](records):
            click.echo(f"  {line}")
        if len(listed) > 1 and name != list(listed)[-1]:
            click.echo()


def labelers() -> list[Record]:
    """Every recipe, and whether its trained bundle is there."""
    load = cache(load_label_set)
    return [_labeler_record(entry, load_labels(entry.recipe, load=load)) for entry in list_labelers()]


def _labeler_record(entry: LabelerEntry, label_set: LabelSet) -> Record:
    recipe = entry.recipe
    return {
        "name": entry.name,
        "default": entry.is_default,
        "summary": recipe.summary,
        "paper": recipe.paper.cite,
        "section": recipe.paper.section,
        "unit": recipe.unit.value,
        "label_set": label_set.id,
        "labels": len(label_set.ids),
        "classes": list(label_set.classes),
        "bundle": None if entry.bundle is None else str(entry.bundle),
        "needs_training": entry.needs_training,
    }


def label_sets() -> list[Record]:
    """Every label set, with its labels counted by kind."""
    records = []
    for name in conf_names("label_sets"):
        label_set = load_label_set(name)
        kinds = [label.kind for label in label_set.labels]
        records.append(
            {
                "name": name,
                "version": label_set.version,
                "description": label_set.description,
                "labels": len(label_set.ids),
                "kinds": {kind.value: kinds.count(kind) for kind in LabelKind},
                "classes": list(label_set.classes),
                "hash": label_set.hash,
            }
        )
    return records


def jobs() -> list[Record]:
    """Every job preset, described by the comment at its head."""
    records = []
    for name in conf_names("jobs"):
        path = conf_path("jobs", name, kind="job preset")
        comment = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
        lines = [line.lstrip("# ") for line in comment]
        records.append(
            {
                "name": name,
                "description": " ".join(line for line in lines if not line.startswith("ctlabel ")),
                "example": next((line for line in lines if line.startswith("ctlabel ")), None),
            }
        )
    return records


def _labeler_lines(records: list[Record]) -> list[str]:
    rows = [
        [
            record["name"] + (" (default)" if record["default"] else ""),
            record["unit"],
            f"{record['labels']} x {len(record['classes'])}",
            _state(record),
            record["paper"].partition(",")[0],
        ]
        for record in records
    ]
    return table([["name", "reads", "labels x classes", "bundle", "paper"], *rows])


def _state(record: Record) -> str:
    if not record["needs_training"]:
        return "needs none"
    return "ready" if record["bundle"] else "to be trained"


def _label_set_lines(records: list[Record]) -> list[str]:
    rows = [
        [
            f"{record['name']} (version {record['version']})",
            str(record["labels"]),
            ", ".join(f"{count} {kind}" for kind, count in record["kinds"].items() if count),
            ", ".join(record["classes"]),
        ]
        for record in records
    ]
    return table([["name", "labels", "kinds", "classes"], *rows], numeric={1})


def _job_lines(records: list[Record]) -> list[str]:
    lines = []
    for record in records:
        lines += [
            record["name"],
            *wrap(record["description"], 96, initial_indent="  ", subsequent_indent="  "),
        ]
        lines += [f"  {record['example']}"] if record["example"] else []
    return lines


LISTS: dict[str, Callable[[], list[Record]]] = {
    "labelers": labelers,
    "label-sets": label_sets,
    "jobs": jobs,
}
TABLES: dict[str, Callable[[list[Record]], list[str]]] = {
    "labelers": _labeler_lines,
    "label-sets": _label_set_lines,
    "jobs": _job_lines,
}
