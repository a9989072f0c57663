"""Stages of a state-variable filter: its recursion, its resonance, and the filter whose curve is the analogue one.

`Best` is what a `filter` with `quality: best` plays. Each stage has the poles of the analogue filter, and zeros that
give its level at 0 Hz and at two frequencies, below 16 kHz at 44.1 kHz. (Vicanek: Matched second order digital
filters, 2016.)
"""

import math
from typing import ClassVar

from waves.dsp.maths import clip, finite, sine
from waves.dsp.powers import expm1
from waves.node import BLOCK, Choice, Node, Signal, State, param

Quality = Choice["good", "best"]
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
MARGIN = 100.0  # Hz below half the sample rate
BLUNT, SHARP = 0.5412, 1.8478  # Q of the two stages of 24 dB: of the first, and of the second beside that of the filter
TOP = 0.3628  # of the rate: 16 kHz at 44.1 kHz, where `best` has the level of the analogue filter
BELOW, BELOW_HIGH = 0.25, 0.2834  # of the rate: the other such frequency is below, and below the cutoff
LOWEST = 1e-6  # Hz, of `best`


class Charges(State):
    """Charges of the integrators of both stages."""

    first: float = 0.0
    second: float = 0.0
    third: float = 0.0  # of the second stage
    fourth: float = 0.0


class Best(Node):
    """The filter of `quality: best`."""

    called: ClassVar[str] = "filter"

    signal: Signal = param(description="The sound to be filtered.")
    type: Response = param("lowpass", words=SHORT, description="Lowpass, highpass or bandpass.")
    cutoff: Signal = param(unit="Hz", minimum=0.0, description="-3 dB point, or centre.")
    peak: Signal = param(0.0, unit="position", minimum=-1.0, maximum=1.0, description="Resonance.")
    slope: int = param(12, unit="dB", minimum=12, maximum=24, description="Per octave.")

    constant = ("cutoff", "peak")
    scratch = 8

    class state(Charges):
        pass

    @staticmethod
    def render(out, signal, type, cutoff, peak, slope, state, rate, work):
        size = out.size
        fixed, part = 0.0, 1.0  # Q of the first stage: what is added, and what of that of the filter
        if slope == 24 and type != Response.bandpass:
            fixed, part = BLUNT, 0.0
        for i in range(size):
            work[4 * BLOCK + i] = finite(signal[i], 0.0)
        state.first, state.second = stage(out, type, cutoff, peak, fixed, part, work, rate, state.first, state.second)
        if slope == 24:
            for i in range(size):
                work[4 * BLOCK + i] = out[i]
            part = 1.0 if type == Response.bandpass else SHARP
            state.third, state.fourth = stage(out, type, cutoff, peak, 0.0, part, work, rate, state.third, state.fourth)
        for i in range(size):
            out[i] *= level(1.0 / resonance(peak[i]))


def stage(out, type, cutoff, peak, fixed, part, work, rate, first, second):
    """One stage of `best`; its numbers are calculated anew where the cutoff or the peak is another one."""
    last, bend = -1.0, 0.0
    corner, damping, dry, band, low = 0.0, 1.0, 0.0, 0.0, 0.0
    for i in range(out.size):
        freq = clip(cutoff[i], LOWEST, 0.5 * rate - MARGIN)
        sharp = fixed + part * resonance(peak[i])
        if freq != last or sharp != bend:
            last, bend = freq, sharp
            corner, damping, dry, band, low = matched(type, freq / rate, sharp)
        work[5 * BLOCK + i], work[6 * BLOCK + i], work[7 * BLOCK + i] = dry, band, low
        set_factors(out, work, i, corner, 1.0, damping, work[4 * BLOCK + i])
    first, second = run(out, work, first, second)
    for i in range(out.size):
        out[i] = (
            work[5 * BLOCK + i] * work[4 * BLOCK + i]
            + work[6 * BLOCK + i] * work[i]
            + work[7 * BLOCK + i] * work[BLOCK + i]
        )
    return first, second


def matched(type, turns, sharp):
    """Corner, damping, and the shares of input, bandpass and lowpass of a filter of a Q, with its cutoff per frame.

    The poles are those of the analogue filter: exp(s) for each of its s.
    """
    decay = 0.5 / sharp
    grown = expm1(math.pi * turns * decay)
    across = 0.5 * (grown + grown / (grown + 1.0))  # hyperbolic sine
    square = across * across
    around = sine(0.5 * turns * math.sqrt(max(1.0 - decay * decay, 0.0)))
    around *= around
    below = square + 1.0 - around
    corner = math.sqrt((square + around) / below)
    damping = 2.0 * across * math.sqrt(1.0 + square) / (below * corner)

    if type == Response.highpass:
        bend = (turns / BELOW_HIGH) * (turns / BELOW_HIGH)
        bend *= bend
        middle = turns / math.sqrt(math.sqrt(math.sqrt(1.0 + bend * bend)))
    else:
        middle = turns * BELOW / math.sqrt(turns * turns + BELOW * BELOW)
    near, near_level = place(type, middle, turns, sharp, corner, damping)
    far, far_level = place(type, TOP, turns, sharp, corner, damping)
    if type == Response.highpass:
        high = math.sqrt(near_level) / near
        return corner, damping, high, -high * damping, -high
    zero = 1.0 if type == Response.lowpass else 0.0
    near_level, far_level = (near_level - zero) / near, (far_level - zero) / far
    second = max((far_level - near_level) / (far - near), 0.0)
    high = math.sqrt(second)
    band = math.sqrt(max(near_level - second * near + 2.0 * zero * high, 0.0))
    return corner, damping, high, band - high * damping, zero - high


def place(type, freq, turns, sharp, corner, damping):
    """The square of a frequency in terms of the corner, and the square of the level that the zeros give there."""
    tangent = sine(0.5 * freq) / (sine(0.25 - 0.5 * freq) * corner)
    tangent *= tangent
    v = freq / turns
    v *= v
    poles = (1.0 - tangent) * (1.0 - tangent) + damping * damping * tangent
    wanted = (1.0 - v) * (1.0 - v) + v / (sharp * sharp)
    if type == Response.highpass:
        poles *= v * v
    elif type == Response.bandpass:
        poles *= v / (sharp * sharp)
    return tangent, poles / wanted


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
