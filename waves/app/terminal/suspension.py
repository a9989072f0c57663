"""Ctrl-Z: the terminal is given back before the shell stops the program, and taken again when it goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Action = Callable[[], None]


@contextmanager
def gives_terminal_back(*parts: tuple[Action, Action]) -> Iterator[None]:
    """Before the program stops call the first action of each part, when it goes on the second ones in reverse order.

    Main thread; on others it does nothing. Within another one, only the inner one counts.
    """
    able = hasattr(signal, "SIGTSTP") and threading.current_thread() is threading.main_thread()
    if not able or signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN:  # a shell without job control
        yield
        return

    def stop(number: int, frame: object) -> None:
        for suspend, _ in parts:
            suspend()
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_kill(threading.get_ident(), number)  # it stops here: a signal to the thread itself does not wait
        signal.signal(number, stop)
        for _, resume in reversed(parts):
            resume()

    before = signal.signal(signal.SIGTSTP, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTSTP, before)
