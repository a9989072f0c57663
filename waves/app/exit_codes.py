"""Exit codes of the commands, and the signals that end them."""

from __future__ import annotations

import signal
import time
from enum import IntEnum
from typing import Any

from waves.problem import EndedBySignal, Problems


class Exit(IntEnum):
    """Exit codes. A defect has the same as a traceback of Python.

    One rule for all commands: `USAGE` where other words on the command line would do, such as an option that is wrong,
    a name of something that is not there, or of a file that exists already; `PIECE` for what a piece, or what is kept
    of it, says or lacks.
    """

    GOOD = 0
    PIECE = 1
    DEFECT = 1
    USAGE = 2
    DEVICE = 3
    HUNG = 4  # the sound thread, and no version is left to go back to
    HANGUP = 129  # SIGHUP: the terminal was closed
    INTERRUPTED = 130  # Ctrl-C
    TERMINATED = 143  # SIGTERM

    @classmethod
    def of_signal(cls, number: int) -> Exit:
        """The exit code after a signal, as a shell says it of a program that the signal has ended."""
        return cls(128 + number)

    @classmethod
    def of(cls, problems: Problems) -> Exit:
        """The exit code of a command that problems have stopped."""
        from waves.audio.device_choice import DeviceProblem
        from waves.language.model.sound_arguments import UsageProblem

        if isinstance(problems, UsageProblem):
            return cls.USAGE
        return cls.DEVICE if isinstance(problems, DeviceProblem) else cls.PIECE


ONE = 1.0  # s in which signals are one: `timeout` sends its own twice, to the program and to its group
_received: list[tuple[int, float]] = []
"""Each that became an exception, and when."""


def end_by_signals() -> None:
    """Make the signals that are to end the program exceptions: EndedBySignal. Main thread.

    Whatever is half written is removed on the way out. Ctrl-C is no KeyboardInterrupt: Python would end by the signal
    itself, not with an exit code, when that comes while it runs a string.
    """
    for number in ending_signals():
        signal.signal(number, _raise)


def _raise(number: int, frame: Any) -> None:
    now = time.monotonic()
    if _received and now - _received[-1][1] < ONE:  # the way out is not to be left
        return
    _received.append((number, now))
    raise EndedBySignal(number)


def received_signal() -> int | None:
    """The first signal that became an exception, which code that catches all exceptions may have lost; None: none."""
    return _received[0][0] if _received else None


def raise_lost_signal() -> None:
    """Raise what the first signal became, once more, where code that catches all exceptions has lost it."""
    if (number := received_signal()) is not None:
        raise EndedBySignal(number)


def ending_signals() -> list[signal.Signals]:
    """The signals that are to end a program; not SIGHUP where it is ignored, as `nohup` wants it."""
    known = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    return [one for one in known if one.name != "SIGHUP" or signal.getsignal(one) is not signal.SIG_IGN]
