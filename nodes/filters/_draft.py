"""The filter of `quality: draft`: the bilinear transform of the analogue one, for every type.

(Simper: Solving the continuous SVF equations using trapezoidal integration and equivalent currents, 2013; Zavalishin:
The Art of VA Filter Design, 2018.)
"""

from typing import ClassVar

from waves.dsp.maths import arch, clip, finite
from waves.dsp.powers import exp
from waves.node import BLOCK, Node, Signal, param

from ._stages import (
    BLUNT,
    GAIN,
    MARGIN,
    SHARP,
    SHORT,
    Charges,
    Response,
    bounded,
    level,
    resonance,
    root,
    run,
    set_factors,
)


class Draft(Node):
    """The filter of `quality: draft`."""

    called: ClassVar[str] = "filter"

    signal: Signal = param(description="The sound to be filtered.")
    type: Response = param("lowpass", words=SHORT, description="Frequencies that pass.")
    cutoff: Signal = param(unit="Hz", minimum=0.0, description="-3 dB point, or centre.")
    peak: Signal = param(0.0, unit="position", minimum=-1.0, maximum=1.0, description="Resonance.")
    gain: Signal = param(0.0, unit="dB", description="Gain of peak, lowshelf and highshelf.")
    slope: int = param(12, unit="dB", minimum=12, maximum=24, description="Per octave.")

    constant = ("cutoff", "peak")
    scratch = 5

    class state(Charges):
        pass

    @staticmethod
    def render(out, signal, type, cutoff, peak, gain, slope, state, rate, work):
        size = out.size
        highest = 0.5 * rate - MARGIN
        step = 0.5 / rate
        fixed, part = 0.0, 1.0  # Q of the first stage: what is added, and what of that of the filter
        if slope == 24 and type != Response.bandpass:
            fixed, part = BLUNT, 0.0
        if type == Response.peak:
            for i in range(size):
                angle = clip(cutoff[i], 0.0, highest) * step
                damping = 1.0 / (resonance(peak[i]) * root(gain[i]))
                set_factors(out, work, i, arch(angle), arch(0.25 - angle), damping, signal[i])
        elif type == Response.lowshelf or type == Response.highshelf:
            tilt = 0.5 if type == Response.lowshelf else -0.5
            for i in range(size):
                angle = clip(cutoff[i], 0.0, highest) * step
                scale = exp(tilt * GAIN * bounded(gain[i]))
                set_factors(out, work, i, arch(angle), scale * arch(0.25 - angle), 1.0 / resonance(peak[i]), signal[i])
        else:
            for i in range(size):
                angle = clip(cutoff[i], 0.0, highest) * step
                damping = 1.0 / (fixed + part * resonance(peak[i]))
                set_factors(out, work, i, arch(angle), arch(0.25 - angle), damping, signal[i])

        state.first, state.second = run(out, work, state.first, state.second)

        if type == Response.lowpass:
            for i in range(size):
                out[i] = level(1.0 / resonance(peak[i])) * work[BLOCK + i]
        elif type == Response.highpass:
            for i in range(size):
                damping = 1.0 / (fixed + part * resonance(peak[i]))
                high = finite(signal[i], 0.0) - damping * work[i] - work[BLOCK + i]
                out[i] = level(1.0 / resonance(peak[i])) * high
        elif type == Response.bandpass:
            for i in range(size):
                damping = 1.0 / resonance(peak[i])
                out[i] = level(damping) * damping * work[i]
        elif type == Response.notch or type == Response.allpass:
            part = 1.0 if type == Response.notch else 2.0
            for i in range(size):
                out[i] = finite(signal[i], 0.0) - part / resonance(peak[i]) * work[i]
        else:
            for i in range(size):
                a = root(gain[i])
                damping = 1.0 / resonance(peak[i])
                dry, band, low = 1.0, a - 1.0 / a, 0.0  # shares of input, band and low in a peak
                if type == Response.lowshelf:
                    dry, band, low = 1.0, a - 1.0, a * a - 1.0
                elif type == Response.highshelf:
                    dry, band, low = a * a, (1.0 - a) * a, 1.0 - a * a
                out[i] = dry * finite(signal[i], 0.0) + band * damping * work[i] + low * work[BLOCK + i]

        if slope == 24:
            part = 1.0 if type == Response.bandpass else SHARP
            for i in range(size):
                work[4 * BLOCK + i] = out[i]
            for i in range(size):
                angle = clip(cutoff[i], 0.0, highest) * step
                damping = 1.0 / (part * resonance(peak[i]))
                set_factors(out, work, i, arch(angle), arch(0.25 - angle), damping, work[4 * BLOCK + i])
            state.third, state.fourth = run(out, work, state.third, state.fourth)
            for i in range(size):
                damping = 1.0 / (part * resonance(peak[i]))
                if type == Response.lowpass:
                    out[i] = work[BLOCK + i]
                elif type == Response.highpass:
                    out[i] = work[4 * BLOCK + i] - damping * work[i] - work[BLOCK + i]
                else:
                    out[i] = damping * work[i]
