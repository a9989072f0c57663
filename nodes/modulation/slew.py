"""Slew: lets a signal rise and fall no faster than so much in a second, up and down each at a speed of its own.

    pulse:
      osc: {type: saw, freq: 110, amp: {slew: {up: 40, down: 1, signal: {osc: {type: sqr, freq: 2, range: [0, 0.3]}}}}}
    slide:
      osc:
        type: tri
        amp: 0.3
        freq: {slew: {type: exponential, up: 12, down: 3, signal: {automation: {interval: beat, steps: [c3, c4, g3]}}}}

Linear: by as much as `up` and `down` say. Exponential: by so many octaves, so that a larger interval takes longer; a
value that is not above 0 is taken at once. It begins at the first value.
"""

import math

from waves.dsp.maths import clip, finite
from waves.dsp.powers import exp2
from waves.node import BLOCK, Choice, Node, Signal, State, param

Type = Choice["linear", "exponential"]


class Slew(Node):
    signal: Signal = param(description="The signal to be followed.")
    up: Signal = param(math.inf, unit="value", minimum=0.0, description="Largest rise in a second, in octaves or not.")
    down: Signal = param(math.inf, unit="value", minimum=0.0, description="Largest fall in a second.")
    type: Type = param("linear", description="In equal steps, or in equal ratios.")

    aliases = ("slew limiter", "rise and fall", "lag up down")
    scratch = 2

    class state(State):
        begun: bool = False
        level: float = 0.0  # last output

    @staticmethod
    def render(out, signal, up, down, type, state, rate, work):
        level = state.level
        if not state.begun:
            level = finite(signal[0], 0.0)
            state.begun = True
        if type == Type.linear:
            for i in range(out.size):
                goal = finite(signal[i], level)
                rise = min(goal, level + clip(up[i], 0.0, math.inf) / rate)
                fall = max(goal, level - clip(down[i], 0.0, math.inf) / rate)
                level = rise if goal > level else fall
                out[i] = level
        elif type == Type.exponential:
            for i in range(out.size):
                work[i] = exp2(clip(up[i], 0.0, math.inf) / rate)
                work[BLOCK + i] = exp2(-clip(down[i], 0.0, math.inf) / rate)
            for i in range(out.size):
                goal = finite(signal[i], level)
                is_ratio = level > 0.0 and goal > 0.0
                way = min(goal, level * work[i]) if goal > level else max(goal, level * work[BLOCK + i])
                level = way if is_ratio else goal
                out[i] = level
        state.level = level
