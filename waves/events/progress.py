"""Says what is being compiled or built, and for how long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from waves.events.changes import Building, Compiling
from waves.events.event import Notify

TICK = 1.0  # seconds between two events


@contextmanager
def compiling(notify: Notify, work: str) -> Iterator[None]:
    """Publish `Compiling` when the block begins, once a second from a thread of its own, and last, however it ends."""
    started = time.monotonic()
    notify(Compiling(work=work))
    done = threading.Event()

    def count() -> None:
        seconds = 0
        while not done.wait(TICK):
            seconds += 1
            notify(Compiling(work=work, seconds=seconds))

    thread = threading.Thread(target=count, name="compiling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        notify(Compiling(work=work, seconds=int(time.monotonic() - started), over=True))


class BuildProgress:
    """Tells of a build that takes long. It has no thread: a build of milliseconds would wait longer for that."""

    def __init__(self, notify: Notify):
        self._notify = notify
        self._lock = threading.Lock()
        self._file = ""  # of the present build
        self._began, self._told = 0.0, 0

    @contextmanager
    def building(self, file: str) -> Iterator[None]:
        """The block is a build of a file; nothing is told of it after its end."""
        with self._lock:
            self._file, self._began, self._told = file, time.monotonic(), 0
        try:
            yield
        finally:
            with self._lock:
                self._file = ""

    def look(self) -> None:
        """Publish `Building` for each second that the present build has taken; to be called a few times a second."""
        with self._lock:
            if self._file and time.monotonic() - self._began >= (self._told + 1) * TICK:
                self._told += 1
                self._notify(Building(file=self._file, seconds=self._told))
