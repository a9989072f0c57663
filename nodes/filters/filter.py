"""Filter: lowpass, highpass, bandpass, notch, peak, shelves and allpass, 12 or 24 dB per octave.

    sweep: {filter: {type: lowpass, cutoff: {osc: {freq: 0.2, range: [200, 4000]}}, peak: 0.5,
                     signal: {osc: {type: saw, freq: 110, amp: 0.4}}}}

`slope: 24` is two filters one after the other, for a lowpass, a highpass or a bandpass. The first two are 3 dB down at
the cutoff too, and have the same resonance; a bandpass is twice the same.

| `quality` | lowpass | highpass | bandpass | notch | peak | shelves | cost, still / moving |
| --- | --- | --- | --- | --- | --- | --- | --- |
| `draft` | 11 dB | 5 dB | 7 dB | 6 dB | 7 dB | 7 dB | 1 / 1.1 |
| `good` | 0.2 dB | 0.2 dB | 0.2 dB | 0.2 dB | 0.2 dB | 0.3 dB | 1.3 / 1.7 |

These are the largest distances from the analogue filter, up to 16 kHz at 44.1 kHz, where that is above -60 dB, with a
cutoff up to 12 kHz and a slope of 12, for each resonance and gains up to 24 dB. With a cutoff of 16 kHz `good` is
within 0.4 dB, a shelf within 0.5 dB. `draft` is narrower near half the rate, as the bilinear transform makes it. A peak
that stands still costs as much as in a `draft`; one that moves costs 4 times as much, a shelf 6 times, a notch 2.5
times. An allpass has the level of the analogue one in both.

A state-variable filter without a delay in its loop, so that the cutoff may move at audio rate, up to half the sample
rate. (Simper: Solving the continuous SVF equations using trapezoidal integration and equivalent currents, 2013;
Zavalishin: The Art of VA Filter Design, 2018.) `good` has the poles of the analogue filter, and zeros that are fitted
to its level. (Vicanek: Matched second order digital filters, 2016.)
"""

from typing import Any

from pydantic import model_validator

from waves.dsp.maths import finite
from waves.node import Node, Signal, param

from ._curves import SOUND, curved
from ._draft import Draft
from ._stages import BLUNT, SHARP, SHORT, Charges, Quality, Response


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

    quality: Quality = param(
        "good",
        words={"best": "good"},
        former={1: "draft"},
        description="Of the curve near half the sample rate.",
    )

    aliases = ("lpf", "hpf", "bpf", "lowpass", "highpass", "bandpass", "svf", "vcf", "biquad")
    constant = ("peak",)
    scratch = 10

    class state(Charges):
        pass

    @model_validator(mode="after")
    def _slope_of_its_type(self) -> Any:
        if self.slope not in (12, 24):
            raise ValueError(f"'slope' is 12 or 24, not {self.slope}")
        if self.slope == 24 and self.type not in ("lowpass", "highpass", "bandpass"):
            raise ValueError("'slope: 24' is for a lowpass, a highpass or a bandpass")
        return self

    @classmethod
    def expand(cls, build):
        node = build.node()
        if build.settings["quality"] == "draft":
            node.kind = Draft
            node.settings = {name: node.settings[name] for name in ("type", "slope")}
        return node

    @staticmethod
    def render(out, signal, type, cutoff, peak, gain, slope, state, rate, work):
        size = out.size
        for i in range(size):
            work[SOUND + i] = finite(signal[i], 0.0)
        for stage in range(2 if slope == 24 else 1):
            fixed, part = 0.0, 1.0  # Q of the stage: what is added, and what of that of the filter
            if slope == 24 and type != Response.bandpass:
                fixed, part = (BLUNT, 0.0) if stage == 0 else (0.0, SHARP)
            balanced = 1.0 if stage == 0 else 0.0
            first, second, before = state.first, state.second, state.before
            if stage == 1:
                first, second, before = state.third, state.fourth, state.before_second
            first, second, before = curved(
                out, type, cutoff, peak, gain, fixed, part, balanced, work, rate, first, second, before
            )
            if stage == 0:
                state.first, state.second, state.before = first, second, before
                for i in range(size):
                    work[SOUND + i] = out[i]
            else:
                state.third, state.fourth, state.before_second = first, second, before
