"""Kits of the trees before, by the text that names them: while their files are the same, nothing is looked for."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Container
from pathlib import Path
from typing import NamedTuple

from waves.audio.sample_loader import SampleCache
from waves.live.workspace.samples.kits import Kit
from waves.live.workspace.samples.names import SampleNames, named_in

Stamp = tuple[int, int, int, int]
"""Device and number of a file or folder, the time of its last change in ns, and its size."""


class _Known(NamedTuple):
    kit: Kit
    stamp: Stamp
    names: SampleNames | None
    """Of a folder: all names as they were, which are found again when a folder or a sample map changes."""


class KnownKits:
    """Kits of one file in the workspace, or of a folder in `samples/`, that play whole. One thread at a time."""

    def __init__(self, root: Path, cache: SampleCache, rate: int):
        self._root, self._cache, self._rate = root, cache, rate
        self._known: dict[str, _Known] = {}

    def find(self, text: str, names: Callable[[], SampleNames]) -> Kit | None:
        """The kit that a text names, if it is the one of an earlier tree and its files have not changed: most are."""
        known = self._known.get(text)
        if known is None or _stamp(f"{self._root}/{text}") != known.stamp:
            return None
        if known.names is None:
            return known.kit if self._cache.still_has(known.kit.samples[0], self._rate) else None
        same = known.names is names() and all(_stamp(str(one.path))[2:] == one.stamp for one in known.kit.samples)
        return known.kit if same and all(self._cache.still_has(one, self._rate) for one in known.kit.samples) else None

    def note(self, text: str, kit: Kit, names: Callable[[], SampleNames]) -> None:
        """Note a kit for the next tree; nothing of a sample map."""
        stamp = _stamp(f"{self._root}/{text}")
        if not stamp or kit.pitches or any(sample.warning or sample.mistake for sample in kit.samples):
            return
        if len(kit.samples) == 1 and stamp[2:] == kit.samples[0].stamp:
            self._known[text] = _Known(kit, stamp, None)
        elif (folder := self._root / text) in (found := names()).stamps:
            named = named_in(text, found)
            if named is None or (named.folder == folder and not named.files):
                self._known[text] = _Known(kit, stamp, found)

    def keep(self, texts: Container[str]) -> None:
        """Forget all but these."""
        self._known = {text: known for text, known in self._known.items() if text in texts}

    def clear(self) -> None:
        """Forget all."""
        self._known = {}


def _stamp(path: str) -> Stamp | tuple[()]:
    """The stamp of a file or folder, links followed; nothing for what is neither."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return ()
    is_either = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    return (status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size) if is_either else ()
