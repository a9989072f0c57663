"""Strum: the sounds of a step one after another, as the strings of a guitar.

    string: {osc: {type: saw, freq: 220, amp: 0.1, duration: 0.4, release: 0.3}}
    strummed: {strum: {time: 0.03, interval: beat, steps: ["string e2, string b2, string e3"]}}
"""

from itertools import groupby

from waves.node import Steps, param
from waves.notes import StepNode


class Strum(StepNode):
    steps: Steps = param(description="The sounds of each step, in the order in which they begin.")
    time: float = param(0.02, unit="s", minimum=0.0, maximum=0.5, description="From one sound of a step to the next.")

    @classmethod
    def expand(cls, build):
        notes = []
        for _, together in groupby(build.notes("steps"), key=lambda note: note.onset):
            notes += [note.later(seconds=k * build.settings["time"]) for k, note in enumerate(together)]
        return build.start(notes, build.step_count("steps"))
