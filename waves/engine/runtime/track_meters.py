"""Levels of the tracks: what the sound thread has measured since someone read it last."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from waves.abi import LEVEL, MOST_TRACKS
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


class TrackMeters:
    """Two banks of levels: the sound thread adds to one, a reader exchanges them and empties the other. Any thread.

    So every block is in exactly one reading, and neither side waits for a lock of the other: a reader waits only for
    the end of the addition that it has met, less than a microsecond.
    """

    def __init__(self, shared: Any, exchange: Callable[[int], object]):
        """`shared` is the engine's record; `exchange` stores the number of the bank in it atomically."""
        self._shared, self._exchange = shared, exchange
        self._banks = np.zeros((2, MOST_TRACKS), LEVEL)
        self._lock = threading.Lock()  # between readers
        shared["meters"] = address_of(self._banks)

    def take(self) -> dict[int, tuple[float, float, int]]:
        """Remove the levels; peak, RMS and frames of each track that played, by its number."""
        with self._lock:
            bank = int(self._shared["meters_bank"])
            self._exchange(1 - bank)
            until = time.monotonic() + PATIENCE
            while self._shared["metering"] and time.monotonic() < until:
                time.sleep(0)
            levels = self._banks[bank].tolist()
            self._banks[bank] = 0
        return {
            track: (peak, math.sqrt(energy / (2 * frames)), frames) for track, frames, peak, energy in levels if frames
        }
