"""The value of a parameter that is moved from outside: it glides to each new number."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from waves.node import Constants, Node, State, param

GLIDE = 0.02  # seconds from one number to the next


class ValueCell:
    """One float64 in memory of its own, which input events write and `MovedValue` reads."""

    __slots__ = ("array", "name")

    def __init__(self, name: str, value: float):
        self.name, self.array = name, np.array([value])

    @property
    def address(self) -> int:
        """Target of an input event `parameter`."""
        return self.array.ctypes.data

    @property
    def value(self) -> float:
        """The number that was written last."""
        return float(self.array[0])


class MovedValue(Node):
    """Stands in place of a number: glides to the number in its cell within 20 ms, in a straight line."""

    cell: Any = param(description="The `ValueCell`.")

    arrays: ClassVar[dict[str, str]] = {"value": "f8"}
    waits: ClassVar[tuple[str, ...]] = ()
    idle_on_return: ClassVar[bool] = True

    class state(State):
        level: float = math.nan  # not begun
        target: float = 0.0
        step: float = 0.0  # per frame

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"value": constants.cell.array}  # the memory itself: it is read again in each block

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
                if (step >= 0.0) == (level >= target):  # there, or a rounding beyond
                    level = target
            out[i] = level
        state.level = level
