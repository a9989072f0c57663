"""Ladder: a lowpass of four poles with saturation, 24 dB per octave; from a resonance of 1 on it sings by itself.

    acid: {ladder: {cutoff: {osc: {freq: 0.2, range: [200, 3000]}}, resonance: 0.9, drive: 2,
                    signal: {osc: {type: saw, freq: 55, amp: 0.5}}}}

At twice the rate, so that its partials do not fold back. (Zavalishin: The Art of VA Filter Design, 2018, on ladders.)
"""

from waves.dsp.filters.halfband import down, up
from waves.dsp.filters.one_pole import lowpass, lowpass_coefficient
from waves.dsp.maths import clip, finite
from waves.dsp.powers import tanh
from waves.node import Floats, Node, Signal, State, param


class Ladder(Node):
    signal: Signal = param(description="Input.")
    cutoff: Signal = param(unit="Hz", minimum=0.0, description="Corner, and the pitch at which it sings.")
    resonance: Signal = param(0.0, unit="factor", minimum=0.0, maximum=1.2, description="It sings from 1 on.")
    drive: Signal = param(1.0, unit="factor", minimum=0.0, description="Level before the saturation.")

    constant = ("cutoff",)
    scratch = 1

    class state(State):
        poles: Floats[4]
        up: Floats[8]
        down: Floats[8]

    @staticmethod
    def render(out, signal, cutoff, resonance, drive, state, rate, work):
        for i in range(out.size):
            work[i] = lowpass_coefficient(clip(cutoff[i], 10.0, 0.45 * rate), 2.0 * rate)
            out[i] = clip(drive[i], 0.0, 100.0) * clip(finite(signal[i], 0.0), -100.0, 100.0)
        for i in range(out.size):
            feedback = 4.0 * clip(resonance[i], 0.0, 1.2)
            a, b = up(out[i], state.up)
            a = poles(a, work[i], feedback, state.poles)
            b = poles(b, work[i], feedback, state.poles)
            out[i] = (1.0 + 0.5 * feedback) * down(a, b, state.down)


def poles(x, g, feedback, kept):
    """One frame through saturation and four poles, whose output is fed back without a delay."""
    rest = (1.0 - g) * (((kept[0] * g + kept[1]) * g + kept[2]) * g + kept[3])  # of the output, from earlier frames
    share = g * g * g * g  # of the output, from the input of the first pole
    linear = (x - feedback * rest) / (1.0 + feedback * share)
    y = tanh(x - feedback * (rest + share * tanh(linear)))  # one step towards the solution with saturation
    for k in range(4):
        y = lowpass(y, g, kept, k)
    return y
