"""Spawn: starts a sound anew at every trigger, while those before it sound on.

    drop: {osc: {type: sin, freq: "rand(400, 1200)", amp: 0.25, duration: 0.3, attack: 0.002, release: 0.3}}
    rain: {spawn: {trigger: {osc: {type: sqr, freq: 6}}, signal: drop}}

A sound begins at the frame at which `trigger` rises through `threshold`. It plays in a voice of its own; a further one
takes the oldest, which fades out. Its `gate` is 1 for `length` seconds, without one as long as it sounds.
"""

from waves.dsp.maths import clip, finite
from waves.node import Signal, State, Step, param
from waves.notes import Voices

FOREVER = 2.0**52  # frames


class Spawn(Voices):
    trigger: Signal = param(unit="gate", description="Starts the sound whenever it rises through the threshold.")
    signal: Step = param(description="The sound, as a step of a sequence.")
    voices: int = param(32, unit="voices", minimum=1, maximum=1024, description="At the same time.")
    threshold: Signal = param(0.5, unit="value", description="Height that the trigger rises through.")
    length: Signal = param(None, unit="s", minimum=0.0, description="Time for which the gate of a sound is 1.")

    class state(State):
        above: bool = False  # whether the trigger was above the threshold

    @classmethod
    def expand(cls, build):
        return build.start_by_kernel("signal")

    @staticmethod
    def render(notes, trigger, threshold, length, state, rate):
        for i in range(notes.size):
            above = trigger[i] >= threshold[i]
            if above and not state.above:
                held = length[i] == length[i]
                notes.start(i, clip(finite(length[i], 0.0) * rate, 0.0, FOREVER) if held else FOREVER)
            state.above = above
