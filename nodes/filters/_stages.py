"""Stages of a state-variable filter: its recursion, its resonance, and what its parameters may be."""

import math

from waves.dsp.maths import clip, finite
from waves.dsp.powers import exp
from waves.node import BLOCK, Choice, State

Quality = Choice["draft", "good"]
Response = Choice["lowpass", "highpass", "bandpass", "notch", "peak", "lowshelf", "highshelf", "allpass"]
SHORT = {
    "lp": "lowpass",
    "hp": "highpass",
    "bp": "bandpass",
    "bs": "notch",
    "bandstop": "notch",
    "bell": "peak",
    "ls": "lowshelf",
    "hs": "highshelf",
    "ap": "allpass",
}
GAIN = math.log(10.0) / 40.0  # square root of the amplitude: nepers per dB
MARGIN = 100.0  # Hz below half the sample rate
BLUNT, SHARP = 0.5412, 1.8478  # Q of the two stages of 24 dB: of the first, and of the second beside that of the filter


class Charges(State):
    """Charges of the integrators of both stages, and what a highpass or a shelf remembers."""

    first: float = 0.0
    second: float = 0.0
    third: float = 0.0  # of the second stage
    fourth: float = 0.0
    before: float = 0.0  # of a highpass the frame before, of a shelf what its further zero and pole add to the next
    before_second: float = 0.0  # of its second stage


def run(out, work, first, second):
    """The band and the low of all frames in place of their factors; the charges behind them, from those before.

    The charges after a frame are sums of those before it and of the input: two products after one another.
    """
    for i in range(out.size):
        a = work[i]
        next = out[i] * first + (work[2 * BLOCK + i] - a * second)
        other = a * first + (work[BLOCK + i] * second + work[3 * BLOCK + i])
        work[i] = 0.5 * (first + next)
        work[BLOCK + i] = 0.5 * (second + other)
        first = next
        second = other
    return finite(first, 0.0), finite(second, 0.0)


def set_factors(out, work, i, s, c, damping, x):
    """The factors of the recursion for a frame `x`, where s / c is the tangent of the corner."""
    scale = 2.0 / (s * s + c * c + damping * s * c)
    a = s * c * scale
    b = s * s * scale
    x = finite(x, 0.0)
    out[i] = 1.0 - damping * a - b
    work[i] = a
    work[BLOCK + i] = 1.0 - b
    work[2 * BLOCK + i] = a * x
    work[3 * BLOCK + i] = b * x


def resonance(peak):
    """Q from 0.5 to 10: from -1 to 0 in a straight line, then as a square."""
    below = 0.707 + 0.207 * clip(peak, -1.0, 0.0)
    above = clip(peak, 0.0, 1.0)
    return below + 9.293 * above * above


def level(damping):
    """Gain that balances the resonance: 1 / sqrt(Q) above Q 1."""
    return math.sqrt(min(damping, 1.0))


def root(gain):
    """Square root of the amplitude of a gain in dB."""
    return exp(GAIN * bounded(gain))


def bounded(gain):
    """A gain within 120 dB, up or down."""
    return clip(finite(gain, 0.0), -120.0, 120.0)
