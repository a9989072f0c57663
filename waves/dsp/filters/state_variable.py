"""State-variable filter, 12 dB per octave: lowpass, bandpass and highpass at once; its corner may move at audio rate.

(Simper: Solving the continuous SVF equations using trapezoidal integration and equivalent currents, 2013.)
"""

from __future__ import annotations

from typing import Any

from waves.dsp.maths import clip, sine

HIGHEST = 0.499  # part of the rate


def corner_coefficient(freq: float, rate: float) -> float:
    """The coefficient of `state_variable` with a corner at `freq`, in Hz at `rate` frames per second.

    It is tan(pi freq / rate), relative error below 1e-9. `freq` is held within 0 to 0.499 of the rate, and NaN counts
    as 0.
    """
    angle = 0.5 * clip(freq / rate, 0.0, HIGHEST)
    return sine(angle) / sine(0.25 - angle)


def state_variable(x: float, coefficient: float, damping: float, state: Any, at: int = 0) -> tuple[float, float, float]:
    """The frame `x` through lowpass, bandpass and highpass, with the 2 numbers of `state` from `at`.

    `damping` is 1 / Q, a factor above 0. At the corner the lowpass has the level Q, and the bandpass too.
    """
    v: float = x - state[at + 1]
    band: float = (state[at] + coefficient * v) / (1.0 + coefficient * (coefficient + damping))
    low: float = state[at + 1] + coefficient * band
    state[at] = 2.0 * band - state[at]
    state[at + 1] = 2.0 * low - state[at + 1]
    return low, band, x - damping * band - low
