"""Starts the same command again in place of this one, whose sound thread hangs: it can be ended in no other way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import MutableMapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NoReturn

from waves.app.exit_codes import Exit
from waves.app.player.options import PlayOptions

VARIABLE = "WAVES_AGAIN"  # in the environment of the one that takes over


@dataclass(frozen=True, slots=True)
class Handover:
    """What the one that takes over is told beside the command line."""

    restarts: int = 0  # in a row
    record: str | None = None  # where a recording was to go that ran
    left: float | None = None  # seconds of `--duration`
    held: bool = False

    def applied(self, options: PlayOptions) -> PlayOptions:
        """The wishes of the command line as they are now: to go on."""
        record = None if self.record is None else Path(self.record)
        return replace(options, sounds=[], resume=True, record=record, duration=self.left)


@dataclass(frozen=True, slots=True)
class RestartCommand:
    """A command, and whether it takes the place of this process; else it is a child, and its exit code passed on."""

    command: list[str]
    replaces: bool


def restart_command(arguments: Sequence[str], executable: str, platform: str) -> RestartCommand:
    """How to start a process again, from all its arguments and the path of its Python.

    What Windows calls the same gives the terminal back to the shell at once, so there it is a child.
    """
    return RestartCommand([executable or arguments[0], *arguments[1:]], platform != "win32")


def received_handover(environment: MutableMapping[str, str]) -> Handover | None:
    """What this process was told, if it takes over from another; children are not told."""
    text = environment.pop(VARIABLE, None)
    try:
        return None if text is None else Handover(**json.loads(text))
    except (ValueError, TypeError):
        return None


def restart_process(how: RestartCommand, told: Handover) -> NoReturn:
    """End this process; the command goes on."""
    environment = {**os.environ, VARIABLE: json.dumps(asdict(told))}
    try:
        if how.replaces:
            _close_with_this()
            _flush()
            os.execve(how.command[0], how.command, environment)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the child
        leave(subprocess.call(how.command, env=environment))
    except OSError as error:
        print(f"it cannot be started again: {error.strerror or error}", file=sys.stderr)
        leave(Exit.HUNG)


def leave(code: int) -> NoReturn:
    """End at once: the sound thread, which hangs, still reads and writes what Python would free."""
    _flush()
    os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def _close_with_this() -> None:
    """Leave no file or device open that a library may have opened; what Python opens is closed anyway."""
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):
            if int(name) > 2:
                os.set_inheritable(int(name), False)
