"""A sound server of the session's own, so that tests open real PortAudio streams on a machine without a card.

With `WAVES_REQUIRE_DEVICE=1` a test marked `device` that would be skipped fails instead. A test marked `timing` passes
if the best of several runs does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).with_name("harness") / "audio_sandbox.sh"
NEEDED = ("pulseaudio", "pactl", "parec")
RUNS = 5  # of a test marked `timing`
LIMIT = 60.0  # seconds until a condition that should hold is taken to never hold
AFTER = 0.6  # seconds that a recording goes on, for the latency of the stream
FRAME_BYTES = 8


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Return as soon as a condition holds; fails with `what` after a minute."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


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
        """What the sink plays in the meantime, and a little longer."""
        recording = Recording(Path(self.folder) / f"{sink}-{time.monotonic_ns()}.raw")
        with recording.path.open("wb") as file:
            recorder = subprocess.Popen(
                [str(SCRIPT), "record", sink], env={**os.environ, **self.environment}, stdout=file
            )
            try:
                wait_until(lambda: recording.bytes, "the recorder does not connect")
                yield recording
                end = recording.bytes + round(AFTER * 44100) * FRAME_BYTES
                wait_until(lambda: recording.bytes >= end, "the recorder does not go on")
            finally:
                recorder.terminate()
                recorder.wait(LIMIT)


SANDBOX = pytest.StashKey[Sandbox | None]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SANDBOX] = None
    runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if runs_tests and all(shutil.which(name) for name in NEEDED):
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


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a test marked `timing` until it passes, at most five times: other work makes a run slower, never faster."""
    marker = pyfuncitem.get_closest_marker("timing")
    if marker is None:
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    for left in reversed(range(marker.kwargs.get("runs", RUNS))):
        try:
            pyfuncitem.obj(**arguments)
            break
        except AssertionError:
            if not left:
                raise
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    if report.skipped and item.get_closest_marker("device") and os.environ.get("WAVES_REQUIRE_DEVICE") == "1":
        report.outcome, report.longrepr = "failed", f"skipped, but a device is required: {report.longrepr}"
    return report
