"""Collects the files of a burst of saves, so that they are one change and not many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

LONGEST = 4  # delays after the first save of a burst: a burst without an end is routed as often as this


class Debounce:
    """Routes the files of a burst together, once no more have come for a while.

    `delay()` is that while, in seconds, asked again for each burst; 0 routes immediately. Any thread calls `add` and
    `stop`; `run` is a thread of its own, on which `route` is called. `now` is a clock in seconds.
    """

    def __init__(
        self,
        delay: Callable[[], float],
        route: Callable[[set[Path]], None],
        now: Callable[[], float] = time.monotonic,
    ):
        self._delay, self._route, self._now = delay, route, now
        self._files: set[Path] = set()
        self._first = self._last = 0.0
        self._stopped = False
        self._changed = threading.Condition()

    def add(self, files: Iterable[Path]) -> None:
        """Add files that were saved to the burst, or begin one."""
        with self._changed:
            self._last = self._now()
            if not self._files:
                self._first = self._last
            self._files |= {*files}
            self._changed.notify()

    def left(self) -> float | None:
        """Seconds until the burst is over, 0 when it is; None without one."""
        if not self._files:
            return None
        delay = self._delay()
        return max(min(self._last + delay, self._first + LONGEST * delay) - self._now(), 0.0)

    def take(self) -> set[Path]:
        """The files of the burst, which is over with that."""
        files, self._files = self._files, set()
        return files

    def run(self) -> None:
        """Route bursts until `stop`."""
        while True:
            with self._changed:
                while not self._stopped and (left := self.left()) != 0.0:
                    self._changed.wait(left)
                if self._stopped:
                    return
                files = self.take()
            self._route(files)

    def stop(self) -> None:
        """Route nothing more."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
