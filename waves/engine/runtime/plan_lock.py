"""The lock around the exchange of plans, a word of memory that control and the sound thread share."""

from __future__ import annotations

import time

from waves.engine.state.c_functions import swap_function


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
