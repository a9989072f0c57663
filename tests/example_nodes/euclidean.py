"""Euclidean: so many onsets in a number of steps, as evenly as they can stand.

    rim: {osc: {freq: 900, amp: 0.3, duration: 0.03, release: 0.03}}
    clave: {euclidean: {play: rim, onsets: 5, steps: 8, interval: sixteenth}}
"""

from waves.node import param
from waves.notes import NoteNode, StepNode


class Euclidean(NoteNode, StepNode):
    onsets: int = param(3, unit="onsets", minimum=0, description="Steps on which the sound begins.")
    steps: int = param(8, unit="steps", minimum=1, maximum=64, description="In a pass.")

    @classmethod
    def expand(cls, build):
        onsets, steps = build.settings["onsets"], build.settings["steps"]
        if onsets > steps:
            build.report(f"there are more onsets than steps, {steps}", "onsets")
        places = [step for step in range(steps) if step * onsets % steps < onsets]
        return build.start([note.later(step) for step in places for note in build.notes("play")], steps)
