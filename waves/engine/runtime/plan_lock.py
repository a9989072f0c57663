"""The lock around the exchange of plans, a word of memory that control and the sound thread share."""

from __future__ import annotations

import ctypes
import time

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel

_SWAP = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


class PlanLock:
    """Control waits for the lock; the callback tries again in the next block.

    `lost`: the callback does not return and may hold the lock, so control does not wait any more. Any thread of Python.
    """

    def __init__(self, word: int):
        """`word`: address of the lock in the shared record."""
        self._word, self.lost = word, False
        self._swap = swap_function()

    def __enter__(self) -> PlanLock:
        while self._swap(self._word, 1) and not self.lost:
            time.sleep(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._swap(self._word, 0)


def swap_function() -> ctypes._FuncPointer:
    """The compiled function that puts a number in place of the word at an address, and returns the one before."""
    return _SWAP(kernel_cache.address(EngineKernel("swap")))
