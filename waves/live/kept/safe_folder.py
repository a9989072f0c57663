"""Folder whose files are opened without following a link: what is no plain file or folder is refused in a sentence.

Where the system can, every name is opened from the folder that is open already, so that nothing on the way can be
exchanged meanwhile. Elsewhere (Windows) each part of the path is looked at before it is opened.
"""

from __future__ import annotations

import errno
import os
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count, filterfalse
from pathlib import Path
from typing import BinaryIO, NoReturn

from waves.problem import reason_of
from waves.whole_file import unfinished_name

FROM_OPEN_FOLDERS = os.open in os.supports_dir_fd and os.stat in os.supports_follow_symlinks
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
NO_WAIT = getattr(os, "O_NONBLOCK", 0)
LINKED = getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0)  # Windows: links of every kind


class SafeFolder:
    """An open folder. Its methods raise OSError, one sentence with the path. Any thread; each call stands for itself.

    Names are those of entries of this folder, without any `/`.
    """

    def __init__(self, path: Path, inside: SafeFolder | None = None):
        """Open the folder `path`, which must be no link; `inside` is its parent, if that is open."""
        self.path = path
        self._open: int | None = None
        found = os.lstat(path) if inside is None else inside._stat(path.name)
        _refuse_links(path, found, folder=True)
        self._number = found.st_dev, found.st_ino
        if FROM_OPEN_FOLDERS:
            flags = os.O_RDONLY | os.O_DIRECTORY | NO_FOLLOW
            at = None if inside is None else inside._open
            self._open = os.open(path if at is None else path.name, flags, dir_fd=at)
            weakref.finalize(self, os.close, self._open)

    def folder(self, name: str) -> SafeFolder:
        """A folder in this one, which is made if there is none."""
        with suppress(FileExistsError), self._named(name) as named:
            os.mkdir(named, dir_fd=self._open)
        return self.existing_folder(name)

    def existing_folder(self, name: str) -> SafeFolder:
        """A folder in this one."""
        _check_name(name)
        return SafeFolder(self.path / name, self)

    def is_lost(self) -> bool:
        """Whether its path leads to nothing, or to something else than when it was opened."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return True
        return (found.st_dev, found.st_ino) != self._number

    def names(self) -> list[str]:
        """Names of everything in the folder, sorted."""
        try:
            return sorted(os.listdir(self.path if self._open is None else self._open))
        except OSError as error:
            error.filename = str(self.path)
            raise

    def is_there(self, name: str) -> bool:
        """Whether there is an entry of this name, be it a link to nowhere."""
        try:
            self._stat(name)
        except FileNotFoundError:
            return False
        return True

    def stat(self, name: str) -> os.stat_result:
        """Size and times of a plain file."""
        found = self._stat(name)
        _refuse_links(self.path / name, found)
        return found

    def read(self, name: str, most: int, begin: int = 0) -> bytes:
        """The bytes of a plain file from `begin` on. A file with more than `most` bytes is not read at all."""
        with self.reading(name, most) as file:
            file.seek(begin)
            return file.read(most + 1 - begin if begin <= most else 0)[: most - begin]

    @contextmanager
    def reading(self, name: str, most: int) -> Iterator[BinaryIO]:
        """A plain file that is open for reading, of at most `most` bytes."""
        handle = self._handle(name, os.O_RDONLY | NO_WAIT)
        with os.fdopen(handle, "rb") as file, self._named(name):
            if (size := os.fstat(handle).st_size) > most:
                raise OSError(
                    errno.EFBIG, f"it has {size / 1e6:.0f} MB, more than {most / 1e6:.0f} MB", self._path(name)
                )
            yield file

    def append(self, name: str, data: bytes) -> None:
        """Add bytes to the end of a plain file, in one write, all or none; it is made if there is none."""
        handle = self._handle(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | NO_WAIT)
        with os.fdopen(handle, "ab", buffering=0) as file, self._named(name):
            if (written := file.write(data)) != len(data):
                if file.tell() == os.fstat(handle).st_size:  # else another process has added to it
                    file.truncate(file.tell() - written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._path(name))

    @contextmanager
    def replacing(self, name: str, flush: bool = True) -> Iterator[BinaryIO]:
        """An empty file, open for reading and writing, that takes the place of `name` when the block ends well.

        A link of that name is replaced itself, not followed; a folder gets another name, with `-aside` behind it. With
        `flush` the data is on the disk before the name is given to it: needed for what must outlive a loss of power.
        """
        part = unfinished_name()
        with self._named(part) as named:
            made = os.open(named, os.O_RDWR | os.O_CREAT | os.O_EXCL | NO_FOLLOW, 0o666, dir_fd=self._open)
        try:
            with os.fdopen(made, "w+b") as file:
                yield file
                file.flush()
                if flush:
                    os.fsync(file.fileno())
            with suppress(IsADirectoryError):
                self._replace(part, name)
                return
            self.rename(name, next(filterfalse(self.is_there, (f"{name}-aside{k or ''}" for k in count()))))
            self._replace(part, name)
        except BaseException as error:
            with suppress(OSError):
                self.remove(part)
            if isinstance(error, OSError) and error.errno is not None:
                error.filename = self._path(name)
            raise

    def _replace(self, name: str, to: str) -> None:
        with self._named(name) as now, self._named(to) as then:
            os.replace(now, then, src_dir_fd=self._open, dst_dir_fd=self._open)

    def write(self, name: str, data: bytes, flush: bool = True) -> None:
        """Put a file in the place of `name`, as `replacing` does."""
        with self.replacing(name, flush) as file:
            file.write(data)

    def remove(self, name: str) -> None:
        """Delete a file or a link of this folder, not what a link points to."""
        with self._named(name) as named:
            os.unlink(named, dir_fd=self._open)

    def remove_folder(self, name: str) -> None:
        """Delete an empty folder of this folder."""
        with self._named(name) as named:
            os.rmdir(named, dir_fd=self._open)

    def rename(self, name: str, to: str) -> None:
        """Give an entry of any kind another name in this folder, which nothing has; nothing is followed."""
        if self.is_there(to):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), self._path(to))
        with self._named(to) as then, self._named(name) as now:
            os.rename(now, then, src_dir_fd=self._open, dst_dir_fd=self._open)

    def _handle(self, name: str, flags: int) -> int:
        """A file handle of a plain file, that may not exist yet if the flags make one."""
        try:
            self.stat(name)
        except FileNotFoundError:
            if not flags & os.O_CREAT:
                raise
            flags |= os.O_EXCL  # whoever makes a link of this name now is not followed
        with self._named(name) as named:
            handle = os.open(named, flags | NO_FOLLOW, 0o666, dir_fd=self._open)
        try:
            _refuse_links(self.path / name, os.fstat(handle))
        except OSError:
            os.close(handle)
            raise
        return handle

    def _stat(self, name: str) -> os.stat_result:
        with self._named(name) as named:
            return os.stat(named, dir_fd=self._open, follow_symlinks=False)

    @contextmanager
    def _named(self, name: str) -> Iterator[str]:
        """The name for a call of the system: from the open folder, or the whole path.

        Raises OSError for what is no name, and those of the call, with the whole path.
        """
        _check_name(name)
        if self._open is None:
            _refuse_links(self.path, os.lstat(self.path), folder=True)
        try:
            yield self._path(name) if self._open is None else name
        except OSError as error:
            if error.errno is not None:
                error.filename = self._path(name)
                del error.filename2  # which would be part of the sentence, were it None
            raise

    def _path(self, name: str) -> str:
        return str(self.path / name)


class ClosedFolder(SafeFolder):
    """A folder that cannot be opened: whatever is asked of it raises the reason. Any thread."""

    def __init__(self, path: Path, reason: OSError):
        self.path, self._reason = path, reason

    def existing_folder(self, name: str) -> SafeFolder:
        """A folder in this one, which cannot be opened either."""
        return ClosedFolder(self.path / name, self._reason)

    def is_lost(self) -> bool:
        """No: there was none."""
        return False

    def names(self) -> list[str]:
        """Raises OSError."""
        self._named("")

    def _named(self, name: str) -> NoReturn:
        path = str(self.path / name)
        raise OSError(self._reason.errno or errno.EIO, reason_of(self._reason), path)


def _check_name(name: str) -> None:
    if name in ("", ".", "..") or "/" in name or os.sep in name or "\0" in name:
        raise OSError(errno.EINVAL, "it is not the name of a file", name)


def _refuse_links(path: Path, found: os.stat_result, folder: bool = False) -> None:
    """Raise OSError unless `found`, the status of `path`, is that of a plain file, or of a `folder`."""
    if stat.S_ISLNK(found.st_mode) or getattr(found, "st_file_attributes", 0) & LINKED:
        raise OSError(errno.ELOOP, "it is a link, which is not followed", str(path))
    if folder and not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(errno.ENOTDIR, "it is not a folder", str(path))
    if not folder and not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is not a plain file", str(path))
