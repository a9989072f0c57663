"""Bars that are not all alike: positions in beats in, positions in bars out, and back; and the node that counts them.

The bars come in turn, again and again from beat 0. `lines` are the beats at which those of the first turn begin, and at
the end that at which it is over: 0 4 8 11 for the metres 4/4, 4/4, 3/4. A position follows from this alone, so nothing
adds up; every position is a finite number. `first` and `last`: the lines of an array that count, if not all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from waves.dsp.maths import finite
from waves.node import Constants, Node, Signal, param

POSITION, SECONDS = "position", "seconds"
"""Outputs of a node that counts bars."""
NEAR = 1e-9  # beats, bars: what rounding may take from an exact place


def bar_lines(lengths: Sequence[float]) -> np.ndarray[Any, Any]:
    """The lines of bars of so many beats each."""
    return np.cumsum([0.0, *lengths])


def bars_between(beats: float, lines: Any, first: int, last: int) -> float:
    """The bars that have passed at a position in beats, with the part of the present one."""
    turn = float(math.floor((beats + NEAR) / lines[last]))
    rest = beats - turn * lines[last]
    k = present_line(rest, lines, first, last)
    return float(turn * (last - first) + (k - first) + (rest - lines[k]) / (lines[k + 1] - lines[k]))


def beats_between(bars: float, lines: Any, first: int, last: int) -> float:
    """The position in beats after so many bars."""
    turn = float(math.floor(bars / (last - first)))
    rest = bars - turn * (last - first)
    k = min(first + max(int(rest), 0), last - 1)
    return float(turn * lines[last] + lines[k] + (rest - (k - first)) * (lines[k + 1] - lines[k]))


def length_between(beats: float, lines: Any, first: int, last: int) -> float:
    """The beats of the bar at a position in beats."""
    turn = float(math.floor((beats + NEAR) / lines[last]))
    k = present_line(beats - turn * lines[last], lines, first, last)
    return float(lines[k + 1] - lines[k])


def present_line(rest: float, lines: Any, first: int, last: int) -> int:
    """The number of the line with which the bar at a position of the first turn begins."""
    k = first
    while k < last - 1 and rest >= lines[k + 1] - NEAR:
        k += 1
    return k


def bars_at(beats: float, lines: Any) -> float:
    """The bars that have passed at a position in beats, with the part of the present one."""
    return bars_between(beats, lines, 0, lines.size - 1)


def beats_of(bars: float, lines: Any) -> float:
    """The position in beats after so many bars."""
    return beats_between(bars, lines, 0, lines.size - 1)


def bar_length(beats: float, lines: Any) -> float:
    """The beats of the bar at a position in beats."""
    return length_between(beats, lines, 0, lines.size - 1)


def next_line(beats: float, lines: Any) -> float:
    """The position in beats of the next bar line at or after another one."""
    return beats_of(-float(math.floor(NEAR - bars_at(beats, lines))), lines)


class Bars(Node):
    """The bars that have passed, with the part of the present one, and the seconds that the present one lasts.

    Both follow from the position in beats alone.
    """

    called: ClassVar[str] = "tempo"

    beats: Signal = param(0.0, unit="beats", description="Position of the transport.")
    beat: Signal = param(0.5, unit="s", description="Length of its beat.")
    metre: tuple[float, ...] = param((4.0,), description="Beats of each bar in turn.")

    outputs: ClassVar[tuple[str, ...]] = (POSITION, SECONDS)
    arrays: ClassVar[dict[str, str]] = {"lines": "f8"}
    waits: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"lines": bar_lines(constants.metre)}

    @staticmethod
    def render(position, seconds, beats, beat, lines):  # type: ignore[no-untyped-def]
        for i in range(position.size):
            b = finite(beats[i], 0.0)
            position[i] = bars_at(b, lines)
            seconds[i] = bar_length(b, lines) * beat[i]
