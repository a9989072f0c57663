"""Reports of the system about changes in folders: as soon as a file is written, and without looking in between.

On Linux they are those of inotify: a file that is closed or renamed is whole, so that nothing needs to be waited for.
Elsewhere watchfiles collects them, which looks 200 times a second.
"""

from __future__ import annotations

import ctypes
import os
import re
import select
import struct
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import watchfiles

QUIET_MS = 2  # ms without another change after which changes are reported, where all that was written is closed
STEP_MS = 5  # the same where a file is still open, or gone
LONGEST_MS = 50  # ms after which changes are reported although there are more
LOOK_MS = 1000  # ms between two looks at the files themselves
STOP_MS = 100  # ms between two checks whether to stop

IGNORED = re.compile(
    r"\.|#.*#$|4913$"  # hidden; Emacs; Vim tries with a file 4913 whether it may write here
    r"|.*(~|\.sw.|\.tmp|\.temp|\.bak|\.orig|\.part|\.py[cod]|___jb_...___|__pycache__)$"
)

MODIFY, ATTRIB, CLOSE_WRITE, MOVED_FROM, MOVED_TO, CREATE, DELETE = 0x2, 0x4, 0x8, 0x40, 0x80, 0x100, 0x200
DELETE_SELF, MOVE_SELF, FOLDER = 0x400, 0x800, 0x4000_0000
WANTED = MODIFY | ATTRIB | CLOSE_WRITE | MOVED_FROM | MOVED_TO | CREATE | DELETE | DELETE_SELF | MOVE_SELF
WHOLE = CLOSE_WRITE | MOVED_TO | ATTRIB  # after these a file can be read
HEAD = struct.Struct("iIII")  # of an event: watch, what, a number that pairs renames, bytes of the name
MOST = 1 << 16  # bytes of events that are read at once


def begun() -> None:
    """Called when the system has begun to report: tests wait for it."""


Coming = Callable[[set[Path]], object]
"""Told of files that are whole as soon as the first of a burst is, before they are reported: more may follow."""


def untold(_files: set[Path]) -> None:
    """A `Coming` for who waits for the reports."""


def reports(folders: Iterable[Path], stop_event: Event, coming: Coming = untold) -> Generator[set[Path]]:
    """Files directly inside folders of which the system reports a change, and an empty set at least once a second.

    `coming`: only Linux says that a file is whole. Raises OSError or RuntimeError where the system does not report.
    """
    seconds = LOOK_MS / 1e3
    look = time.monotonic() + seconds
    with closing(_reported([*folders], stop_event, coming)) as found:
        for files in found:
            if files:
                yield files
            if time.monotonic() >= look:
                yield set()
                look = time.monotonic() + seconds


def _reported(folders: list[Path], stop_event: Event, coming: Coming) -> Generator[set[Path]]:
    return _inotify(folders, stop_event, coming) if sys.platform == "linux" else _watchfiles(folders, stop_event)


def _inotify(folders: list[Path], stop_event: Event, coming: Coming) -> Generator[set[Path]]:
    """The files of each burst of changes, and an empty set now and then."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = _checked(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
    try:
        watched = {
            _checked(libc.inotify_add_watch(fd, os.fsencode(folder), ctypes.c_uint32(WANTED))): folder
            for folder in folders
        }
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        begun()
        while not stop_event.is_set():
            if not poll.poll(min(STOP_MS, LOOK_MS)):
                yield set()
                continue
            burst = Burst()
            longest = time.monotonic() + LONGEST_MS / 1e3
            while True:
                for folder, what, pair, name in _events(os.read(fd, MOST), watched):
                    if not IGNORED.match(name):
                        burst.add(folder / name, what, pair)
                wait = STEP_MS if burst.open_files else QUIET_MS
                if burst.files and not burst.open_files:
                    coming(burst.files)
                if not burst.files or time.monotonic() > longest or not poll.poll(wait):
                    break
            yield burst.files
    finally:
        os.close(fd)


class Burst:
    """The files of one burst of changes, with those that are still written to, or gone: something will follow.

    A file that is made and renamed in one burst is left out: an editor writes so what it puts in place of another file.
    """

    def __init__(self) -> None:
        self.files: set[Path] = set()
        self.open_files: set[Path] = set()
        self._made: set[Path] = set()
        self._renamed: dict[int, Path] = {}  # from these names, by the number that pairs a rename

    def add(self, file: Path, what: int, pair: int = 0) -> None:
        """Add what happened to a file."""
        if what & CREATE:
            self._made.add(file)
        elif what & MOVED_FROM:
            self._renamed[pair] = file
        elif what & MOVED_TO:
            before = self._renamed.pop(pair, file)
            if before in self._made and before != file:
                self._made.remove(before)
                self.files.discard(before)
                self.open_files.discard(before)
        self.files.add(file)
        (self.open_files.discard if what & WHOLE else self.open_files.add)(file)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _events(data: bytes, watched: dict[int, Path]) -> Iterator[tuple[Path, int, int, str]]:
    """The events in what was read: folder, what happened, number that pairs a rename, name of a file.

    The name is empty for the folder itself.
    """
    at = 0
    while at < len(data):
        watch, what, pair, size = HEAD.unpack_from(data, at)
        name = data[at + HEAD.size : at + HEAD.size + size].rstrip(b"\0")
        at += HEAD.size + size
        if watch in watched:
            yield watched[watch], what & ~FOLDER, pair, os.fsdecode(name)


def _watchfiles(folders: list[Path], stop_event: Event) -> Generator[set[Path]]:
    """The same where there is no inotify."""
    changes: Any = watchfiles.watch(
        *folders,
        watch_filter=lambda _, path: not IGNORED.match(os.path.basename(path)),
        debounce=LONGEST_MS,
        step=STEP_MS,
        stop_event=stop_event,
        rust_timeout=LOOK_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
        recursive=False,
    )
    with closing(changes):
        begun()
        for found in changes:
            yield {Path(path) for _, path in found}
