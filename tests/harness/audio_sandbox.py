"""A sound server of the tests' own: what it plays, and what can happen to it."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.harness.waiting import LIMIT, wait

SCRIPT = Path(__file__).with_suffix(".sh")
NEEDED = ("pulseaudio", "pactl", "parec")
PATIENCE = 20.0  # seconds until a recorder that gives nothing has stalled
AFTER = 0.6  # seconds that a recording goes on, for the latency of the stream
FRAME_BYTES = 8

without_library = pytest.mark.skipif(platform.system() != "Linux", reason="other systems have the library in a wheel")


class RecorderStalled(AssertionError):
    """The sound server gives no more frames, as it may on a busy machine: nothing is known of the sound."""


class Recording:
    def __init__(self, path: Path):
        self.path = path

    @property
    def frames(self) -> np.ndarray:
        """float32 of shape (frames, 2)."""
        return np.fromfile(self.path, np.float32).reshape(-1, 2)

    @property
    def bytes(self) -> int:
        """Size of what was recorded so far."""
        return self.path.stat().st_size


class Sandbox:
    """The server and what can happen to it."""

    def __init__(self, folder: str):
        self.folder = folder
        self.environment = {"WAVES_SANDBOX": folder}
        self.do("start")
        lines = self.do("env").splitlines()
        self.environment |= dict(line.split("=", 1) for line in lines)

    def do(self, command: str) -> str:
        """start, stop, unplug, replug, freeze, thaw or kill."""
        result = subprocess.run(
            [str(SCRIPT), command],
            env={**os.environ, **self.environment},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            timeout=LIMIT,
        )
        return result.stdout

    @contextmanager
    def recording(self, sink: str = "sandbox1") -> Iterator[Recording]:
        """The sound of a sink in the meantime, and a little longer. Raises RecorderStalled."""
        recording = Recording(Path(self.folder) / f"{sink}-{time.monotonic_ns()}.raw")
        with recording.path.open("wb") as file:
            recorder = subprocess.Popen(
                [str(SCRIPT), "record", sink], env={**os.environ, **self.environment}, stdout=file
            )
            try:
                assert wait(lambda: recording.bytes), "the recorder does not connect"
                yield recording
                end = recording.bytes + round(AFTER * 44100) * FRAME_BYTES
                if not wait(lambda: recording.bytes >= end, PATIENCE):
                    raise RecorderStalled("the recorder does not go on")
            finally:
                recorder.terminate()
                recorder.wait(LIMIT)
