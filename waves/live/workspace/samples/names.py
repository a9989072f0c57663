"""Names of samples: each folder of files in `samples/`, and each name in a sample map there.

`samples/` comes before the SAMPLE_FOLDERS, what lies nearer to it before what lies deeper, a name in a map before a
folder beside it, and otherwise what comes first in the alphabet.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from waves.audio.sample_loader import SUFFIXES
from waves.live.workspace.samples.maps import SUFFIX, MapError, MappedFile, read_sample_map
from waves.live.workspace.workspace import FilePlaces, Workspace, places_of_files, reachable_folders

SAMPLES = "samples/"
DEEPEST = 4  # folders below `samples/`
MOST_FOLDERS = 20_000
RESTED = 2.0  # s after a change, from when on a folder with the same time of its change is the same
LICENCE = re.compile(r"(licen[cs]e|copying|copyright|notice)\b.*", re.IGNORECASE)
"""Names of files that say under which terms samples may be used."""
WORD = re.compile(r"\w[\w.+-]*")


@dataclass(frozen=True, slots=True)
class Samples:
    """The files of one name: those of a folder, or those that a map lists. `pack` is the folder that it came with."""

    name: str
    folder: Path
    """The folder of the files, or that of the map."""
    pack: str = ""
    """The folder in `samples/` that has it; empty for what lies directly in `samples/`."""
    files: tuple[MappedFile, ...] = ()
    """The files of a map, seen from its folder; none for a folder."""
    depth: int = 0
    """Folders between it and `samples/`."""

    @property
    def paths(self) -> dict[str, float]:
        """The files that a map lists, by path, each with its pitch in Hz, 0 without."""
        return {os.path.normpath(self.folder / one.path): one.pitch for one in self.files}


@dataclass(slots=True)
class SampleNames:
    """All names of samples that were found: `first` by name those that play, `all` with those that are hidden."""

    all: list[Samples] = field(default_factory=list)
    first: dict[str, Samples] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """A sentence for each file that is no sample map."""
    stamps: dict[Path, tuple[int, int]] = field(default_factory=dict)
    """Times of the last change and sizes of what was looked at."""

    @property
    def words(self) -> frozenset[str]:
        """The names that can be words of a pattern."""
        return frozenset(name for name in self.first if WORD.fullmatch(name))


_found: dict[tuple[Path, ...], tuple[float, SampleNames]] = {}
_lock = Lock()


def sample_names(workspace: Workspace, sample_folders: Iterable[str] = ()) -> SampleNames:
    """The names of samples of a piece, looked for again when a folder or a map has changed. Any thread."""
    tops = [workspace.root / "samples", *reachable_folders(workspace.root, sample_folders)]
    key = (workspace.root, *tops)
    with _lock:
        at, found = _found.get(key, (0.0, SampleNames()))
    if at and not _has_changed(found, at):
        return found
    now = time.time()
    found = SampleNames()
    places = places_of_files(workspace, sample_folders)
    for top in tops:
        first = len(found.all)
        _look(top, places, found)
        found.all[first:] = sorted(found.all[first:], key=lambda one: (one.depth, not one.files))
    for one in found.all:
        found.first.setdefault(one.name, one)
    with _lock:
        if len(_found) > 8:
            _found.clear()
        _found[key] = now, found
    return found


def named_in(text: str, names: SampleNames) -> Samples | None:
    """The samples that a text `samples/NAME` names."""
    return names.first.get(text.removeprefix(SAMPLES)) if text.startswith(SAMPLES) else None


def _stamp(path: Path) -> tuple[int, int]:
    """The time of the last change in ns and the size; zeros for what is not there."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _has_changed(found: SampleNames, at: float) -> bool:
    """Whether a folder or map has changed since, or may have in the moment in which it was looked at."""
    newest = (at - RESTED) * 1e9
    return any(stamp[0] > newest or _stamp(path) != stamp for path, stamp in found.stamps.items())


def _look(top: Path, places: FilePlaces, found: SampleNames) -> None:
    """Add the names below one folder: level by level, in each by name."""
    level, seen = [top], set[Path]()
    for depth in range(DEEPEST + 1):
        deeper: list[Path] = []
        for folder in level:
            with suppress(OSError, RuntimeError):
                real = folder.resolve()
                if real in seen or not any(real.is_relative_to(place) for place in places.allowed):
                    continue
                seen.add(real)
                found.stamps[folder] = _stamp(folder)
                if len(seen) <= MOST_FOLDERS:
                    deeper += _look_into(folder, top, found)
        level = deeper if depth < DEEPEST else []


def _look_into(folder: Path, top: Path, found: SampleNames) -> list[Path]:
    """Add the folder itself and the names of its maps; the folders in it."""
    with os.scandir(folder) as entries:
        listed = sorted((one for one in entries if not one.name.startswith((".", "__"))), key=lambda one: one.name)
    parts = folder.relative_to(top).parts
    pack = parts[0] if parts else ""
    if parts and any(one.name.lower().endswith(SUFFIXES) and one.is_file(follow_symlinks=False) for one in listed):
        found.all.append(Samples(folder.name, folder, pack if len(parts) > 1 else "", depth=len(parts) - 1))
    for one in listed:
        if one.name.lower().endswith(SUFFIX) and one.is_file(follow_symlinks=False):
            path = folder / one.name
            found.stamps[path] = _stamp(path)
            try:
                named = read_sample_map(path)
                found.all += [Samples(name, folder, pack, files, len(parts)) for name, files in named.items()]
            except MapError as error:
                found.problems.append(str(error))
    return [folder / one.name for one in listed if one.is_dir()]
