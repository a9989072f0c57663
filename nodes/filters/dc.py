"""DC: takes away an offset, so that what follows has all of its range: a highpass far below what is heard.

    centred: {dc: {signal: 0.3 + 0.3 * sin(tau * 110 * t)}}

6 dB per octave, with no resonance: a lower `cutoff` leaves the bass more as it is, and the offset longer, to 37 % after
0.16 s / `cutoff`. (Zavalishin: The Art of VA Filter Design, 2018.)
"""

from waves.dsp.filters.one_pole import highpass, lowpass_coefficient
from waves.dsp.maths import clip, finite
from waves.node import Floats, Node, Signal, State, param

LOWEST, HIGHEST = 0.1, 1000.0  # Hz


class DC(Node):
    signal: Signal = param(description="The sound with an offset.")
    cutoff: Signal = param(10.0, unit="Hz", minimum=LOWEST, maximum=HIGHEST, description="-3 dB point.")

    aliases = ("dc block", "leak")

    class state(State):
        low: Floats[1]

    @staticmethod
    def render(out, signal, cutoff, state, rate):
        for i in range(out.size):
            out[i] = lowpass_coefficient(clip(cutoff[i], LOWEST, HIGHEST), rate)
        for i in range(out.size):
            out[i] = highpass(finite(signal[i], 0.0), out[i], state.low)
