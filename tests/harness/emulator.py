"""A small terminal: control sequences and text in, rows of characters out."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.cells import cell_len

PIECES = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n])", re.DOTALL)


class Emulator:
    """What a terminal shows: of a size, with lines that are gone above it.

    `columns_of`: how many columns a character takes, which no two terminals agree on.
    """

    def __init__(self, width: int, height: int, columns_of: Callable[[str], int] = cell_len):
        self.width, self.height, self._columns_of = width, height, columns_of
        self.above: list[list[str]] = []
        self._rows = [self._empty() for _ in range(height)]
        self._row = self._column = 0
        self._wraps = True

    @property
    def rows(self) -> list[str]:
        """The text of each row, without the spaces at its end."""
        return ["".join(row).rstrip() for row in self._rows]

    def resize(self, width: int, height: int) -> None:
        """Rows go up where there are too many, and come back where there is room; what is too wide is cut."""
        while len(self._rows) > height:
            if self._row < len(self._rows) - 1 and not "".join(self._rows[-1]).strip():
                self._rows.pop()
            else:
                self._scroll()
                self._rows.pop()
                self._row -= 1
        while len(self._rows) < height:
            if self.above:
                self._rows.insert(0, self.above.pop())
                self._row += 1
            else:
                self._rows.append(self._empty())
        self.width, self.height = width, height
        self._rows = [[*row, *self._empty()][:width] for row in self._rows]
        self._column = min(self._column, width)

    def feed(self, text: str) -> None:
        """Takes what a program writes."""
        for given, command, moved, character in PIECES.findall(text):
            if command:
                self._obey(given, command)
            elif moved == "\r":
                self._column = 0
            elif moved == "\n":
                self._down()
                self._column = 0  # the line discipline of a terminal adds it
            else:
                self._put(character)

    def _obey(self, given: str, command: str) -> None:
        match command, given:
            case "A", _:
                self._row = max(self._row - int(given or 1), 0)
            case "K", "2":
                self._rows[self._row] = self._empty()
            case "J", "2":
                self._rows = [self._empty() for _ in range(self.height)]
            case "H", "":
                self._row = self._column = 0
            case (("h" | "l"), "?7"):
                self._wraps = command == "h"
            case ("m", _) | (("h" | "l"), "?25"):
                pass
            case _:
                raise ValueError(f"the control sequence {given}{command} is not known")

    def _put(self, character: str) -> None:
        columns = self._columns_of(character)
        if columns == 0:
            return
        if self._column + columns > self.width:
            if self._wraps:
                self._down()
                self._column = 0
            else:
                self._column = self.width - columns
        self._rows[self._row][self._column : self._column + columns] = [character, *[""] * (columns - 1)]
        self._column += columns

    def _down(self) -> None:
        if self._row == self.height - 1:
            self._scroll()
        else:
            self._row += 1

    def _scroll(self) -> None:
        self.above.append(self._rows.pop(0))
        self._rows.append(self._empty())

    def _empty(self) -> list[str]:
        return [" "] * self.width
