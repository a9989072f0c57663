"""The thread of the builds: one build at a time, at most one waits.

A build reads the files when it starts, so a flag is enough of a queue.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class BuildThread:
    """A thread that calls `build` whenever `yaml_changed` was raised since the last call began."""

    def __init__(self, build: Callable[[], None], name: str):
        self.yaml_changed = threading.Event()
        self._build = build
        self._ended = False
        self._idle = threading.Event()
        self._idle.set()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it was asked to stop. Any thread."""
        return self._ended

    def request(self) -> None:
        """Ask for a build. Any number of requests while a build runs lead to one more. Any thread."""
        self._idle.clear()
        self.yaml_changed.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no build runs or waits; False after `timeout` seconds. Any other thread."""
        return self._idle.wait(timeout)

    def stop(self, timeout: float = 2.0) -> None:
        """Stop the thread after the present build; waits `timeout` seconds at most."""
        self._ended = True
        self.yaml_changed.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            self.yaml_changed.wait()
            if self._ended:
                return
            self.yaml_changed.clear()
            self._build()
            if not self.yaml_changed.is_set():
                self._idle.set()
                if self.yaml_changed.is_set():  # asked between the two lines
                    self._idle.clear()
