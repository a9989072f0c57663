"""One-pole filters, 6 dB per octave: lowpass, highpass and DC block, with their delay and level at any frequency.

(Zavalishin: The Art of VA Filter Design, 2018: the bilinear integrator without a delay in its loop.)
"""

from __future__ import annotations

import math
from typing import Any

from waves.dsp.maths import clip, sine

DC_CORNER = 10.0  # Hz
LOWEST, HIGHEST = 1e-6, 0.499  # parts of the rate


def lowpass_coefficient(freq: float, rate: float) -> float:
    """The coefficient of `lowpass` and `highpass` whose -3 dB point is `freq`, in Hz at `rate` frames per second.

    The point is exact. `freq` is held within 0 to 0.499 of the rate, and NaN counts as 0.
    """
    angle = 0.5 * clip(freq / rate, 0.0, HIGHEST)
    s = sine(angle)
    return s / (s + sine(0.25 - angle))


def lowpass(x: float, coefficient: float, state: Any, at: int = 0) -> float:
    """The frame `x` through a lowpass of one pole, with the 1 number of `state` from `at`."""
    change = (x - state[at]) * coefficient
    y: float = state[at] + change
    state[at] = y + change
    return y


def highpass(x: float, coefficient: float, state: Any, at: int = 0) -> float:
    """The frame `x` through the highpass with the same -3 dB point, with the 1 number of `state` from `at`."""
    return x - lowpass(x, coefficient, state, at)


def dc_block(x: float, rate: float, state: Any, at: int = 0) -> float:
    """The frame `x` without its mean: `highpass` at 10 Hz, at `rate` frames per second, with 1 number of `state`."""
    return highpass(x, lowpass_coefficient(DC_CORNER, rate), state, at)


def lowpass_delay(coefficient: float, freq: float, rate: float) -> float:
    """The phase delay of `lowpass` at `freq` in Hz, in frames, relative error below 1e-8.

    `freq` is held within 1e-6 to 0.499 of the rate.
    """
    turns = clip(freq / rate, LOWEST, HIGHEST)
    return math.atan(_beyond(coefficient, turns)) / (math.tau * turns)


def lowpass_level(coefficient: float, freq: float, rate: float) -> float:
    """The level of `lowpass` at `freq` in Hz, a factor, relative error below 1e-8.

    `freq` is held within 1e-6 to 0.499 of the rate.
    """
    ratio = _beyond(coefficient, freq / rate)
    return 1.0 / math.sqrt(1.0 + ratio * ratio)


def _beyond(coefficient: float, turns: float) -> float:
    """A frequency, in turns per frame, over the -3 dB point, both as the bilinear transform bends them."""
    angle = 0.5 * clip(turns, LOWEST, HIGHEST)
    return sine(angle) / sine(0.25 - angle) * (1.0 - coefficient) / max(coefficient, 1e-12)
