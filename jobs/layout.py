"""Plain text that lines up."""

from __future__ import annotations

from collections.abc import Collection, Sequence

GAP = "  "


def table(rows: Sequence[Sequence[str]], *, numeric: Collection[int] = ()) -> list[str]:
    """Lines of cells in columns of equal width; the `numeric` columns are set flush right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return [_line(row, widths, numeric) for row in rows]


def _line(row: Sequence[str], widths: Sequence[int], numeric: Collection[int]) -> str:
    cells = (
        cell.rjust(width) if at in numeric else cell.ljust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return GAP.join(cells).rstrip()


def percent(part: int, whole: int) -> str:
    """A share in per cent with one decimal; a dash where there is nothing to share."""
    return f"{100 * part / whole:.1f}" if whole else "-"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 row`, `2 rows`, with thousands marked."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
