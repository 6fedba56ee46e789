"""`ctlabel list`: the labelers, label sets and job presets that can be named on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from textwrap import wrap
from typing import Any

import click

from jobs.layout import table
from schemas.conf import conf_names, conf_path, read_yaml
from schemas.label_set import LabelKind, load_label_set

BUNDLE_RECORD = "labeler.yaml"
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
    """Every recipe, and whether its trained bundle is there; reads YAML alone, since recipes need NLTK."""
    records = []
    for name in conf_names("labelers"):
        recipe = read_yaml(conf_path("labelers", name, kind="labeler"))
        label_set = load_label_set(recipe["label_set"])
        bundle = _bundles() / name
        records.append(
            {
                "name": name,
                "summary": recipe["summary"],
                "paper": recipe["paper"]["cite"],
                "section": recipe["paper"]["section"],
                "unit": recipe["unit"],
                "label_set": label_set.id,
                "labels": len(label_set.ids),
                "classes": list(label_set.classes),
                "bundle": str(bundle) if (bundle / BUNDLE_RECORD).is_file() else None,
            }
        )
    return records


def _bundles() -> Path:
    """Found without importing `labelers`, which takes seconds."""
    package = find_spec("labelers")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "bundles"


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
            record["name"],
            record["unit"],
            f"{record['labels']} x {len(record['classes'])}",
            "ready" if record["bundle"] else "to be trained",
            record["paper"].partition(",")[0],
        ]
        for record in records
    ]
    return table([["name", "reads", "labels x classes", "bundle", "paper"], *rows])


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
