"""Geiger: a sound at random moments, so many in a second on average, some softer than others.

    tick: {context: {v: 1, signal: {osc: {freq: 2000, amp: 0.5 * v, duration: 0.01, release: 0.02}}}}
    counter: {geiger: {play: tick, density: 12}}
"""

from waves.dsp.maths import clip, finite, uniform
from waves.node import Signal, State, param
from waves.notes import NoteNode


class Geiger(NoteNode):
    density: Signal = param(8.0, unit="events per s", minimum=0.0, maximum=500.0, description="Sounds in a second.")

    note_values = ("v",)

    class state(State):
        frames: int = 0  # so far, each with two random numbers
        numbered = ("frames",)

    @staticmethod
    def render(notes, density, state, seed, rate):
        for i in range(notes.size):
            if uniform(seed, 2 * state.frames) * rate < clip(finite(density[i], 0.0), 0.0, 500.0):
                notes.start(i, 0.01 * rate, 0.2 + 0.8 * uniform(seed, 2 * state.frames + 1))
            state.frames += 1
