"""A sound server of the session's own, so that tests open real PortAudio streams on a machine without a card.

With `WAVES_REQUIRE_DEVICE=1` a test marked `device` that would be skipped fails instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("harness") / "audio_sandbox.sh"
NEEDED = ("pulseaudio", "pactl", "parec")


class Recording:
    def __init__(self, path: Path):
        self.path = path

    @property
    def frames(self) -> np.ndarray:
        """float32 of shape (frames, 2)."""
        return np.fromfile(self.path, np.float32).reshape(-1, 2)


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
            timeout=30,
        )
        return result.stdout

    @contextmanager
    def recording(self, sink: str = "sandbox1") -> Iterator[Recording]:
        """What the sink plays in the meantime, and half a second longer."""
        recording = Recording(Path(self.folder) / f"{sink}-{time.monotonic_ns()}.raw")
        with recording.path.open("wb") as file:
            recorder = subprocess.Popen(
                [str(SCRIPT), "record", sink], env={**os.environ, **self.environment}, stdout=file
            )
            time.sleep(0.7)  # the recorder needs that long to connect
            try:
                yield recording
                time.sleep(0.5)
            finally:
                recorder.terminate()
                recorder.wait(10)


SANDBOX = pytest.StashKey[Sandbox | None]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SANDBOX] = None
    if all(shutil.which(name) for name in NEEDED):
        # Before anything imports sounddevice: PortAudio reads its environment then.
        sandbox = Sandbox(tempfile.mkdtemp(prefix="waves-", dir="/tmp"))
        os.environ.update(sandbox.environment)
        config.stash[SANDBOX] = sandbox


def pytest_unconfigure(config: pytest.Config) -> None:
    if sandbox := config.stash.get(SANDBOX, None):
        sandbox.do("stop")
        shutil.rmtree(sandbox.folder, ignore_errors=True)


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The running server, whole again afterwards whatever the test did to it."""
    found = request.config.stash[SANDBOX]
    if found is None:
        pytest.skip(f"needs {', '.join(NEEDED)}: apt install pulseaudio pulseaudio-utils libasound2-plugins")
    yield found
    found.do("start")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.skipped and item.get_closest_marker("device") and os.environ.get("WAVES_REQUIRE_DEVICE") == "1":
        report.outcome, report.longrepr = "failed", f"skipped, but a device is required: {report.longrepr}"
    return report
