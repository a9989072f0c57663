"""Ctrl-Z: the terminal is given back before the shell stops the program, and taken again when it goes on."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Action = Callable[[], None]


CONTROL_Z = "\x1a"
"""The key, where the terminal makes no signal of it."""


@contextmanager
def gives_terminal_back(*parts: tuple[Action, Action]) -> Iterator[Action]:
    """Before the program stops call the first action of each part, when it goes on the second ones in reverse order.

    Yields what stops it and all programs of its job, such as `uv run` around it: none of them, and so not the shell,
    comes before those actions, as it may where the terminal sends its signal to all at once.

    Main thread; on others it does nothing. Within another one, only the inner one counts.
    """
    able = hasattr(signal, "SIGTSTP") and threading.current_thread() is threading.main_thread()
    if not able or signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN:  # a shell without job control
        yield lambda: None
        return

    def stop_by(halt: Action) -> None:
        for suspend, _ in parts:
            suspend()
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        halt()
        signal.signal(signal.SIGTSTP, stop)
        for _, resume in reversed(parts):
            resume()

    def stop(number: int, frame: object) -> None:
        # it stops here: a signal to the thread itself does not wait
        stop_by(lambda: signal.pthread_kill(threading.get_ident(), number))

    before = signal.signal(signal.SIGTSTP, stop)
    try:
        yield lambda: stop_by(lambda: os.killpg(os.getpgrp(), signal.SIGTSTP))
    finally:
        signal.signal(signal.SIGTSTP, before)
