"""Says what is being compiled or built, for how long so far, and what waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from waves.events.changes import Building, Compiling
from waves.events.event import Notify

TICK = 1.0  # seconds between two events


@contextmanager
def compiling(notify: Notify, work: str, then: Callable[[], str] = str) -> Iterator[Callable[[int, int], None]]:
    """Publish `Compiling` when the block begins, once a second from a thread of its own, and last, however it ends.

    `then`: what waits for it at that moment, in words. Yields a function that takes how much is done, and of how much.
    """
    started = time.monotonic()
    notify(Compiling(work=work, then=then()))
    done = threading.Event()
    reached = 0.0, 0, 0  # seconds, parts that were done then, all parts

    def advance(parts: int, of: int) -> None:
        nonlocal reached
        reached = time.monotonic() - started, parts, of

    def count() -> None:
        seconds = 0
        while not done.wait(TICK):
            seconds += 1
            left = time_left(time.monotonic() - started, *reached)
            notify(Compiling(work=work, seconds=seconds, left=None if left is None else round(left), then=then()))

    thread = threading.Thread(target=count, name="compiling", daemon=True)
    thread.start()
    try:
        yield advance
    finally:
        done.set()
        thread.join()
        notify(Compiling(work=work, seconds=int(time.monotonic() - started), over=True))


def time_left(now: float, at: float, done: float, total: float) -> float | None:
    """Seconds that are left after `now` seconds, when `done` of `total` was reached after `at` seconds.

    At the speed until then; slower as soon as the next step takes longer than that. None while nothing is done.
    """
    if done <= 0.0 or total <= 0.0:
        return None
    return max(at / done * total, now * total / min(done + 1.0, total)) - now


class BuildProgress:
    """Tells of a build that takes long. It has no thread: a build of milliseconds would wait longer for that."""

    def __init__(self, notify: Notify):
        self._notify = notify
        self._lock = threading.Lock()
        self._file = self._then = ""  # of the present build
        self._began, self._told = 0.0, 0

    @contextmanager
    def building(self, file: str, then: str) -> Iterator[None]:
        """The block is a build of a file, and `then` what happens next; nothing is told of it after its end."""
        with self._lock:
            self._file, self._then, self._began, self._told = file, then, time.monotonic(), 0
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
                self._notify(Building(file=self._file, seconds=self._told, then=self._then))
