"""Impulse: single clicks at an even pace, to strike what rings, or as the pulse of a clock.

    struck: {comb: {freq: 220, decay: 0.25, mix: 1, signal: {impulse: {freq: 4, amp: 1.8}}}}
    beats: {envelope: {decay: 0.2, sustain: 0, trigger: {impulse: {freq: 2}}, signal: {osc: {freq: 110, amp: 0.5}}}}

The first click is at once, the next whenever the phase has made a whole turn. A click is `amp` for one frame at
44.1 kHz, and for as many frames as take that time at a higher rate. So it has all frequencies alike, to 2 dB at 16 kHz,
and lies on whole frames: for a tone take `osc`.
"""

from waves.dsp.maths import finite, floor, increment, rint, turn, turns
from waves.node import Node, Signal, State, param

CLICK_RATE = 44_100.0  # Hz, at which a click is one frame


class Impulse(Node):
    freq: Signal = param(1.0, unit="Hz", description="Clicks in a second.")
    amp: Signal = param(1.0, unit="factor", description="Height of a click.")
    phase: Signal = param(0.0, unit="rad", description="Added to the phase: the clicks are so much earlier.")

    aliases = ("click", "clock pulse")
    crossfaded = ("phase",)
    factors = ("amp",)

    class state(State):
        begun: bool = False
        phase: float = 0.0  # turns
        last: float = 0.0  # turns, the phase of the frame before with what is added to it
        left: float = 0.0  # frames for which a click goes on

    @staticmethod
    def render(out, freq, amp, phase, state, rate):
        frames = max(rint(rate / CLICK_RATE), 1.0)
        at = state.phase
        for i in range(out.size):
            step = increment(freq[i], rate)
            now = at + turns(phase[i])
            last = state.last if state.begun else now - step
            if floor(now) != floor(last):
                state.left = frames
            state.begun = True
            state.last = now
            out[i] = finite(amp[i], 0.0) if state.left > 0.0 else 0.0
            state.left = max(state.left - 1.0, 0.0)
            at += step
        state.last -= at - turn(at)
        state.phase = turn(at)
