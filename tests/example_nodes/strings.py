"""Several strings that ring together when `signal` strikes them, each a ring buffer that is read between two frames.

    harp: {strings: {freq: 110, damping: 0.3, signal: {osc: {type: noise, amp: 0.2, duration: 0.01}}}}
"""

from waves.dsp.maths import finite
from waves.node import Floats, Node, Signal, State, param

STRINGS = 4


class Strings(Node):
    signal: Signal = param(0.0, unit="value")
    freq: float = param(110.0, unit="Hz", minimum=20.0, maximum=2000.0, description="Pitch of the lowest string.")
    damping: float = param(0.3, unit="factor", minimum=0.0, maximum=1.0, description="How fast the sound becomes dull.")

    rings = {"strings": STRINGS}

    class state(State):
        past: Floats[STRINGS]  # what each string gave last

    @staticmethod
    def lengths(constants, rate):
        return {"strings": 1.0 / constants.freq}

    @staticmethod
    def render(out, signal, freq, damping, strings, state, rate):
        for i in range(out.size):
            total = 0.0
            for k in range(strings.size):
                heard = strings[k].cubic(rate / (freq * (1.0 + 0.5 * k)) - 0.5 * damping)
                dull = heard + 0.5 * damping * (state.past[k] - heard)
                state.past[k] = heard
                strings[k].push(finite(signal[i], 0.0) + 0.998 * dull)
                total += heard
            out[i] = total / STRINGS
