"""Limits of time for what runs on another thread, or in another process.

What may be wrong is limited by its processor time, which does not grow while other programs have the processor; the
time on the wall is only for what waits for ever.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

PATIENCE = 10.0  # factor: seconds on the wall for a second of processor time, on a busy machine
LOOK = 0.05  # seconds between two looks at the clock while something runs


class TimeLimit:
    """Calls a function, once, when what began has not ended in time. Its thread sleeps while nothing runs.

    One thing at a time; `begin` and `end` may be called on any thread, `late` is called on the limit's own. `clock` is
    in seconds.
    """

    def __init__(self, late: Callable[[], None], clock: Callable[[], float] = time.monotonic):
        self._late, self._clock = late, clock
        self._due: float | None = None
        self._lock = threading.Lock()
        self._begun = threading.Event()
        self._thread: threading.Thread | None = None
        self._closed = False

    def begin(self, seconds: float) -> None:
        """Something begins that may take so many seconds."""
        with self._lock:
            self._due = self._clock() + seconds
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="time limit", daemon=True)
            self._thread.start()
        self._begun.set()

    def end(self) -> float:
        """It has ended; the seconds that were left. After it `late` is not called any more."""
        with self._lock:
            due, self._due = self._due, None
        return max(due - self._clock(), 0.0) if due is not None else 0.0

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._begun.set()

    def _watch(self) -> None:
        while not self._closed:
            self._begun.wait()
            time.sleep(LOOK)
            self._begun.clear()
            while self._due is not None and not self._closed:
                time.sleep(LOOK)  # before it looks: what is short must not wake this thread each time
                with self._lock:
                    if self._due is not None and self._clock() >= self._due:
                        self._due = None
                        self._late()


def limit_processor(seconds: float) -> None:
    """End this process by a signal after so many seconds of processor time from now; 0: do not.

    The system does it, whatever runs, also where Python is not asked. Where it cannot, the time on the wall is left.
    """
    with suppress(AttributeError):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def was_late(status: int | None) -> bool:
    """Whether a process, by its exit status, was ended by `limit_processor`."""
    return status is not None and hasattr(signal, "SIGPROF") and status == -signal.SIGPROF
