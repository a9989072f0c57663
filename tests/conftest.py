"""A sound server of the session's own, so that tests open real PortAudio streams on a machine without a card; and
stages, on which a test plays without any device. Generated examples may take as long as they like.

With `WAVES_REQUIRE_DEVICE=1` a test marked `device` that would be skipped fails instead. A test marked `timing` passes
if the best of several runs does.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as generated

from tests.harness.audio_sandbox import NEEDED, Sandbox
from tests.harness.session_harness import Stage, write_sample

RUNS = 5  # of a test marked `timing`
SETTINGS = pytest.StashKey[str]()
"""Folder of the user's choices, so that no test reads or writes those of whoever runs it."""
SANDBOX = pytest.StashKey[Sandbox | None]()
BYTECODE = pytest.StashKey[str]()
"""Folder of the bytecode of modules, where the environment wants none beside them: hundreds of processes read it."""


generated.register_profile("waves", deadline=None, suppress_health_check=[HealthCheck.too_slow])
generated.load_profile("waves")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)  # under nohup too: the processes of tests get it as it is
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell too
    config.stash[SANDBOX] = None
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = config.stash[BYTECODE] = tempfile.mkdtemp(prefix="waves-bytecode-")
    os.environ["XDG_CONFIG_HOME"] = config.stash[SETTINGS] = tempfile.mkdtemp(prefix="waves-settings-")
    runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if runs_tests and all(shutil.which(name) for name in NEEDED):
        assert "sounddevice" not in sys.modules, "PortAudio reads its environment when it is imported"
        sandbox = Sandbox(tempfile.mkdtemp(prefix="waves-", dir="/tmp"))
        os.environ.update(sandbox.environment)
        config.stash[SANDBOX] = sandbox


def pytest_unconfigure(config: pytest.Config) -> None:
    for key in (SETTINGS, BYTECODE):
        if key in config.stash:
            shutil.rmtree(config.stash[key], ignore_errors=True)
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


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    """Makes stages, as many as a test asks for, and stops them after it.

    Each plays a text in a folder of its own with `samples/a.wav`, or what is in a `folder` already; for the other
    options see `Stage`:

        live = stage(PIECE, keeps=True)
        again = stage(folder=live.folder, keeps=True, resumed=state_of(live))
    """
    made: list[Stage] = []

    def make(text: str | None = None, *, folder: Path | None = None, **options: Any) -> Stage:
        if folder is None:
            folder = tmp_path / f"stage{len(made)}"
            write_sample(folder / "samples" / "a.wav")
        made.append(Stage(folder, text, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


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
