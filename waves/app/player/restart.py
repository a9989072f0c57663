"""Replaces this process by the same command: a sound thread that hangs cannot be stopped in another way."""

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
from waves.problem import reason_of

VARIABLE = "WAVES_AGAIN"  # in the environment of the process that takes over


@dataclass(frozen=True, slots=True)
class Handover:
    """State for the process that takes over, beside the command line."""

    restarts: int = 0  # in a row
    record: str | None = None  # file of the recording that ran
    left: float | None = None  # seconds of `--duration`
    held: bool = False
    port: int = 0  # at which clients find the server again
    token: str = ""

    def applied(self, options: PlayOptions) -> PlayOptions:
        """The options of the command line, changed so that the session continues."""
        record = None if self.record is None else Path(self.record)
        return replace(options, sounds=[], resume=True, record=record, duration=self.left)


@dataclass(frozen=True, slots=True)
class RestartCommand:
    """A command, and whether it replaces this process. Otherwise it runs as a child, whose exit code is passed on."""

    command: list[str]
    replaces: bool


def restart_command(arguments: Sequence[str], executable: str, platform: str) -> RestartCommand:
    """The command that starts this process again, from all its arguments and the path of its Python.

    On Windows `execve` would return the terminal to the shell immediately, so the command is a child there.
    """
    return RestartCommand([executable or arguments[0], *arguments[1:]], platform != "win32")


def received_handover(environment: MutableMapping[str, str]) -> Handover | None:
    """The handover from the process before, None if there was none. Child processes do not inherit it."""
    text = environment.pop(VARIABLE, None)
    try:
        return None if text is None else Handover(**json.loads(text))
    except (ValueError, TypeError):
        return None


def restart_process(how: RestartCommand, handover: Handover) -> NoReturn:
    """Replace this process by a command."""
    environment = {**os.environ, VARIABLE: json.dumps(asdict(handover))}
    try:
        if how.replaces:
            _close_with_this()
            _flush()
            os.execve(how.command[0], how.command, environment)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the child
        leave(subprocess.call(how.command, env=environment))
    except OSError as error:
        print(f"it cannot be started again: {reason_of(error)}", file=sys.stderr)
        leave(Exit.HUNG)


def leave(code: int) -> NoReturn:
    """Exit without freeing memory, which the sound thread that hangs still uses."""
    _flush()
    os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def _close_with_this() -> None:
    """Let files and devices that libraries have opened be closed by `execve`; Python marks its own already."""
    for name in os.listdir("/dev/fd"):
        with suppress(OSError):
            if int(name) > 2:
                os.set_inheritable(int(name), False)
