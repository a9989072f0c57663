"""One build at a time, at most one waiting, the newest wins.

A request carries nothing: a build reads what is in the files when it begins. So a flag is all the queue there is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class BuildThread:
    """A thread that calls `build` whenever `yaml_changed` was raised since the last call began."""

    def __init__(self, build: Callable[[], None]):
        self.yaml_changed = threading.Event()
        self._build = build
        self._ended = False
        self._idle = threading.Event()
        self._idle.set()
        self._thread = threading.Thread(target=self._run, name="builder", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def request(self) -> None:
        """Ask for a build; while one runs, any number of requests is one."""
        self._idle.clear()
        self.yaml_changed.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Until nothing is asked for any more; whether that came in time."""
        return self._idle.wait(timeout)

    def stop(self, timeout: float = 2.0) -> None:
        """End after the present build."""
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
