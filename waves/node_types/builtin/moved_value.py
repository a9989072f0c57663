"""Value of a parameter that is moved from outside: a memory cell, and the node that glides to what is in it."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from waves.node import Constants, Node, State, param

GLIDE = 0.02  # seconds from one number to the next


class ValueCell:
    """One float64 that input events write and `MovedValue` reads, with a name for the session log.

    The sound thread writes and reads it; any thread may read `value`.
    """

    __slots__ = ("array", "name")

    def __init__(self, name: str, value: float):
        self.name, self.array = name, np.array([value])

    @property
    def value(self) -> float:
        """The number that was written last, or the first one."""
        return float(self.array[0])


class MovedValue(Node):
    """Takes the place of a number: glides to the number in its cell within 20 ms, linearly."""

    called: ClassVar[str] = "moved value"

    cell: Any = param(description="The `ValueCell`.")

    arrays: ClassVar[dict[str, str]] = {"value": "f8"}
    waits: ClassVar[tuple[str, ...]] = ()
    idle_on_return: ClassVar[bool] = True

    class state(State):
        level: float = math.nan  # before the first block
        target: float = 0.0
        step: float = 0.0  # per frame

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"value": constants.cell.array}  # the cell itself: what is in it changes

    @staticmethod
    def render(out, value, state, rate):  # type: ignore[no-untyped-def]
        target = value[0]
        level = state.level
        if level != level:
            level = state.target = target
        if target != state.target:
            state.target = target
            state.step = (target - level) / max(GLIDE * rate, 1.0)
        step = state.step
        for i in range(out.size):
            if level != target:
                level += step
                if (step >= 0.0) == (level >= target):  # reached, or beyond by a rounding
                    level = target
            out[i] = level
        state.level = level
