"""Client of a process that another one forks off once it has imported what both need: the second costs nothing more.

`start_two` starts both. Linux alone: such a process is not our child, and only there it can be held safely, by a
descriptor of it, as its number may become that of another.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import IO

from waves.node_types.process.python_process import start_worker

ENDED = -1  # in place of an exit code, which only the parent is told


class ForkedProcess:
    """Such a process, used like a `subprocess.Popen` whose module may not be loaded yet."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes], number: IO[bytes]):
        """`number` is the end of a pipe on which the process tells its number as it begins."""
        self.stdin, self.stdout = stdin, stdout
        self._pid = self._handle = -1
        self._killed = False
        self._lock = threading.Lock()
        self._begun = threading.Event()
        threading.Thread(target=self._meet, args=(number,), name="forked process", daemon=True).start()

    @property
    def pid(self) -> int:
        """Its number, as soon as it has begun. Raises ProcessLookupError if it never does."""
        self._begun.wait()
        if self._handle < 0:
            raise ProcessLookupError
        return self._pid

    def poll(self) -> int | None:
        """None as long as it runs, or is about to."""
        if not self._begun.is_set() or (self._handle >= 0 and not _is_readable(self._handle, 0)):
            return None
        return ENDED

    def kill(self) -> None:
        """Ends it, at the latest as it begins."""
        with self._lock:
            self._killed = True
            if self._handle >= 0:
                self._kill()

    def wait(self) -> int:
        """Returns when it has ended."""
        self._begun.wait()
        if self._handle >= 0:
            _is_readable(self._handle, None)
        return ENDED

    def _meet(self, number: IO[bytes]) -> None:
        with number:
            said = number.readline()
        with self._lock:
            with suppress(OSError, ValueError):  # it ended, or the process that was to fork it
                self._pid = int(said)
                self._handle = _hold(self._pid)
                if self._killed:
                    self._kill()
            self._begun.set()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            if sys.platform == "linux":
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)

    def __del__(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)


def _is_readable(handle: int, seconds: float | None) -> bool:
    """Whether the descriptor of a process says within some time that it has ended; None: it waits for that."""
    ends = select.poll()  # unlike `select` for any number of open files
    ends.register(handle, select.POLLIN)
    return bool(ends.poll(None if seconds is None else 1000 * seconds))


def _hold(pid: int) -> int:
    """A descriptor of a process. Raises OSError."""
    if sys.platform == "linux":
        return os.pidfd_open(pid)
    raise OSError


@cache
def can_fork() -> bool:
    """Whether such processes can be used here."""
    try:
        os.close(_hold(os.getpid()))
    except (OSError, AttributeError):  # an old kernel, or Python was made on one
        return False
    return True


def start_two(module: str, environment: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], ForkedProcess]:
    """Starts a module as a process that answers requests, and that forks another one off: see `fork_off`."""
    (requests, to), (of, answers), (told, number) = os.pipe(), os.pipe(), os.pipe()
    given = (requests, answers, number)
    try:
        first = start_worker(module, environment, given)
    except BaseException:
        for end in (to, of, told):
            os.close(end)
        raise
    finally:
        for end in given:
            os.close(end)
    return first, ForkedProcess(os.fdopen(to, "wb"), os.fdopen(of, "rb"), os.fdopen(told, "rb"))


def fork_off(given: tuple[int, int, int], own: tuple[IO[bytes], IO[bytes]]) -> tuple[IO[bytes], IO[bytes]]:
    """Forks a process off in the module that `start_two` has started; the streams of requests and answers in each.

    `given` are the descriptors from its arguments, `own` its own streams. It must have one thread, and gets a handler
    of the signal for children that end.
    """
    requests, answers, number = given
    try:
        forked = os.fork()
    except OSError:  # there is no room: the player starts another by itself
        forked = -1
    if forked:
        for end in given:
            os.close(end)
        signal.signal(signal.SIGCHLD, lambda *_: _forget(forked))
        _forget(forked)
        return own
    for stream in own:
        stream.close()
    os.write(number, b"%d\n" % os.getpid())
    os.close(number)
    return os.fdopen(requests, "rb"), os.fdopen(answers, "wb")


def _forget(forked: int) -> None:
    """Has the system forget a child that has ended."""
    with suppress(ChildProcessError):
        os.waitpid(forked, os.WNOHANG)
