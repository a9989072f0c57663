"""Sequencer: starts sounds one after another, each step an interval long.

    hat: {osc: {type: noise, amp: 0.3 * v, duration: 0.05, release: 0.04}}
    bass: {osc: {type: saw, freq: f, amp: 0.4, duration: 0.2, release: 0.1}}
    beat: {sequencer: {interval: sixteenth, swing: 0.2, steps: [hat, "hat v.4", [hat, bass c2], null]}}

A step is a rest (null or ~), a sound with its values (`bass c2`, `hat v.4`), several sounds (with commas, or
in a list), or a node. A sound may last longer than its step; one without an end fades out after its longest
duration, or after 1 s.
"""

import math

from waves.language.build.sequence_builder import sequence
from waves.node import Choice, Node, Signal, Steps, param


class Sequencer(Node):
    steps: Steps = param(None, description="The steps, one after another.")
    chain: Steps = param(
        None, description="Steps of which each begins when the one before has ended; instead of `steps`."
    )
    interval: Signal = param(None, unit="s", minimum=0.001, description="Length of a step.")
    repeat: float = param(math.inf, unit="passes", minimum=1, description="Number of times that the list is played.")
    swing: Signal = param(
        0.0, unit="factor", minimum=-1.0, maximum=1.0, description="By half of it every second step is early."
    )
    trigger: Signal = param(None, unit="gate", description="Begins the next step, instead of the interval.")
    reset: Signal = param(None, unit="gate", description="Back to the first step.")
    voices: int = param(16, unit="voices", minimum=1, maximum=1024, description="Of one sound at the same time.")
    sync: Choice["transport", "start"] = param("transport", description="The moment from which steps are counted.")

    @classmethod
    def expand(cls, build):
        return sequence(build)
