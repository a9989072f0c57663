"""Reads single keys from a terminal, without the return key. Without a terminal there are no keys."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from contextlib import suppress
from typing import TextIO

if sys.platform != "win32":
    import select
    import termios
    import tty
else:
    import msvcrt

SPECIAL = re.compile(r"\x1b(?:\[[0-9;?]*.|O.|.)?", re.DOTALL)  # arrows and the like
POLL = 0.02  # seconds between two looks where a key cannot be waited for


class Quit(Exception):
    """The key `q` was pressed before anything plays."""


class Keys:
    """The keyboard, from `resume` on until it is closed. Ctrl-C still sends its signal, Ctrl-Z is a key. Main thread.

    `active` is False if standard input is not a terminal, or if another program in the foreground reads it.
    """

    def __init__(self, stream: TextIO | None = None):
        stream = stream or sys.stdin
        self.active = bool(stream) and not stream.closed and stream.isatty()
        self._fd = stream.fileno() if self.active else -1
        if self.active and sys.platform != "win32":
            self.active = self._in_front()
        if self.active and sys.platform != "win32":
            self._before = termios.tcgetattr(self._fd)

    def _in_front(self) -> bool:
        """Whether this program is in the foreground of the terminal."""
        try:
            return os.getpgrp() == os.tcgetpgrp(self._fd)
        except OSError:
            return True

    def _begin(self) -> None:
        if self.active and sys.platform != "win32" and self._in_front():
            tty.setcbreak(self._fd, termios.TCSANOW)
            mode = termios.tcgetattr(self._fd)
            mode[6][termios.VSUSP] = bytes([os.fpathconf(self._fd, "PC_VDISABLE") & 0xFF])
            termios.tcsetattr(self._fd, termios.TCSANOW, mode)

    def read(self, timeout: float) -> str:
        """The keys that were pressed, after at most `timeout` seconds; arrows and other special keys are left out."""
        if not self.active:
            time.sleep(timeout)
            return ""
        return self._typed(timeout) if sys.platform != "win32" else self._polled(timeout)

    def _typed(self, timeout: float) -> str:
        try:
            if not select.select([self._fd], [], [], timeout)[0]:
                return ""
            data = os.read(self._fd, 1024)
        except OSError:  # the terminal is gone
            data = b""
        if not data:
            self.active = False
        return SPECIAL.sub("", data.decode(errors="ignore"))

    def _polled(self, timeout: float) -> str:
        deadline = time.monotonic() + timeout
        while not msvcrt.kbhit():  # type: ignore[name-defined]
            if time.monotonic() >= deadline:
                return ""
            time.sleep(POLL)
        key: str = msvcrt.getwch()  # type: ignore[name-defined]
        if key in "\x00\xe0":  # a special key: its second half
            msvcrt.getwch()  # type: ignore[name-defined]
            return ""
        return key

    def close(self) -> None:
        """Restore the mode of the terminal."""
        self.suspend()
        self.active = False

    def resume(self) -> None:
        """Read keys, at first or again after `suspend`. Its caller gives the terminal back on Ctrl-Z."""
        if self.active and sys.platform != "win32":
            signal.signal(signal.SIGCONT, lambda *_: self._begin())  # the shell took the terminal meanwhile
        self._begin()

    def suspend(self) -> None:
        """Restore the mode of the terminal for a while."""
        if self._fd >= 0 and sys.platform != "win32" and hasattr(self, "_before"):
            with suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._fd, termios.TCSANOW, self._before)
