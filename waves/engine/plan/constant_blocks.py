"""Blocks of constants: what a row reads in place of the output of another row. Build thread only."""

from __future__ import annotations

from typing import Any

import numpy as np

from waves.engine.state.copies import address_of
from waves.node import BLOCK

Array = np.ndarray[Any, Any]

TOGETHER = 16  # blocks that are made at once


class Constants:
    """Blocks of one number each, one for every constant that the rows of a plan or a voice read."""

    def __init__(self) -> None:
        self.blocks: list[Array] = []  # float64 of shape (TOGETHER, BLOCK)
        self._addresses: dict[float, int] = {}

    def address(self, constant: float) -> int:
        """The address of the block of a constant."""
        if constant in self._addresses:
            return self._addresses[constant]
        number = len(self._addresses) % TOGETHER
        if not number:
            self.blocks.append(np.empty((TOGETHER, BLOCK)))
            self._first = address_of(self.blocks[-1])
        self.blocks[-1][number] = constant
        address = self._addresses[constant] = self._first + number * BLOCK * 8
        return address
