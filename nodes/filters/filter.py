"""Filter: lowpass, highpass, bandpass, notch, peak, shelves and allpass, 12 or 24 dB per octave.

    sweep: {filter: {type: lowpass, cutoff: {osc: {freq: 0.2, range: [200, 4000]}}, peak: 0.5,
                     signal: {osc: {type: saw, freq: 110, amp: 0.4}}}}

`slope: 24` is two filters one after the other, for a lowpass, a highpass or a bandpass. The first two are 3 dB down at
the cutoff too, and have the same resonance; a bandpass is twice the same.

| `quality` | lowpass | highpass | bandpass | notch | cost, cutoff still / moving |
| --- | --- | --- | --- | --- | --- |
| `good` | 11 dB | 5 dB | 7 dB | 6 dB | 1 / 1.2 |
| `best` | 0.2 dB | 0.5 dB | 0.5 dB | 0.4 dB | 1.3 / 1.7 |

These are the largest distances from the analogue filter, up to 16 kHz at 44.1 kHz, where that is above -60 dB (of a
notch -20 dB), for each resonance, a slope of 12 and a cutoff up to 12 kHz. With a cutoff of 16 kHz and a sharp peak the
highpass of `best` is off by up to 1 dB: two poles that ring where the analogue ones do, and a slope down to 0 Hz, leave
no more. `good` is narrower near half the rate, as the bilinear transform makes it. `best` is for a lowpass, a highpass,
a bandpass or a notch; `eq` has shelves, peaks and cuts that are as exact.

A state-variable filter without a delay in its loop, so that the cutoff may move at audio rate, up to
half the sample rate. (Simper: Solving the continuous SVF equations using trapezoidal
integration and equivalent currents, 2013; Zavalishin: The Art of VA Filter Design, 2018.) `best` has the poles of the
analogue filter, and zeros that are fitted to its level. (Vicanek: Matched second order digital filters, 2016.)
"""

import math
from typing import Any

from pydantic import model_validator

from waves.dsp.maths import arch, clip, finite
from waves.dsp.powers import exp
from waves.node import BLOCK, Node, Signal, param

from ._curves import Best
from ._stages import BLUNT, MARGIN, SHARP, SHORT, Charges, Quality, Response, level, resonance, run, set_factors

GAIN = math.log(10.0) / 40.0


class Filter(Node):
    signal: Signal = param(description="The sound to be filtered.")
    type: Response = param(
        "lowpass", words=SHORT, description="Frequencies that pass; peak and shelves are changed by `gain`."
    )
    cutoff: Signal = param(unit="Hz", minimum=0.0, description="-3 dB point, or centre; at 0 all stands still.")
    peak: Signal = param(
        0.0,
        unit="position",
        minimum=-1.0,
        maximum=1.0,
        held=True,
        description="Resonance: Q 0.5 at -1, 0.707 at 0, 10 at 1.",
    )
    gain: Signal = param(0.0, unit="dB", description="Gain of peak, lowshelf and highshelf.")
    slope: int = param(
        12, unit="dB", minimum=12, maximum=24, description="Per octave: 12, or 24 of lowpass, highpass and bandpass."
    )

    quality: Quality = param("good", description="Of the curve near half the sample rate.")

    aliases = ("lpf", "hpf", "bpf", "lowpass", "highpass", "bandpass", "svf", "vcf", "biquad")
    constant = ("cutoff", "peak")
    scratch = 5

    class state(Charges):
        pass

    @model_validator(mode="after")
    def _slope_of_its_type(self) -> Any:
        if self.slope not in (12, 24):
            raise ValueError(f"'slope' is 12 or 24, not {self.slope}")
        if self.slope == 24 and self.type not in ("lowpass", "highpass", "bandpass"):
            raise ValueError("'slope: 24' is for a lowpass, a highpass or a bandpass")
        if self.quality == "best" and self.type not in ("lowpass", "highpass", "bandpass", "notch"):
            raise ValueError("'quality: best' is for a lowpass, a highpass, a bandpass or a notch")
        return self

    @classmethod
    def expand(cls, build):
        node = build.node()
        if build.settings["quality"] == "best":
            node.kind = Best
            node.settings = {name: node.settings[name] for name in ("type", "slope")}
            node.inputs.pop("gain", None)
        return node

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


def root(gain):
    """Square root of the amplitude of a gain in dB."""
    return exp(GAIN * bounded(gain))


def bounded(gain):
    """A gain within 120 dB, up or down."""
    return clip(finite(gain, 0.0), -120.0, 120.0)
