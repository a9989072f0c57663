"""Says what is being compiled or built, and for how long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from waves.events.changes import Building, Compiling
from waves.events.event import Notify

TICK = 1.0  # seconds between two events


@contextmanager
def compiling(notify: Notify, work: str) -> Iterator[None]:
    """Publish `Compiling` when the block begins, once a second from a thread of its own, and last, however it ends."""
    started = time.monotonic()
    notify(Compiling(work=work))
    try:
        with _counting(lambda seconds: notify(Compiling(work=work, seconds=seconds)), "compiling"):
            yield
    finally:
        notify(Compiling(work=work, seconds=int(time.monotonic() - started), over=True))


@contextmanager
def building(notify: Notify, file: str) -> Iterator[None]:
    """Publish `Building` once a second while the block takes longer than that, from a thread of its own."""
    with _counting(lambda seconds: notify(Building(file=file, seconds=seconds)), "building"):
        yield


@contextmanager
def _counting(tell: Callable[[int], None], name: str) -> Iterator[None]:
    done = threading.Event()

    def count() -> None:
        seconds = 0
        while not done.wait(TICK):
            seconds += 1
            tell(seconds)

    thread = threading.Thread(target=count, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
