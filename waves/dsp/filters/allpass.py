"""Allpass filters of the first order as delays of a part of a frame, which a string or a loop is tuned with.

(Laakso, Välimäki, Karjalainen, Laine: Splitting the unit delay, 1996; Jaffe, Smith: Extensions of the Karplus-Strong
plucked-string algorithm, 1983.)
"""

from __future__ import annotations

from typing import Any

from waves.dsp.maths import clip, sine

SHORTEST, LONGEST = 0.1, 2.0  # frames
HIGHEST = 0.3  # turns per frame
MOST = 0.49  # turns of delay: from half a turn on, no filter of the first order has it


def allpass_coefficient(delay: float) -> float:
    """The coefficient of an `allpass` that delays low frequencies by `delay` frames, held within 0.1 to 2.

    From 0.5 to 1.5 frames the delay is within 0.02 frames up to a 20th of the rate.
    """
    delay = clip(delay, SHORTEST, LONGEST)
    return (1.0 - delay) / (1.0 + delay)


def tuned_coefficient(delay: float, freq: float, rate: float) -> float:
    """The coefficient of an `allpass` that delays a sine of `freq` by `delay` frames, held within 0.1 to 2.

    It is the phase delay, error below 1e-6 frames. `freq` is in Hz at `rate` frames per second, held within 1e-6 to 0.3
    of the rate. Above 0.245 of the rate, the delay is held below 0.49 turns of the sine.
    """
    turns = clip(freq / rate, 1e-6, HIGHEST)
    delay = clip(delay, SHORTEST, min(LONGEST, MOST / turns))
    half = 0.5 * turns
    return sine(half * (1.0 - delay)) / sine(half * (1.0 + delay))


def allpass(x: float, coefficient: float, state: Any, at: int = 0) -> float:
    """The frame `x` through an allpass of the first order, with the 1 number of `state` from `at`."""
    y: float = coefficient * x + state[at]
    state[at] = x - coefficient * y
    return y
