"""Counts its frames in several ways, and adds a level to its signal.

    count: {tally: {signal: 0.5}}
"""

from waves.node import Floats, Node, Signal, State, param


class Tally(Node):
    signal: Signal = param(0.0, unit="value")

    class state(State):
        frames: int = 0
        place: float = 0.0  # half a frame each
        level: float = 0.25
        flag: bool = False
        history: Floats[4]

    @staticmethod
    def render(out, signal, state):
        total = 0.0
        for k in range(4):
            total += 0.0 * state.history[k]
        for i in range(out.size):
            out[i] = signal[i] + state.level + total
            state.frames += 1
            state.place += 0.5
        if not state.flag:
            for k in range(4):
                state.history[k] = signal[0]
        state.flag = True
