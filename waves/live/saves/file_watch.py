"""Reports saved files within milliseconds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from threading import Event

from waves.live.saves.folder_reports import IGNORED, Coming, reports, untold
from waves.live.workspace.settled_files import Stamp, stamp_of

POLL = 0.1  # s between two looks where the system reports nothing


def watch(
    paths: Callable[[], Iterable[Path]],
    stop_event: Event,
    lost: Callable[[str], None] | None = None,
    since: float | None = None,
    coming: Coming = untold,
    seen: Mapping[Path, Stamp] | None = None,
) -> Iterator[set[Path]]:
    """Sets of files that were changed, created or deleted after this call, until `stop_event` is set.

    Before these a set of the files that were written after `since`, in seconds since 1970, or that differ from `seen`.
    `coming` is told of files some milliseconds before, if the system says that they are whole. On a thread of its own.

    `paths()` are files, and folders for the files directly inside. They need not exist, and are asked for again at each
    look, so that a new folder is followed too. Reports of the system only say when to look: changes are found by
    comparing the files themselves, so none is missed between two reports. Of files that were there only those that are
    reported are looked at, all of them once a second. Where the system does not report, they are looked at ten times a
    second, and `lost` is called with the reason.
    """
    now = stamps(paths())
    late = {path for path, stamp in now.items() if since is not None and stamp[0] > since * 1e9}
    if seen is not None:
        late |= {path for path, _ in seen.items() ^ now.items()}
    return _changes(now, paths, stop_event, lost, late, coming)


def folders_in(top: Path) -> Iterator[Path]:
    """A folder, which need not be there, and all folders in it; links are not followed."""
    yield top
    for folder, inside, _ in os.walk(top):
        inside[:] = [name for name in inside if not name.startswith((".", "__"))]
        yield from (Path(folder, name) for name in inside if not os.path.islink(os.path.join(folder, name)))


def _changes(
    seen: dict[Path, Stamp],
    paths: Callable[[], Iterable[Path]],
    stop_event: Event,
    lost: Callable[[str], None] | None,
    late: set[Path],
    coming: Coming,
) -> Iterator[set[Path]]:
    """As `watch`, after files were seen in a state."""
    if late:
        yield late
    unreported = 0
    reason = ""
    while not stop_event.is_set() and not reason:
        folders = _folders(paths())
        try:
            with closing(reports(folders, stop_event, coming)) as found:
                for reported in found:
                    if reported and (changed := _known(reported, seen)) is not None:
                        unreported = 0
                        if changed:
                            yield changed
                        continue
                    wanted = list(paths())
                    before, seen = seen, stamps(wanted)
                    changed = {path for path, _ in before.items() ^ seen.items()}
                    if reported:
                        unreported = 0
                    elif any(path.parent in folders for path in changed):  # a new folder is not watched yet
                        unreported += 1  # the first time the report may be on its way
                    if changed:
                        yield changed
                    if unreported == 2:
                        reason = "the system does not report changes here"
                        break
                    if folders != _folders(wanted):
                        break
        except (OSError, RuntimeError) as error:
            reason = str(error)
    if reason and lost:
        lost(reason)
    while not stop_event.wait(POLL):
        before, seen = seen, stamps(paths())
        if changed := {path for path, _ in before.items() ^ seen.items()}:
            yield changed


def _known(reported: set[Path], seen: dict[Path, Stamp]) -> set[Path] | None:
    """Those of the reported files that have changed, noted in `seen`; None if one of them is new, or gone."""
    try:
        now = {path: stamp_of(path) for path in reported}
    except OSError:
        return None
    if not now.keys() <= seen.keys():
        return None
    changed = {path for path, stamp in now.items() if seen[path] != stamp}
    seen |= now
    return changed


def stamps(wanted: Iterable[Path]) -> dict[Path, Stamp]:
    """Each file, or file directly inside a folder, with what changes when it is saved."""
    stamps: dict[Path, Stamp] = {}
    for path in map(Path.absolute, wanted):
        try:
            inside = [Path(entry) for entry in os.scandir(path) if not IGNORED.match(entry.name)]
        except OSError:  # a file, or nothing
            inside = [path]
        for file in inside:
            try:
                stamps[file] = stamp_of(file)
            except OSError:
                continue  # deleted, or not a file
    return stamps


def _folders(wanted: Iterable[Path]) -> dict[Path, int]:
    """The folders to watch, each with its inode number: another folder of the same name has another one."""
    folders = {}
    for path in map(Path.absolute, wanted):
        try:
            for folder in [path] if path.is_dir() else {path.parent, path.resolve().parent}:
                folders[folder] = folder.stat().st_ino
        except (OSError, RuntimeError):
            continue  # missing now, or links in a circle
    return folders
