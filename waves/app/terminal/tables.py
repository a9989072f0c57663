"""Tables of plain text, as wide as the terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence

from waves.problem import printable

NARROWEST = 24  # columns of a last column; where there are fewer, all but the first one stand below it
INDENTED = "    "
UNLIMITED = 100_000  # columns, where a file or another program reads


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as lines of text with aligned columns; the last column is wrapped between words if a terminal shows it."""
    safe = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)][:-1]
    begin = sum(widths) + 2 * len(widths)
    below = columns() - begin < NARROWEST
    lines = []
    for *cells, last in safe:
        if below:
            name, *facts = [*cells, last]
            lines += [name, wrapped("  ".join(filter(None, facts)), INDENTED, INDENTED)]
        else:
            first = "".join(f"{cell:<{width}}  " for cell, width in zip(cells, widths, strict=True))
            lines.append(wrapped(last, first, " " * begin))
    return "\n".join(line.rstrip() for line in lines)


def columns() -> int:
    """Columns of the terminal, or of the variable COLUMNS."""
    return shutil.get_terminal_size((UNLIMITED, 24)).columns


def wrapped(text: str, first: str = "", further: str = "") -> str:
    """A text as lines that fit the terminal, broken only between words.

    `first` stands before its first line, `further` before the others.
    """
    wrapper = textwrap.TextWrapper(columns(), initial_indent=first, subsequent_indent=further)
    wrapper.break_long_words = wrapper.break_on_hyphens = False
    return wrapper.fill(text) or first
