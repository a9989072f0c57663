"""Levels of tracks and of nodes with `monitor`: what the sound thread has measured since a reader took them last."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from waves.abi import LEVEL, MOST_LEVELS
from waves.engine.state.copies import address_of

PATIENCE = 0.01  # seconds for a block that is being added: a device may have ended its thread in it


class TrackLevel(NamedTuple):
    """Level of a track, both channels together, as factors of full scale; 0 for a track that did not play."""

    name: str
    peak: float
    """Highest absolute sample."""
    rms: float
    """Root of the mean square."""
    frames: int
    """Frames that were measured, fewer than those of the piece for a track that began since; 0 in a pause."""
    last: float = 0.0
    """The last frame of its first channel."""


class TrackMeters:
    """Two banks of levels: the sound thread adds to one, a reader exchanges them and empties the other. Any thread.

    So every block is in exactly one reading of each reader, and neither side waits for a lock of the other: a reader
    waits only for the end of the addition that it has met, less than a microsecond.
    """

    def __init__(self, shared: Any, exchange: Callable[[int], object]):
        """`shared` is the engine's record; `exchange` stores the number of the bank in it atomically."""
        self._shared, self._exchange = shared, exchange
        self._banks = np.zeros((2, MOST_LEVELS), LEVEL)
        self._lock = threading.Lock()  # between readers
        self._unread: dict[str, dict[int, tuple[int, float, float, float]]] = {}  # frames, peak, energy, last
        shared["meters"] = address_of(self._banks)

    def take(self, reader: str = "") -> dict[int, tuple[float, float, int, float]]:
        """Peak, RMS, frames, last of each track that played since this reader was here, by number."""
        with self._lock:
            self._unread.setdefault(reader, {})
            for track, frames, peak, energy, last in self._drained():
                for unread in self._unread.values():
                    known_frames, known_peak, known_energy, _ = unread.get(track, (0, 0.0, 0.0, 0.0))
                    unread[track] = known_frames + frames, max(known_peak, peak), known_energy + energy, last
            levels, self._unread[reader] = self._unread[reader], {}
        return {
            track: (peak, math.sqrt(energy / (2 * frames)), frames, last)
            for track, (frames, peak, energy, last) in levels.items()
        }

    def _drained(self) -> list[tuple[int, int, float, float, float]]:
        """Exchange the banks, and empty the one that the sound thread has added to."""
        bank = int(self._shared["meters_bank"])
        self._exchange(1 - bank)
        until = time.monotonic() + PATIENCE
        while self._shared["metering"] and time.monotonic() < until:
            time.sleep(0)
        levels = [level for level in self._banks[bank].tolist() if level[1]]
        self._banks[bank] = 0
        return levels
