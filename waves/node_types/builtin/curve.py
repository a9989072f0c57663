"""Interpolated lists of values over a duration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from waves.dsp.maths import clip
from waves.node import COUNTS, Node, Signal, Signals, State, param


class Curve(Node):
    """An interpolated list: `cutoff: [[150, 0.1], 2000]` over the `duration` around it, then held."""

    called: ClassVar[str] = "list of values"

    values: Signals = param(description="Values at the positions.")
    positions: Signals = param(description="Positions of the values, ascending, as fractions of the duration.")
    duration: Signal = param(unit="s", minimum=0.0, description="Time from position 0 to 1.")

    crossfaded: ClassVar[tuple[str, ...]] = ("values", "positions", "duration")

    class state(State):
        frames: int = 0  # since the start of the node

        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"frames": COUNTS}

    @staticmethod
    def render(out, values, positions, duration, state, rate):  # type: ignore[no-untyped-def]
        last = values.size - 1
        first = state.frames
        k = 0  # the point at or before the present position
        i = 0
        while i < out.size:  # a run of frames between two points, whose positions are read at its start
            whole = clip(duration[i] * rate, 1e-9, 1e15)
            while k < last and positions[k + 1][i] * whole <= first + i:
                k += 1
            a = values[k]
            b = values[min(k + 1, last)]
            begin = positions[k][i] * whole
            end = positions[min(k + 1, last)][i] * whole
            stop = out.size
            scale = 0.0
            if k < last:
                limit = begin if first + i < begin else end
                stop = min(stop, i + max(int(min(math.ceil(limit) - (first + i), 64.0)), 1))
                scale = 1.0 / (end - begin) if end > begin and first + i >= begin else 0.0
            for j in range(i, stop):
                level = a[j]
                out[j] = level + (first + j - begin) * scale * (b[j] - level)
            i = stop
        state.frames += out.size


class PointError(ValueError):
    """A mistake in the value at `index` of an interpolated list, as a sentence."""

    def __init__(self, sentence: str, index: int):
        super().__init__(sentence)
        self.index = index


def curve_points(items: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Values and positions (0 to 1, ascending) of an interpolated list.

    Pair form, if all but the first and last are `[value, position]`: a bare first value is at 0, a bare last one at 1.
    Plain form otherwise: evenly spread. Values that are not numbers are kept as they are. Raises PointError.
    """
    if not items:
        raise PointError("an interpolated list needs at least one value", 0)
    pairs = [isinstance(item, list) for item in items]
    if not all(pairs[1:-1]):
        if any(pairs):
            k = pairs.index(True)
            raise PointError(f"value {k + 1} of the list has a position, so all between the ends need one", k)
        return list(items), [k / (len(items) - 1) for k in range(len(items))]
    values, positions = [], []
    for k, item in enumerate(items):
        if isinstance(item, list) and len(item) != 2:
            sentence = f"value {k + 1} of the list: expected [value, position], got {len(item)} entries"
            raise PointError(sentence, k)
        value, position = item if isinstance(item, list) else (item, 0.0 if k == 0 else 1.0)
        if isinstance(position, int | float) and not 0.0 <= position <= 1.0:
            sentence = f"a position is a part of the duration, 0 to 1, got {position}"
            raise PointError(f"value {k + 1} of the list: {sentence}", k)
        values.append(value)
        positions.append(position)
    known = [(position, k) for k, position in enumerate(positions) if isinstance(position, int | float)]
    for (before, _), (position, k) in pairwise(known):
        if position < before:
            raise PointError("the positions of the list must ascend", k)
    return values, positions
