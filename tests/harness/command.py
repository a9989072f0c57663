"""Runs the real `waves` command: to its end, or while it plays."""

from __future__ import annotations

import json
import math
import os
import queue
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

from tests.harness.paths import TOP as ROOT

PATIENCE = 240.0  # seconds; the first time on a machine everything is compiled
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""What `waves` writes to a terminal to move the cursor or to set a colour."""


def environment(folder: Path) -> dict[str, str]:
    """Trust, the key and other choices of the user are those of the tests, or in `folder` outside pytest."""
    config = os.environ.get("XDG_CONFIG_HOME") or str(folder / ".config")
    return {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": config, "COLUMNS": "100"}


def waves(folder: Path, *arguments: str, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """The command, run to its end in `folder`."""
    command = [sys.executable, *python, "-m", "waves", *arguments]
    env = environment(folder)
    return subprocess.run(command, check=False, cwd=folder, env=env, capture_output=True, text=True, timeout=PATIENCE)


def output_of(program: str, *arguments: str) -> str:
    """What a Python program prints."""
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    result = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=PATIENCE)
    return result.stdout.strip()


class Play:
    """`waves play --json-events`, on the silent device unless told otherwise; a context that ends it."""

    def __init__(self, folder: Path, *arguments: str, program: tuple[str, ...] = ("-m", "waves", "play")):
        self.folder = folder
        command = [sys.executable, *program, "--device", "silent", "--json-events", *arguments]
        env, pipe = environment(folder), subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=folder, env=env, stdout=pipe, stderr=pipe, text=True)
        self.events: list[dict[str, Any]] = []
        self._since = 0.0
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)

    def wait_for(self, kind: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """The next event of that kind."""
        deadline = time.monotonic() + timeout
        while (event := self.next(deadline, kind))["event"] != kind or event.get("time", math.inf) < self._since:
            pass
        return event

    def next(self, deadline: float, wanted: str = "event") -> dict[str, Any]:
        """The next event, before a moment of the monotonic clock."""
        try:
            event: dict[str, Any] = json.loads(self._lines.get(timeout=max(deadline - time.monotonic(), 0.0)))
        except queue.Empty:
            code = self.process.poll()
            raise AssertionError(f"no '{wanted}' in time, but {self.events}; exit code {code}") from None
        self.events.append(event)
        return event

    def pass_over(self) -> None:
        """Wait for no event of before now, whenever it is told."""
        self._since = time.time()

    def address(self) -> str:
        """The address of the page, with its token, that `--serve` prints first."""
        assert self.process.stderr
        return next(line.split("the page: ")[1].strip() for line in self.process.stderr if "the page: " in line)

    def says(self, text: str, timeout: float = PATIENCE) -> dict[str, Any]:
        """The next event that says so."""
        deadline = time.monotonic() + timeout
        while text not in (event := self.next(deadline))["text"] or event.get("time", math.inf) < self._since:
            pass
        return event

    def save(self, text: str, name: str = "waves.yaml") -> None:
        """Write a file as editors do: beside it, then renamed."""
        file = self.folder / name
        beside = file.with_name(f".{file.name}.tmp")
        beside.write_bytes(text.encode("utf-8", "surrogateescape"))
        os.replace(beside, file)

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def ended(self) -> int:
        """The exit code, once it has ended; all that it said is in `events` then."""
        code = self.process.wait(PATIENCE)
        self._thread.join(PATIENCE)
        while not self._lines.empty():
            self.next(time.monotonic())
        return code

    def __enter__(self) -> Play:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self._thread.join(PATIENCE)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe
            pipe.close()
