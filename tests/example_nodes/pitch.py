"""The pitch of a sound in Hz, and how sure it is: `$id.sure` is 1 for a clear tone, 0 for noise.

    follower: {osc: {type: sqr, amp: 0.2, freq: {pitch: {signal: {osc: {type: saw, freq: 110, amp: 0.5}}}}}}

The work on a window is spread over the next one. (De Cheveigné, Kawahara: YIN, a fundamental frequency estimator for
speech and music, 2002.)
"""

from waves.dsp.maths import clip, finite
from waves.node import Node, Signal, State, param

WINDOW = 1024  # frames that are compared, and the longest period
HOP = 512  # frames from one window to the next


class Pitch(Node):
    signal: Signal = param(description="The sound whose pitch is looked for.")
    lowest: float = param(50.0, unit="Hz", minimum=45.0, description="Nothing below.")
    highest: float = param(2000.0, unit="Hz", minimum=50.0, maximum=10000.0, description="Nothing above.")

    outputs = ("pitch", "sure")
    buffers = {"recent": "f8", "window": "f8", "difference": "f8"}
    unsaved = ("recent", "window", "difference")
    tail = False

    class state(State):
        at: int = 0  # frame since the last window
        total: float = 0.0  # of the differences so far
        pitch: float = 0.0
        sure: float = 0.0
        ranges = {"at": (0, HOP - 1)}

    @staticmethod
    def lengths(constants, rate):
        return {"recent": 2 * WINDOW, "window": 2 * WINDOW, "difference": WINDOW}

    @staticmethod
    def render(pitch, sure, signal, lowest, highest, recent, window, difference, state, rate):
        for i in range(pitch.size):
            recent[2 * WINDOW - HOP + state.at] = finite(signal[i], 0.0)
            for lag in range(2 * state.at, 2 * state.at + 2):
                state.total += compare(window, difference, lag, state.total)
            state.at += 1
            if state.at == HOP:
                state.at = 0
                state.total = 0.0
                find(difference, lowest, highest, state, rate)
                slide(recent, window)
            pitch[i] = state.pitch
            sure[i] = state.sure


def compare(window, difference, lag, total):
    """The difference of the window and itself `lag` frames later; beside it, relative to the mean of shorter lags."""
    here, later = window.part(0, WINDOW), window.part(lag, WINDOW)
    found = 0.0
    for k in range(WINDOW):
        found += (here[k] - later[k]) * (here[k] - later[k])
    difference[lag] = found * lag / (total + found) if total + found > 0.0 else 1.0
    return found


def slide(recent, window):
    """The next window is the newest one, and room for the next frames is made."""
    for k in range(2 * WINDOW):
        window[k] = recent[k]
    for k in range(2 * WINDOW - HOP):
        recent[k] = recent[k + HOP]


def find(difference, lowest, highest, state, rate):
    """The first deep minimum of the differences, between two frames; without one the last pitch stays."""
    longest = int(clip(rate / lowest, 4.0, WINDOW - 2.0))
    lag = int(clip(rate / highest, 2.0, longest - 1.0))
    best = lag
    while lag < longest:
        best = lag if difference[lag] < difference[best] else best
        if difference[lag] < 0.15:
            while lag + 1 < longest and difference[lag + 1] < difference[lag]:
                lag += 1
            a, b, c = difference[lag - 1], difference[lag], difference[lag + 1]
            bend = a - 2.0 * b + c
            shift = 0.5 * (a - c) / bend if bend > 1e-12 else 0.0
            state.pitch = rate / (lag + clip(shift, -1.0, 1.0))
            state.sure = 1.0 - b
            return
        lag += 1
    state.sure = clip(1.0 - difference[best], 0.0, 1.0)
