"""Silence that a player asks for, while the piece goes on, until it is ended or a change plays."""

from __future__ import annotations

import threading
import time

from waves.engine.runtime.engine import Engine

RAMP = 0.05  # seconds
PATIENCE = 1.0  # seconds that `begin` waits for silence


class Hush:
    """The silence of one engine. Any thread but the sound thread."""

    def __init__(self, engine: Engine):
        self.is_on = False
        self._engine, self._lock = engine, threading.Lock()
        self._begun = 0.0  # in seconds of the monotonic clock

    def begin(self, patience: float = PATIENCE) -> None:
        """Fade out, and wait for silence at most `patience` seconds. Raises InputQueueFull."""
        with self._lock:
            if not self.is_on:
                self._begun, self.is_on = time.monotonic(), True
                try:
                    self._engine.begin_silence(RAMP, patience)
                except BaseException:  # there is no silence to end
                    self.is_on = False
                    raise

    def end(self, asked: float | None = None) -> None:
        """Fade in again; nothing happens for a change that was `asked` for before the silence began (monotonic s).

        Raises InputQueueFull.
        """
        with self._lock:
            if self.is_on and (asked is None or asked >= self._begun):
                self.is_on = False
                self._engine.end_silence()
