"""Tables of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from waves.problem import printable


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines of text with aligned columns; the last column has no fixed width."""
    safe = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)]
    widths[-1:] = [0]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in safe)
    return "\n".join(line.rstrip() for line in lines)
