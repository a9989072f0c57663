"""Status of the engine: position, health and commits, as the sound thread writes them into the shared record."""

from __future__ import annotations

import numpy as np

from waves.abi import SHARED
from waves.engine.state.copies import address_of
from waves.node import BLOCK


class EngineStatus:
    """The shared record of an engine, and the words of it that can be read. Any thread."""

    def __init__(self, channels: int, main_channels: int):
        """`main_channels`: those of the device, among all `channels`."""
        self.channels, self.main_channels = channels, main_channels
        self._peaks = np.zeros(channels)
        self._record = np.zeros(1, SHARED)
        self._shared = self._record[0]

    @property
    def address(self) -> int:
        """Address of the shared record: the callback's user data."""
        return address_of(self._record)

    # position

    @property
    def clock(self) -> int:
        """Frames of the piece rendered so far, without pauses."""
        return int(self._shared["clock"])

    @property
    def frames_rendered(self) -> int:
        """Frames of the stream rendered so far in whole blocks, with pauses."""
        return int(self._shared["frames_rendered"])

    def advance(self, frames: int) -> None:
        """Count frames whose rows were called by other means. Not while anything else plays."""
        self._shared["clock"] += frames
        self._shared["frames_rendered"] += frames

    @property
    def frames_left(self) -> int:
        """Frames of the last block that were not given out yet."""
        return int(self._shared["frames_left"])

    @property
    def frames_written(self) -> int:
        """Frames given to the device and to `ring` so far, with pauses."""
        return int(self._shared["ring_written"])

    @property
    def ended(self) -> bool:
        """Whether the piece has ended; the next plan starts it from the beginning."""
        return bool(self._shared["ended"])

    @property
    def ended_at(self) -> int:
        """Frame of the piece at which it ended."""
        return int(self._shared["ended_at"])

    @property
    def place(self) -> int:
        """Frame of the piece that is played next; its end once it has ended."""
        return self.ended_at if self.ended else self.clock

    @property
    def limited(self) -> tuple[int, float]:
        """Frames for which the limiter was more than 3 dB down, in whole blocks, and its lowest gain, both so far."""
        return BLOCK * int(self._shared["limited_blocks"]), float(self._shared["least_gain"])

    # health

    @property
    def calls(self) -> int:
        """Callbacks so far: grows as long as the device runs."""
        return int(self._shared["calls"])

    @property
    def inside(self) -> bool:
        """Whether the callback runs now."""
        return bool(self._shared["inside"])

    @property
    def underflows(self) -> int:
        """Underflows that the device reported."""
        return int(self._shared["underflows"])

    @property
    def overloads(self) -> int:
        """Samples of the output that were not finite or above 1e6, and were replaced by 0."""
        return int(self._shared["overloads"])

    @property
    def level(self) -> float:
        """Gain that is applied now: it follows `gain` within the ramp, and is 0 in a pause and while muted."""
        return float(self._shared["level"])

    def take_peaks(self) -> tuple[float, ...]:
        """Highest absolute sample of each main channel since the last call; full scale is 1."""
        peaks = tuple(map(float, self._peaks[: self.main_channels]))
        self._peaks[:] = 0.0
        return peaks

    # plans

    @property
    def waiting(self) -> bool:
        """Whether a plan was offered that is not taken yet."""
        return bool(self._shared["pending"])

    @property
    def commits(self) -> int:
        """Plans taken so far."""
        return int(self._shared["commits"])

    @property
    def committed_at(self) -> int:
        """Frame of the piece at which the last plan was taken."""
        return int(self._shared["committed_at"])

    @property
    def committed_in(self) -> int:
        """First frame, of the stream, of the block that took the last plan."""
        return int(self._shared["committed_in"])

    @property
    def refusals(self) -> int:
        """Plans that were refused: they were built upon another plan than the one that played."""
        return int(self._shared["refusals"])

    def is_copying(self) -> bool:
        """Whether the copies of `begin_copy` are not made yet."""
        return bool(self._shared["copies"])
