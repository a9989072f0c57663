"""A decaying pulse at each rising edge of `trigger`, however many there are in a block.

    plucked: {pluck: {trigger: {osc: {type: sqr, freq: 3}}}}
"""

from waves.dsp.maths import clip
from waves.node import Node, Signal, State, param

SILENT = 1e-5  # -100 dB, at which a pulse is over


class Pluck(Node):
    trigger: Signal = param(0.0, unit="gate")
    keep: Signal = param(0.5, unit="factor", minimum=0.0, maximum=1.0, description="Level from frame to frame.")
    strikes: int = param(0, unit="pulses", minimum=0, description="Pulses until its end; 0: it has none.")

    class state(State):
        level: float = 0.0
        before: float = 0.0  # last value of the trigger
        count: int = 0  # pulses

    @staticmethod
    def render(out, trigger, keep, strikes, state):
        for i in range(out.size):
            if trigger[i] >= 0.5 and state.before < 0.5 and (strikes == 0 or state.count < strikes):
                state.level = 1.0
                state.count += 1
            state.before = trigger[i]
            out[i] = state.level
            state.level = clip(keep[i], 0.0, 1.0) * state.level if state.level > SILENT else 0.0
        return strikes > 0 and state.count >= strikes and state.level == 0.0
