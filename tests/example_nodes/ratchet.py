"""Ratchet: each sound may be struck again within its step.

    hat: {osc: {type: noise, amp: 0.3, duration: 0.02, release: 0.02}}
    hats: {ratchet: {times: 4, chance: 0.3, interval: beat / 2, steps: [hat, hat amp.2]}}
"""

from waves.node import Steps, param
from waves.notes import StepNode


class Ratchet(StepNode):
    steps: Steps = param(description="The sounds.")
    times: int = param(3, unit="strokes", minimum=1, maximum=16, description="Strokes in a step.")
    chance: float = param(0.5, unit="factor", minimum=0.0, maximum=1.0, description="Of each stroke but the first.")

    @classmethod
    def expand(cls, build):
        notes = []
        for note in build.notes("steps"):
            first, *others = note.repeated(build.settings["times"])
            notes += [first, *(stroke.with_chance(build.settings["chance"]) for stroke in others)]
        return build.start(notes, build.step_count("steps"))
