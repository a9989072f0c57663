"""The live input of an engine: memory that the callback writes and rows read."""

from __future__ import annotations

from typing import Any

import numpy as np

from waves.engine.state.copies import address_of
from waves.node import BLOCK

LIVE_CHANNELS = 8


class LiveInput:
    """Two blocks of each channel: one that the device fills, and the one before it, which rows read."""

    def __init__(self, shared: Any):
        """`shared` is the engine's record."""
        self._shared = shared
        self._blocks = np.zeros((2, LIVE_CHANNELS, BLOCK))
        self._table = np.array([address_of(channel) for channel in self._blocks[1]], np.int64)
        shared["live"], shared["live_staging"] = address_of(self._blocks[1]), address_of(self._blocks[0])
        shared["live_table"] = self.table

    @property
    def table(self) -> int:
        """Address of the table of the blocks that rows read, one for each channel."""
        return address_of(self._table)

    def listen(self, channels: int) -> None:
        """Read so many channels, all that the device gives, from now on. Not while a device runs."""
        self._blocks.fill(0)
        self._shared["live_channels"] = channels
