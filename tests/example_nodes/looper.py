"""A loop of `length` seconds: what comes in is added while `record` is 1, and `keep` is what stays of each pass.

    layers: {looper: {length: 0.5, record: {osc: {type: sqr, freq: 0.25}}, signal: {osc: {freq: 220, amp: 0.2}}}}
"""

from waves.dsp.maths import clip, finite
from waves.node import Node, Signal, State, param


class Looper(Node):
    signal: Signal = param(0.0, unit="value", description="What is recorded.")
    record: Signal = param(1.0, unit="gate", description="Above 0.5 the input is added to the loop.")
    keep: Signal = param(1.0, unit="factor", minimum=0.0, maximum=1.0, description="Part of the loop that stays.")
    length: float = param(2.0, unit="s", minimum=0.01, maximum=60.0, description="Length of the loop.")
    volume: float = param(1.0, unit="factor", description="Level of the loop.")

    buffers = {"loop": "f8"}
    waits = ()

    class state(State):
        playhead: int = 0  # frames
        ranges = {"playhead": (0, 60 * 400_000)}

    @staticmethod
    def lengths(constants, rate):
        return {"loop": constants.length * rate}

    @staticmethod
    def render(out, signal, record, keep, volume, loop, state):
        at = state.playhead
        for i in range(out.size):
            if at >= loop.size:
                at = 0
            heard = loop[at]
            if record[i] > 0.5:
                loop[at] = clip(keep[i], 0.0, 1.0) * heard + finite(signal[i], 0.0)
            out[i] = volume * heard
            at += 1
        state.playhead = at
