"""Reads a file once its save is complete."""

from __future__ import annotations

import stat
import time
from pathlib import Path

SETTLED = 0.01  # s without a change after which a file is complete
TRIES = 100  # readings of a file that keeps changing
ABSENT = 10  # of one that is not there: an editor may delete it before it writes
MOST_BYTES = 8_000_000  # that are read of a file: no text may be as long

Stamp = tuple[int, int, int]  # time of change in ns, size in bytes, number of the file


def read_settled(path: Path) -> str:
    """The text of a file that was not written to for 10 ms, its line ends as they are. Any thread.

    Bytes that are not UTF-8 become lone surrogates, which `read_document` shows. After an error it is tried again for
    one second, where there is no file for a tenth of that; then raises OSError.
    """
    failure: OSError = TimeoutError(f"'{path.name}' keeps changing")
    absent = 0
    for _ in range(TRIES):
        try:
            before = stamp_of(path)
            rest = SETTLED - (time.time() - before[0] / 1e9)
            if rest > 0:
                time.sleep(min(rest, SETTLED))
            data = _bytes(path)
            if stamp_of(path) == before:
                return data.decode("utf-8", "surrogateescape")
        except OSError as error:
            failure = error
            absent += isinstance(error, FileNotFoundError)
            if absent == ABSENT:
                break
            time.sleep(SETTLED)
    raise failure


def read_early(path: Path) -> tuple[str, bool]:
    """The text of a file as it is now, as from `read_settled`, and whether it has rested; else it may not be complete.

    Where it cannot be read now, it is that of `read_settled`. Any thread. Raises OSError.
    """
    try:
        before = stamp_of(path)
        data = _bytes(path)
        rested = time.time() - before[0] / 1e9 >= SETTLED
        if stamp_of(path) == before:
            return data.decode("utf-8", "surrogateescape"), rested
    except OSError:
        pass
    return read_settled(path), True


def _bytes(path: Path) -> bytes:
    """The content of a file; of a larger one than any text may be only its beginning, which is too much already."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES)


def stamp_of(path: Path) -> Stamp:
    """The marks of a file that change when it is saved. Raises OSError, also for what is no file."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"'{path.name}' is not a file")
    return status.st_mtime_ns, status.st_size, status.st_ino
