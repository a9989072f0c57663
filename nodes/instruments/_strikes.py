"""Strikes: when an instrument is struck, and smooth edges for what strikes it."""

from waves.dsp.maths import clip, sine


def ease(x):
    """A smooth step from 0 at `x` 0 to 1 at 1, held outside: the integral of a Hann window."""
    x = clip(x, 0.0, 1.0)
    return x - sine(x) * 0.15915494309189535


def is_struck(now, before, alone, begun):
    """Whether a trigger rises through 0.5 with this frame; `alone`, without a trigger: with the first frame of all."""
    return (now >= 0.5 and not before >= 0.5) or (alone and not begun)
