"""Panning and crossfades of equal power: the squares of the two levels add up to 1."""

from __future__ import annotations

from waves.dsp.maths import clip, sine


def equal_power(position: float) -> tuple[float, float]:
    """The levels of the first and the second side, factors, at a position from 0, all first, to 1, all second.

    Both are 0.7071 (-3 dB) in the middle; error below 2e-11. The position is held within its range; NaN counts as 0.
    """
    angle = 0.25 * clip(position, 0.0, 1.0)
    return sine(0.25 - angle), sine(angle)


def crossfade(first: float, second: float, position: float) -> float:
    """Two frames mixed with the levels of `equal_power`: as loud as each, for sounds that have nothing in common."""
    one, other = equal_power(position)
    return one * first + other * second
