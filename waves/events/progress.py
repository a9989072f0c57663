"""Says what is being compiled, and for how long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from waves.events.changes import Compiling
from waves.events.event import Notify


@contextmanager
def compiling(notify: Notify, work: str) -> Iterator[None]:
    """Publish `Compiling` when the block begins and once a second until it ends, from a thread of its own."""
    done = threading.Event()

    def count() -> None:
        seconds = 0
        while not done.wait(1.0):
            seconds += 1
            notify(Compiling(work=work, seconds=seconds))

    notify(Compiling(work=work))
    thread = threading.Thread(target=count, name="compiling", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
