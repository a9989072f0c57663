"""Writes files whole or not at all: beside the target, flushed to the disk, then renamed over it.

The file beside is locked while it is written. A program that was killed holds no lock, so what it has left is known,
and is deleted by the next one that writes to the folder.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

if sys.platform != "win32":  # where nothing is locked, and nothing that others left is deleted
    import fcntl

FOR_ALL = 0o666  # permissions of a new file, less the umask of the process
FOR_OWNER = 0o600
PART = ".part"  # end of the names of files that are being written
UNFINISHED = re.compile(r"\.[0-9a-f]{16}" + re.escape(PART))
CAREFUL = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))

_unfinished: set[Path] = set()  # files of this process


@contextmanager
def whole_files(
    paths: Sequence[Path], mode: int = FOR_ALL, follow: bool = True, *, replace: bool = True
) -> Iterator[list[Path]]:
    """Empty files to write to, one for each path; they take the places of the paths when the block ends.

    A file that is replaced hands on its permissions, a new one gets `mode`. A symbolic link stays, and the file that
    it points to is replaced: right for a path that the user gave. Unless `follow`, the link itself is replaced. The
    folders must exist. When the block or the disk fails, every path is as it was before;
    only a failure between two renames leaves those that were done. Any thread.
    Raises OSError; one of the system has the path as its `filename`. Without `replace` it raises FileExistsError when
    there is something at a path, before the block or after it.
    """
    targets = [path.resolve() if follow else path.absolute() for path in paths]
    # Hidden, of a name that nobody has, in the folder of the target: a rename stays on one disk.
    files = [target.with_name(unfinished_name()) for target in targets]
    try:
        with ExitStack() as stack:
            for file, target in zip(files, targets, strict=True):
                _tidy(target.parent)
                _require(replace, target)
                _unfinished.add(file)
                stack.callback(_unfinished.discard, file)
                stack.callback(file.unlink, missing_ok=True)  # before: a signal may end the program at any moment
                handle = _create(file, mode)
                if sys.platform == "win32":  # where a file that is open cannot be renamed
                    os.close(handle)
                else:
                    stack.callback(os.close, handle)
                if target.exists() and not target.is_symlink():
                    file.chmod(target.stat().st_mode & 0o7777)
            yield files
            for file in files:
                with file.open("r+b") as stream:
                    os.fsync(stream.fileno())
            for target in targets:
                _require(replace, target)
            for file, target in zip(files, targets, strict=True):
                if replace or not _linked(file, target):
                    file.replace(target)
            for folder in {target.parent for target in targets}:
                _flush_folder(folder)
    except OSError as error:
        if error.errno is not None:  # of the system
            asked = {str(file): path for file, path in zip([*files, *targets], [*paths, *paths], strict=True)}
            name = paths[0] if error.filename is None else asked.get(str(error.filename), error.filename)
            error.filename = str(name)
            del error.filename2  # which would be part of the sentence, were it None
        raise


def write_whole(path: Path, data: bytes, mode: int = FOR_ALL, follow: bool = True) -> None:
    """Put `data` in place of what the file holds, as `whole_files` does. Raises OSError."""
    with whole_files([path], mode, follow) as [file]:
        file.write_bytes(data)


def unfinished_name() -> str:
    """A name that nobody has, hidden, for a file that is being written."""
    return f".{secrets.token_hex(8)}{PART}"


def remove_unfinished() -> None:
    """Delete what this process has half written, for an end at which no block of code is left. Any thread."""
    for file in tuple(_unfinished):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def remove_abandoned(folder: Path) -> int:
    """Delete what killed programs have left half written in a folder; the number of files deleted. Any thread.

    Only regular files of this user with such a name go, and only if no program holds them.
    """
    removed = 0
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if UNFINISHED.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    removed += _removed(Path(entry.path))
    return removed


_tidy = cache(remove_abandoned)  # once for each folder


def _require(replace: bool, target: Path) -> None:
    if not replace and target.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))


def _linked(file: Path, target: Path) -> bool:
    """Gives a file a second name, which nothing else has; whether the disk can do that.

    Raises FileExistsError: of several programs at the same time one gets the name.
    """
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except OSError:
        return False
    return True


def _create(file: Path, mode: int) -> int:
    """Makes an empty file and locks it; its handle. The lock goes with the handle or the program."""
    while True:
        handle = os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR | CAREFUL, mode)
        if sys.platform == "win32":
            return handle
        with contextlib.suppress(OSError):  # a disk without locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), file.lstat()):
                return handle
        os.close(handle)  # deleted as abandoned, in the moment before it was locked


def _removed(file: Path) -> bool:
    """Deletes an abandoned file; whether it was one. Raises OSError, also when a program holds it."""
    if sys.platform == "win32":
        return False
    handle = os.open(file, os.O_RDWR | CAREFUL)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
            return False
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.unlink()
        return True
    finally:
        os.close(handle)


def _flush_folder(folder: Path) -> None:
    """Flushes the names in a folder to the disk, where the system has a way for that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | CAREFUL)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
