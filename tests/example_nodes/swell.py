"""A low-pass filter of one pole that opens with the level of `signal`, slowly enough to be cheap.

    soft: {swell: {open: 4, time: 0.1, signal: {osc: {type: saw, freq: 110, amp: {osc: {freq: 2}}}}}}
"""

import math

from waves.dsp.maths import clip, finite
from waves.node import Node, Signal, State, param


class Swell(Node):
    signal: Signal = param(0.0, unit="value")
    open: Signal = param(2.0, unit="octaves", description="How far the filter opens.")
    time: Signal = param(0.1, unit="s", minimum=0.001, description="Time to follow the level.")

    slow = ("opening", "follow")

    class state(State):
        level: float = 0.0
        last: float = 0.0

    @staticmethod
    def slowly(open, time, rate):
        opening = 2.0 ** clip(finite(open, 0.0), -10.0, 10.0)
        return opening, 1.0 - math.exp(-1.0 / (max(finite(time, 0.001), 0.001) * rate))

    @staticmethod
    def render(out, signal, opening, follow, state, rate):
        level, last = state.level, state.last
        for i in range(out.size):
            heard = finite(signal[i], 0.0)
            level += follow[i] * (abs(heard) - level)
            last += min(6.0 * 100.0 / rate * (1.0 + opening[i] * level), 1.0) * (heard - last)
            out[i] = last
        state.level, state.last = level, last
