"""Strikes: when an instrument is struck, smooth edges for what strikes it, and levels that fall."""

import math

from waves.dsp.maths import SILENCE, clip, gaussian, sine
from waves.dsp.powers import exp

FALL = math.log(1000.0)  # ln of 60 dB


def ease(x):
    """A smooth step from 0 at `x` 0 to 1 at 1, held outside: the integral of a Hann window."""
    x = clip(x, 0.0, 1.0)
    return x - sine(x) / math.tau


def is_struck(now, before, alone, begun):
    """Whether a trigger rises through 0.5 with this frame; `alone`, without a trigger: with the first frame of all."""
    return (now >= 0.5 and not before >= 0.5) or (alone and not begun)


def lasting(level):
    """Whether a level that falls is still heard."""
    return level > SILENCE


def hiss(seed, count, rate):
    """Number `count` of white noise, of the same power in each Hz at any rate; sigma 1 at 44.1 kHz."""
    return math.sqrt(rate / 44_100.0) * gaussian(seed, count)


def between(low, high, position):
    """A value from `low` to `high` in equal ratios, by a position from 0 to 1; NaN counts as 0."""
    return low * exp(math.log(high / low) * clip(position, 0.0, 1.0))
