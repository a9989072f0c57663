"""Bounce: a sound at each stroke of a ball that falls, softer and sooner each time.

    tick: {context: {v: 1, signal: {osc: {freq: 1200, amp: 0.5 * v, duration: 0.03, release: 0.03}}}}
    ball: {bounce: {play: tick, time: 0.5, rebound: 0.8}}
"""

from waves.dsp.maths import clip, finite
from waves.node import Signal, State, param
from waves.notes import NoteNode

SOFTEST = 0.01  # strength; a softer stroke is not heard


class Bounce(NoteNode):
    time: Signal = param(0.5, unit="s", minimum=0.001, description="From the first stroke to the second, at most.")
    rebound: Signal = param(0.8, unit="factor", minimum=0.0, maximum=0.99, description="Strength that is left.")

    note_values = ("v",)

    class state(State):
        strength: float = 1.0
        left: float = 0.0  # frames until the next stroke

    @staticmethod
    def render(notes, time, rebound, state, rate):
        for i in range(notes.size):
            if state.left <= 0.0 and state.strength >= SOFTEST:
                notes.start(i, 0.05 * rate, state.strength)
                state.strength *= clip(finite(rebound[i], 0.0), 0.0, 0.99)
                state.left += max(clip(finite(time[i], 0.5), 0.0, 60.0) * rate * state.strength, 1.0)
            state.left -= 1.0
        return state.strength < SOFTEST
