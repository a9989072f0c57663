"""Contents of a pack: a folder or a zip archive in, its files out, each with a name that is safe to write.

Links, devices and names that lead elsewhere are refused: a pack that has one is not to be trusted.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, NamedTuple

from waves.problem import Problem, Problems

DEEPEST = 12  # folders
LONGEST = 200  # bytes of a name of a file or folder
MOST_ENTRIES = 200_000  # of an archive, with what is left out
ENCRYPTED = 1  # a flag of an entry


class PackedFile(NamedTuple):
    """A file of a pack: the names of its folders and its own, and how it is opened."""

    parts: tuple[str, ...]
    open: Callable[[], AbstractContextManager[IO[bytes]]]


def files_of_folder(folder: Path) -> Iterator[PackedFile]:
    """The files of a folder, in the order of their names; hidden ones are left out. Raises Problems."""

    def inside(path: Path, parts: tuple[str, ...]) -> Iterator[PackedFile]:
        with os.scandir(path) as entries:
            listed = sorted((one for one in entries if not one.name.startswith(".")), key=lambda one: one.name)
        for one in listed:
            below = (*parts, one.name)
            _check_kind(one.stat(follow_symlinks=False).st_mode, "/".join(below))
            _check_parts(below, one.name)
            if one.is_dir(follow_symlinks=False):
                yield from inside(path / one.name, below)
            else:
                yield PackedFile(below, lambda file=path / one.name: _opened(file))  # type: ignore[misc]

    yield from inside(folder, ())


def files_of_archive(archive: zipfile.ZipFile) -> Iterator[PackedFile]:
    """The files of a zip archive in its order, without its only outermost folder; hidden ones are left out.

    All names are looked at before the first file. Raises Problems.
    """
    if len(archive.infolist()) > MOST_ENTRIES:
        raise Problems(Problem(f"the archive has more than {MOST_ENTRIES:,} entries"))
    found = [(parts_of(one), one) for one in archive.infolist()]
    files = [(parts, one) for parts, one in found if not one.is_dir() and not _is_hidden(parts)]
    outermost = {parts[0] if len(parts) > 1 else "" for parts, _ in files}
    only = len(outermost) == 1 and "" not in outermost
    for parts, one in files:
        yield PackedFile(parts[1:] if only else parts, lambda one=one: archive.open(one))  # type: ignore[misc]


def outermost_folder(archive: zipfile.ZipFile) -> str:
    """The name of the only outermost folder of an archive; empty if there is none."""
    names = {one.filename.split("/")[0] for one in archive.infolist() if not _is_hidden(tuple(one.filename.split("/")))}
    return names.pop() if len(names) == 1 and all("/" in one.filename for one in archive.infolist()) else ""


def parts_of(entry: zipfile.ZipInfo) -> tuple[str, ...]:
    """The names of the folders and of the file of an entry. Raises Problems for one that is refused."""
    name = entry.orig_filename
    if entry.flag_bits & ENCRYPTED:
        raise Problems(Problem(f"'{name}' in the archive is encrypted"))
    _check_kind(entry.external_attr >> 16, name)
    if "\\" in name or "\0" in name or name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        raise _elsewhere(name)
    parts = tuple(name.removesuffix("/").split("/"))
    _check_parts(parts, name)
    return parts


def _check_kind(mode: int, name: str) -> None:
    """Raises Problems for what is neither a file nor a folder; a mode without a kind is that of a file."""
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        raise Problems(Problem(f"'{name}' in the pack is a link: a pack has files and folders only"))
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Problems(Problem(f"'{name}' in the pack is a device: a pack has files and folders only"))


def _check_parts(parts: tuple[str, ...], name: str) -> None:
    """Raises Problems for a name that leads elsewhere, or cannot be written everywhere."""
    if any(part in ("", ".", "..") for part in parts):
        raise _elsewhere(name)
    if len(parts) > DEEPEST or any(len(os.fsencode(part)) > LONGEST for part in parts):
        raise Problems(Problem(f"a name in the pack is too long: '{name[:80]}…'"))
    if not name.isprintable():
        raise Problems(Problem(f"'{name}' in the pack has letters that cannot be shown"))


def _elsewhere(name: str) -> Problems:
    return Problems(Problem(f"'{name}' in the pack leads out of its folder"))


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in parts)


def _opened(path: Path) -> IO[bytes]:
    """A file that is no link, though it may have become one. Raises OSError."""
    return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)), "rb")
