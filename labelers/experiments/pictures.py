"""Pictures of what was measured. They need matplotlib, which the extra `pictures` installs."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from schemas.errors import OutputError, UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENDINGS = (".png", ".svg")
# of Okabe and Ito, which everybody can tell apart
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
GREY, INK = "#b8b8b8", "#333333"
# no date and no random ids, so that the same figures give the same file
STYLE: Any = {
    "svg.hashsalt": "ctlabel",
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.labelcolor": INK,
}


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Points (n, 2) under a title; `caption` stands below them."""

    title: str
    points: NDArray[np.float64]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """A ROC curve, from (0, 0) to (1, 1)."""

    name: str
    false_positive_rate: Sequence[float]
    true_positive_rate: Sequence[float]


def check_picture(out: Path) -> None:
    """Before the work begins, not after it.

    Raises:
        UsageError: matplotlib is not installed, or the file's ending is not that of a picture.
    """
    if out.suffix not in ENDINGS:
        raise UsageError(f"{out}: a picture ends in {' or '.join(ENDINGS)}")
    if importlib.util.find_spec("matplotlib") is None:
        raise UsageError("pictures need matplotlib: pip install 'ctlabel[pictures]'")


def draw_scatter(
    panels: Sequence[Panel], classes: Sequence[str], *, names: Sequence[str], legend_title: str, out: Path
) -> None:
    """The panels side by side, each point in the colour of its class; `names` are the classes, weakest first.

    Of more than two, the weakest is grey.

    Raises:
        UsageError: see `check_picture`.
        OutputError: the file cannot be written.
    """
    with _figure(out, width=5.2 * len(panels), height=5.8) as figure:
        handles: list[Any] = []
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            handles = _scatter(axes, panel, np.asarray(classes), names)
        place: Any = {"loc": "outside lower center", "ncols": len(names), "frameon": False}
        figure.legend(handles, names, title=legend_title, markerscale=1.6, **place)


def draw_roc(curves: Sequence[Curve], *, title: str, out: Path) -> None:
    """All curves in one square, with the diagonal of a guess.

    Raises:
        UsageError: see `check_picture`.
        OutputError: the file cannot be written.
    """
    with _figure(out, width=5.6, height=5.6) as figure:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle=(0, (4, 4)))
        for number, curve in enumerate(curves):
            dashes = "solid" if number < len(COLOURS) else "dashed"
            colour = COLOURS[number % len(COLOURS)]
            x, y = curve.false_positive_rate, curve.true_positive_rate
            axes.plot(x, y, color=colour, linewidth=1.8, linestyle=dashes, label=curve.name)
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal", title=title)
        axes.set_xlabel("1 - specificity")
        axes.set_ylabel("sensitivity")
        _frame(axes, visible=("left", "bottom"))
        axes.legend(loc="lower right", frameon=False)


def _scatter(axes: Axes, panel: Panel, classes: NDArray[Any], names: Sequence[str]) -> list[Any]:
    """Rare classes are drawn last, so that no point of theirs is hidden; gives a handle for each name."""
    counts: Mapping[str, int] = {name: int((classes == name).sum()) for name in names}
    palette = COLOURS if len(names) == 2 else (GREY, *COLOURS)
    handles: dict[str, Any] = {}
    for name in sorted(names, key=lambda name: -counts[name]):
        x, y = panel.points[classes == name].T
        colour = palette[names.index(name) % len(palette)]
        handles[name] = axes.scatter(x, y, s=14, color=colour, alpha=0.6, linewidths=0)
    axes.set_title(panel.title, pad=10)
    axes.set(xticks=[], yticks=[])
    axes.set_xlabel(panel.caption, color=INK, labelpad=8)
    axes.margins(0.04)
    _frame(axes, visible=("left", "right", "top", "bottom"))
    return [handles[name] for name in names]


def _frame(axes: Axes, *, visible: Sequence[str]) -> None:
    for side, spine in axes.spines.items():
        spine.set(visible=side in visible, color=GREY, linewidth=0.8)
    axes.tick_params(color=GREY, labelcolor=INK)


@contextmanager
def _figure(out: Path, *, width: float, height: float) -> Iterator[Figure]:
    """An empty figure, which is written when the block ends."""
    check_picture(out)
    from matplotlib import rc_context  # noqa: PLC0415 (an optional extra)
    from matplotlib.figure import Figure  # noqa: PLC0415

    metadata = {"Date": None} if out.suffix == ".svg" else {"Software": None}
    with rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
        engine: Any = figure.get_layout_engine()
        engine.set(w_pad=0.12, h_pad=0.1)
        yield figure
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(out, dpi=160, metadata=metadata)
        except OSError as error:
            raise OutputError(f"{out} cannot be written: {error.strerror}") from error
