"""Chord: a chord above the note of each sound.

    pad: {osc: {type: tri, freq: 220, amp: 0.1, duration: 0.4, release: 0.2}}
    chords: {chord: {type: minor, interval: beat, steps: [pad c3, ~, pad f3, ~]}}
"""

from waves.node import Choice, Steps, param
from waves.notes import StepNode

SEMITONES = {"major": (0, 4, 7), "minor": (0, 3, 7), "seventh": (0, 4, 7, 10)}


class Chord(StepNode):
    steps: Steps = param(description="The sounds, each with the lowest note of its chord.")
    type: Choice["major", "minor", "seventh"] = param("major", description="Notes of the chord.")

    @classmethod
    def expand(cls, build):
        above = SEMITONES[build.settings["type"]]
        notes = [note.raised(semitones) for note in build.notes("steps") for semitones in above]
        return build.start(notes, build.step_count("steps"))
