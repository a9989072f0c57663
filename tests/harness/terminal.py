"""A `waves play` in a real pseudo-terminal. Tests that import this are skipped where there is none."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.harness.command import CONTROL, environment

pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")


STOPS = 'set -m; "$@"; echo the shell is back; read line; fg >/dev/null'
"""Script of a shell that lets Ctrl-Z stop the command, and the return key take it to the front again."""


class Terminal:
    """A `waves play` on the silent device, with a terminal for itself; `before`: how that was set at the start."""

    def __init__(self, folder: Path, *arguments: str, script: str = 'exec "$@"'):
        """`script`: what a shell does, with the command as its arguments."""
        self.main, self.side = pty.openpty()
        termios.tcsetwinsize(self.side, (24, 100))
        self.before = self.settings()
        command = [sys.executable, "-m", "waves", "play", "--device", "silent", *arguments]
        take_terminal = ["sh", "-c", f'exec <"$0" >"$0" 2>&1; {script}', os.ttyname(self.side)]
        self.process = subprocess.Popen(
            [*take_terminal, *command],  # the first terminal that a new session opens is its own
            cwd=folder,
            env={**environment(folder), "TERM": "xterm-256color"},
            start_new_session=True,
        )
        self.written = ""

    def settings(self) -> list[Any]:
        """How the terminal is set: what echoes, and which keys are signals."""
        return termios.tcgetattr(self.side)

    def read(self, timeout: float) -> None:
        if select.select([self.main], [], [], timeout)[0]:
            self.written += os.read(self.main, 65536).decode(errors="replace")

    def wait_for(self, text: str, timeout: float = 60.0) -> None:
        """Until the text is shown; what was shown up to it no longer counts."""
        deadline = time.monotonic() + timeout
        while text not in CONTROL.sub("", self.written):
            assert time.monotonic() < deadline, f"'{text}' is not in {self.written[-2000:]!r}"
            self.read(0.1)
        self.written = CONTROL.sub("", self.written).partition(text)[2]

    def press(self, key: str) -> None:
        os.write(self.main, key.encode())

    def end(self, timeout: float = 60.0) -> int:
        """The exit code, once it has ended by itself."""
        deadline = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.1)  # a terminal that nobody reads would hold it up
        return self.process.wait(1.0)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.main)
        os.close(self.side)
