"""Freq_shift: moves all partials by the same number of Hz, so that a harmonic sound becomes a bell.

    bell: {freq_shift: {shift: 140, signal: {osc: {type: saw, freq: 220, amp: 0.3, duration: 1, release: 0.8}}}}
    drift: {freq_shift: {shift: 1.5, mix: 0.5, signal: {osc: {type: saw, freq: 110, amp: 0.25}}}}

A few Hz with a `mix` of 0.5 make notches that wander upwards without an end, or downwards. What a shift down moves
through 0 Hz comes back from there; what a shift up moves beyond half the rate is gone, and does not fold back. The
other sideband is down by 84 dB, from 15 Hz on.

(Bode, Moog: A high-accuracy frequency shifter for professional audio applications, 1972; with the Hilbert transform
of `waves.dsp.filters.hilbert` in place of the filters of then.)
"""

from waves.dsp.filters.hilbert import analytic, quadrature
from waves.dsp.maths import clip, finite, increment, sine, turn
from waves.node import Floats, Node, Signal, State, param

FARTHEST = 20_000.0  # Hz
ASIDE = 1000.0  # Hz of a shift up by which negative frequencies have gone; up to there they would fold above hearing


class FreqShift(Node):
    signal: Signal = param(description="The sound whose partials move.")
    shift: Signal = param(
        100.0, unit="Hz", minimum=-FARTHEST, maximum=FARTHEST, description="By how much; below 0 down."
    )
    mix: Signal = param(
        1.0, unit="position", minimum=0.0, maximum=1.0, description="0 only the input, 1 only what has moved."
    )

    aliases = ("bode", "frequency shifter", "shifter")

    class state(State):
        phase: float = 0.0  # turns
        parts: Floats[33]
        moved: Floats[33]
        ranges = {"phase": (0, 1)}

    @staticmethod
    def render(out, signal, shift, mix, state, rate):
        phase = state.phase
        for i in range(out.size):
            hertz = clip(finite(shift[i], 0.0), -FARTHEST, FARTHEST)
            dry = finite(signal[i], 0.0)
            re, im = analytic(dry, state.parts)
            phase = turn(phase + increment(hertz, rate))
            co, si = sine(phase + 0.25), sine(phase)
            x, y = quadrature(co * re - si * im, si * re + co * im, state.moved)
            negative = clip(1.0 - hertz / ASIDE, 0.0, 1.0)
            wet = 0.5 * (x - y + negative * (x + y))
            out[i] = dry + clip(finite(mix[i], 1.0), 0.0, 1.0) * (wet - dry)
        state.phase = phase
