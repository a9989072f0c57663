"""A loop of `length` seconds: what comes in is added while `record` is 1, and `keep` is what stays of each pass.

    layers: {looper: {length: 0.5, record: {osc: {type: sqr, freq: 0.25}}, signal: {osc: {freq: 220, amp: 0.2}}}}
"""

from waves.dsp.maths import clip, finite
from waves.dsp.windows import hann
from waves.node import Node, Signal, State, param

EDGE = 0.005  # s in which recording begins and ends, and in which the loop fades where it is cut


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
        size: int = 0  # of the loop as it was played last
        share: float = 0.0  # part of the input that is recorded
        ranges = {"playhead": (0, 60 * 400_000), "share": (0, 1)}

    @staticmethod
    def lengths(constants, rate):
        return {"loop": constants.length * rate}

    @staticmethod
    def render(out, signal, record, keep, volume, loop, state, rate):
        at, share, edge = state.playhead, state.share, int(EDGE * rate)
        if state.size != loop.size:  # its end does not go on at its beginning any more
            cut(loop, 0, edge)
            cut(loop, min(state.size, loop.size), edge)
            if share > 0.0:  # nor what is recorded on what was
                cut(loop, at, edge)
            state.size, share = loop.size, 0.0
        for i in range(out.size):
            at = at if at < loop.size else 0
            heard = loop[at]
            share = clip(1.0 if record[i] > 0.5 else 0.0, share - 1.0 / edge, share + 1.0 / edge)
            if share > 0.0:
                loop[at] += share * ((clip(keep[i], 0.0, 1.0) - 1.0) * heard + finite(signal[i], 0.0))
            out[i] = volume * heard
            at += 1
        state.playhead, state.share = at, share


def cut(loop, place, frames):
    """Fades a loop to 0 at a place, from both sides of it."""
    for k in range(-frames, frames):
        loop[(place + k) % loop.size] *= 1.0 - hann(0.5 + 0.5 * k / frames)
