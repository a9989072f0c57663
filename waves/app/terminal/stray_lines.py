"""Lines that libraries write to standard error while a screen is drawn: they would leave stale rows on it."""

from __future__ import annotations

import os
import sys
import threading
from collections import deque
from contextlib import suppress

from waves.problem import printable

KNOWN = ("ALSA lib ", "Cannot connect to server", "jack server is not running", "JackShmReadWritePtr::")
"""Beginnings of lines that say nothing which the screen does not say: underruns are counted, lost devices told."""
MOST = 100  # lines that wait to be shown


class StrayLines:
    """Reads what is written to the descriptor of standard error, from now until `close`. Nobody who writes waits.

    `take` on one thread; the rest on the one that made it.
    """

    def __init__(self, descriptor: int = 2):
        self._lines: deque[str] = deque(maxlen=MOST)
        self._descriptor = descriptor
        sys.stderr.flush()
        self._before = os.dup(descriptor)
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        os.dup2(writing, descriptor)
        os.close(writing)
        self._thread = threading.Thread(target=self._read, args=(reading,), name="stray lines", daemon=True)
        self._thread.start()

    def take(self) -> str:
        """The oldest line that was not taken yet, safe for a terminal; empty if there is none."""
        return self._lines.popleft() if self._lines else ""

    def close(self) -> None:
        """Let standard error be what it was."""
        with suppress(OSError, ValueError):
            sys.stderr.flush()
        os.dup2(self._before, self._descriptor)  # which ends the pipe, unless a child process has it
        os.close(self._before)
        self._thread.join(0.5)

    def _read(self, reading: int) -> None:
        with os.fdopen(reading, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if (text := line.strip()) and not text.startswith(KNOWN):
                    self._lines.append(printable(text))
