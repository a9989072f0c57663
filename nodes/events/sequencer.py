"""Sequencer: starts sounds one after another, each step an interval long.

    hat: {osc: {type: noise, amp: 0.3 * v, duration: 0.05, release: 0.04}}
    bass: {osc: {type: saw, freq: f, amp: 0.4, duration: 0.2, release: 0.1}}
    beat: {sequencer: {interval: sixteenth, swing: 0.2, steps: [hat, "hat v.4", [hat, bass c2], null]}}

A step is a rest (null or ~), a sound with what it is given (`bass c2`, `hat v.4`), several together (with
commas, or in a list), or a node. Sounds overlap later steps; one without an end is faded out after its
longest duration, or 1 s.
"""

import math

from waves.language.build.sequence_builder import sequence
from waves.node import Choice, Node, Signal, Steps, param


class Sequencer(Node):
    steps: Steps = param(None, description="What begins, one after another.")
    chain: Steps = param(None, description="Instead of steps: each begins when the one before has ended.")
    interval: Signal = param(None, unit="s", minimum=0.001, description="Length of a step.")
    repeat: float = param(math.inf, unit="passes", minimum=1, description="How often the list is played.")
    swing: Signal = param(
        0.0, unit="factor", minimum=-1.0, maximum=1.0, description="By half of it every second step is early."
    )
    trigger: Signal = param(None, unit="gate", description="Instead of the interval: begins the next step.")
    reset: Signal = param(None, unit="gate", description="Back to the first step.")
    voices: int = param(16, unit="voices", minimum=1, maximum=1024, description="Of one sound at once.")
    sync: Choice["transport", "start"] = param("transport", description="What steps are counted from.")

    @classmethod
    def expand(cls, build):
        return sequence(build)
