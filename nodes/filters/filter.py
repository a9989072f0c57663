"""Filter: lowpass, highpass, bandpass, notch, peak, shelves and allpass, 12 dB per octave.

    sweep: {filter: {type: lowpass, cutoff: {osc: {freq: 0.2, range: [200, 4000]}}, peak: 0.5,
                     signal: {osc: {type: saw, freq: 110}}}}

A state-variable filter without a delay in its loop, so that the cutoff may move at audio rate, up to
half the sample rate. (Simper: Solving the continuous SVF equations using trapezoidal
integration and equivalent currents, 2013; Zavalishin: The Art of VA Filter Design, 2018.)
"""

import math

from waves.dsp.maths import clip, finite, sine
from waves.node import BLOCK, Choice, Node, Signal, State, param

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
LOWEST = 0.01  # Hz
MARGIN = 100.0  # Hz below half the sample rate
GAIN = math.log(10.0) / 40.0


class Filter(Node):
    signal: Signal = param(description="The sound to be filtered.")
    type: Response = param(
        "lowpass", words=SHORT, description="Frequencies that pass; peak and shelves are changed by `gain`."
    )
    cutoff: Signal = param(unit="Hz", minimum=0.0, description="-3 dB point, or centre; 0.01 Hz at least.")
    peak: Signal = param(
        0.0,
        unit="position",
        minimum=-1.0,
        maximum=1.0,
        held=True,
        description="Resonance: Q 0.5 at -1, 0.707 at 0, 10 at 1.",
    )
    gain: Signal = param(0.0, unit="dB", description="Gain of peak, lowshelf and highshelf.")

    constant = ("cutoff", "peak")
    scratch = 2

    class state(State):
        first: float = 0.0  # charge of the first integrator
        second: float = 0.0  # charge of the second

    @staticmethod
    def render(out, signal, type, cutoff, peak, gain, state, rate, work):
        size = out.size
        is_shelf = type == Response.lowshelf or type == Response.highshelf
        if type == Response.peak or is_shelf:
            tilt = 0.0 if type == Response.peak else -0.5 if type == Response.lowshelf else 0.5
            for i in range(size):
                amplitude = root(gain[i])
                damping = 1.0 / (quality(peak[i]) * (amplitude if type == Response.peak else 1.0))
                angle = clip(cutoff[i], LOWEST, 0.5 * rate - MARGIN) * 0.5 / rate
                g = sine(angle) / sine(0.25 - angle) * math.exp(tilt * math.log(amplitude))
                solved = 1.0 / (1.0 + g * (g + damping))
                work[i] = g * solved
                work[BLOCK + i] = g * g * solved
                out[i] = damping
        else:
            for i in range(size):
                damping = 1.0 / quality(peak[i])
                angle = clip(cutoff[i], LOWEST, 0.5 * rate - MARGIN) * 0.5 / rate
                s = sine(angle)
                c = sine(0.25 - angle)
                solved = 1.0 / (1.0 + damping * s * c)  # g = s / c, and s s + c c = 1
                work[i] = s * c * solved
                work[BLOCK + i] = s * s * solved
                out[i] = damping

        first = state.first
        second = state.second
        for i in range(size):
            a2 = work[i]
            a3 = work[BLOCK + i]
            v3 = finite(signal[i], 0.0) - second
            band = (1.0 - out[i] * a2 - a3) * first + a2 * v3
            low = second + a2 * first + a3 * v3
            first = 2.0 * band - first
            second = 2.0 * low - second
            work[i] = band
            work[BLOCK + i] = low
        state.first = finite(first, 0.0)
        state.second = finite(second, 0.0)

        if type == Response.lowpass:
            for i in range(size):
                out[i] = level(out[i]) * work[BLOCK + i]
        elif type == Response.highpass:
            for i in range(size):
                high = finite(signal[i], 0.0) - out[i] * work[i] - work[BLOCK + i]
                out[i] = level(out[i]) * high
        elif type == Response.bandpass:
            for i in range(size):
                out[i] = level(out[i]) * out[i] * work[i]
        elif type == Response.notch or type == Response.allpass:
            share = 1.0 if type == Response.notch else 2.0
            for i in range(size):
                out[i] = finite(signal[i], 0.0) - share * out[i] * work[i]
        else:
            for i in range(size):
                a = root(gain[i])
                dry, band, low = 1.0, a * a - 1.0, 0.0  # shares of input, band and low in a peak
                if type == Response.lowshelf:
                    dry, band, low = 1.0, a - 1.0, a * a - 1.0
                elif type == Response.highshelf:
                    dry, band, low = a * a, (1.0 - a) * a, 1.0 - a * a
                out[i] = dry * finite(signal[i], 0.0) + band * out[i] * work[i] + low * work[BLOCK + i]


def quality(peak):
    """Q from 0.5 to 10: from -1 to 0 in a straight line, then as a square."""
    below = 0.707 + 0.207 * clip(peak, -1.0, 0.0)
    above = clip(peak, 0.0, 1.0)
    return below + 9.293 * above * above


def root(gain):
    """Square root of the amplitude of a gain in dB."""
    return math.exp(GAIN * clip(finite(gain, 0.0), -120.0, 120.0))


def level(damping):
    """Gain that balances the resonance: 1 / sqrt(Q) above Q 1."""
    return math.sqrt(min(damping, 1.0))
