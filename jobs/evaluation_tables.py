"""What `ctlabel evaluate` measured, as tables in plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from jobs.layout import percent, table

Record = dict[str, Any]
KINDS = ("missed", "false", "wrong_certainty")


def evaluation_lines(found: Record) -> list[str]:
    """Everything, the most important first, and who annotated last."""
    lines = [f"{found['labeler']} ({found['fingerprint']}) on {found['data']['file']}"]
    for name, part in found["figures"].items():
        lines += ["", *_f1_lines(name, part, found["intervals"][name])]
    if "reports" in found:
        lines += ["", *_report_lines(found["reports"])]
    lines += ["", *_error_lines(found["errors"]), "", *_confusion_lines(found["confusion"])]
    lines += ["", *_calibration_lines(found["calibration"])]
    for what, drops in found.get("robustness", {}).items():
        lines += ["", *_drop_lines(what, drops)]
    lines += ["", *_label_lines(found["figures"]["all"]["by_label"], found["errors"]["by_label"])]
    return [*lines, "", found["note"]]


def _f1_lines(name: str, part: Record, intervals: Record) -> list[str]:
    title = f"{name}: {part['texts']:,} texts of {intervals['documents']:,} documents"
    return [title, *_f1_table(part, intervals)]


def _report_lines(reports: Record) -> list[str]:
    raw, annotated = reports["raw_text"], reports["annotated_sentences"]
    micro, interval = annotated["figures"]["micro"]["f1"], annotated["intervals"]["micro"]
    return [
        f"reports: {raw['figures']['texts']:,} whole reports from raw text, the strongest class of each label",
        *_f1_table(raw["figures"], raw["intervals"]),
        f"  (micro from the annotated sentences instead: {micro:.3f}, {bounds(interval)})",
    ]


def _f1_table(part: Record, intervals: Record) -> list[str]:
    """Micro F1 over all classes and of each, the two macro means under it."""
    rows = [("", "F1", "95 % interval", "macro F1", "support")]
    for row, score, interval in _f1_rows(part, intervals):
        macro = f"{score['macro_f1']:.3f}" if "macro_f1" in score else ""
        rows.append((row, f"{score['f1']:.3f}", bounds(interval), macro, f"{score['support']:,}"))
    rows.append(("macro, mean of the classes", f"{part['macro']:.3f}", bounds(intervals["macro"]), "", ""))
    labels = f"{part['macro_labels']:.3f}", bounds(intervals["macro_labels"])
    rows.append(("macro_labels, mean of the labels", *labels, "", ""))
    return _indented(rows, numeric=range(1, 5))


def _f1_rows(part: Record, intervals: Record) -> Iterator[tuple[str, Record, Record]]:
    yield "micro, all classes", part["micro"], intervals["micro"]
    for name, score in part["by_class"].items():
        yield f"  {name}", score, intervals["by_class"][name]


def bounds(interval: Record) -> str:
    """`0.850 to 0.893`."""
    return f"{interval['low']:.3f} to {interval['high']:.3f}"


def _error_lines(errors: Record) -> list[str]:
    rows = [("", "count", "share, %")]
    for kind in KINDS:
        count = errors[kind]["count"]
        rows.append((kind.replace("_", " "), f"{count:,}", percent(count, errors["errors"])))
    return [f"Errors by kind: {errors['errors']:,}", *_indented(rows, numeric=(1, 2))]


def _confusion_lines(confusion: Record) -> list[str]:
    rows = [("truth", *confusion["classes"])]
    for name, counts in zip(confusion["classes"], confusion["truth_by_predicted"], strict=True):
        rows.append((name, *(f"{count:,}" for count in counts)))
    return ["Answers (columns) by truth (rows), over all labels:", *_indented(rows, numeric=range(1, 9))]


def _calibration_lines(calibration: Record) -> list[str]:
    rows = [("probability", "mentions", "mean", "right")]
    for point in calibration["curve"]:
        span = f"{point['low']:.1f} to {point['high']:.1f}"
        rows.append((span, f"{point['count']:,}", f"{point['confidence']:.3f}", f"{point['accuracy']:.3f}"))
    error = calibration["expected_calibration_error"]
    return [
        f"Calibration of {calibration['mentions']:,} mentions found: expected error {error:.3f}",
        *_indented(rows, numeric=range(1, 4)),
    ]


def _drop_lines(what: str, drops: Sequence[Record]) -> list[str]:
    rows = [("", "changed", "micro F1", "drop", "95 % interval", "macro F1")]
    for found in drops:
        drop, micro, macro = found["drop"], f"{found['micro']:.3f}", f"{found['macro']:.3f}"
        name = found["perturbation"].replace("_", " ")
        rows.append((name, f"{found['changed']:,}", micro, f"{drop['estimate']:.3f}", bounds(drop), macro))
    return [f"Changed texts, {drops[0]['texts']:,} {what}:", *_indented(rows, numeric=range(1, 6))]


def _label_lines(by_label: Record, errors: Record) -> list[str]:
    rows = [["", "F1", "support", "missed", "false", "certainty"]]
    for name, score in by_label.items():
        counts = [str(errors[name][kind]["count"]) if name in errors else "0" for kind in KINDS]
        rows.append([name, f"{score['f1']:.3f}", f"{score['support']:,}", *counts])
    return ["By label, all texts:", *_indented(rows, numeric=range(1, 6))]


def _indented(rows: Sequence[Sequence[str]], *, numeric: range | tuple[int, ...]) -> list[str]:
    return [f"  {line}" for line in table(rows, numeric=numeric)]
