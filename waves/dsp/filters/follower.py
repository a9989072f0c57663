"""Envelope follower: the level of a signal, with a time to rise and a time to fall."""

from __future__ import annotations

from typing import Any

from waves.dsp.maths import clip
from waves.dsp.powers import expm1


def follower_coefficient(seconds: float, rate: float) -> float:
    """The coefficient of `follow` that makes 63 % of the way in a time, in s at `rate` frames per second.

    A factor, relative error below 1e-11; 1 for a time of 0, below 0 or NaN.
    """
    return -expm1(-1.0 / clip(seconds * rate, 1e-3, 1e12))


def follow(x: float, rise: float, fall: float, state: Any, at: int = 0) -> float:
    """The level of the frames up to `x`, 0 or above, with the 1 number of `state` from `at`.

    `rise` and `fall` are made by `follower_coefficient`: parts of the way to the size of `x` that are made in a frame.
    (Giannoulis, Massberg, Reiss: Digital dynamic range compressor design, 2012: the smooth branching detector.)
    """
    size = abs(x)
    level: float = state[at]
    level += (rise if size > level else fall) * (size - level)
    state[at] = level
    return level
