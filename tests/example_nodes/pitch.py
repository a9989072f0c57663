"""The pitch of a sound in Hz, and how sure it is: `$id.sure` is 1 for a clear tone, 0 for noise.

    follower: {osc: {type: sqr, amp: 0.2, freq: {pitch: {signal: {osc: {type: saw, freq: 110, amp: 0.5}}}}}}

The work on a window is spread over the next one. (De Cheveigné, Kawahara: YIN, a fundamental frequency estimator for
speech and music, 2002.)
"""

from waves.dsp.maths import clip, finite
from waves.node import Node, Signal, State, param

WINDOW = 1024  # frames that are compared, and the longest period
HOP = WINDOW // 2  # frames from one window to the next; in each, two periods are looked at


class Pitch(Node):
    signal: Signal = param(description="The sound whose pitch is looked for.")
    lowest: float = param(50.0, unit="Hz", minimum=45.0, description="Nothing below.")
    highest: float = param(2000.0, unit="Hz", minimum=50.0, maximum=10000.0, description="Nothing above.")

    outputs = ("pitch", "sure")
    rings = {"past": 1}
    buffers = {"window": "f8", "differences": "f8"}
    tail = False

    class state(State):
        at: int = 0  # frame since the last window
        total: float = 0.0  # of the differences so far
        pitch: float = 0.0
        sure: float = 0.0
        ranges = {"at": (0, HOP - 1)}

    @staticmethod
    def lengths(constants, rate):
        return {"past": 2 * WINDOW / rate, "window": 2 * WINDOW, "differences": WINDOW}

    @staticmethod
    def render(pitch, sure, signal, lowest, highest, past, window, differences, state, rate):
        for i in range(pitch.size):
            past.push(finite(signal[i], 0.0))
            for lag in range(2 * state.at, 2 * state.at + 2):
                here, later, found = window.part(0, WINDOW), window.part(lag, WINDOW), 0.0
                for k in range(WINDOW):
                    found += (here[k] - later[k]) * (here[k] - later[k])
                state.total += found
                differences[lag] = found * lag / state.total if state.total > 0.0 else 1.0
            state.at += 1
            if state.at == HOP:
                state.at, state.total = 0, 0.0
                find(differences, int(clip(rate / highest, 2.0, WINDOW - 3.0)), rate / lowest, rate, state)
                for k in range(2 * WINDOW):
                    window[k] = past.at(2 * WINDOW - k)
            pitch[i], sure[i] = state.pitch, state.sure


def find(differences, lag, longest, rate, state):
    """The first deep minimum, between two frames; without one the pitch stays, and is less sure."""
    state.sure = 0.0
    while lag < min(longest, WINDOW - 2.0):
        a, b, c = differences[lag - 1], differences[lag], differences[lag + 1]
        if b <= c and b < 0.15:
            bend = a - 2.0 * b + c
            state.pitch = rate / (lag + (clip(0.5 * (a - c) / bend, -1.0, 1.0) if bend > 1e-12 else 0.0))
            state.sure = 1.0 - b
            return
        state.sure = max(state.sure, 1.0 - b)
        lag += 1
