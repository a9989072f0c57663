"""Output of pattern files: the first lines of each request, for the player."""

from __future__ import annotations

import os
from contextlib import suppress

MOST_LINES = 20  # of what is printed in one request
LONGEST_LINE = 200  # characters


class Prints:
    """The standard output of pattern files: the first lines of each request go to the player, shortened."""

    encoding = "utf-8"

    def __init__(self, stream: int):
        self._stream, self._left, self._line = stream, MOST_LINES, ""

    def begin(self) -> None:
        """A request begins."""
        self._left, self._line = MOST_LINES, ""

    def write(self, text: str) -> int:
        """Take a text."""
        for part in str(text)[: MOST_LINES * LONGEST_LINE].splitlines(keepends=True) if self._left else ():
            self._line = (self._line + part)[: LONGEST_LINE + 1]
            if part.endswith("\n") and self._left:
                self._left -= 1
                line = self._line.rstrip("\n") if self._left else "… what is printed is left out from here on"
                self._line = ""
                with suppress(OSError):
                    os.write(self._stream, f"{line}\n".encode(errors="replace"))
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        """It is no terminal."""
        return False
