"""Automation: values one after another, each step an interval long.

    bass: {osc: {type: tri, amp: 0.4, freq: {automation: {interval: beat, steps: [A1, null, C2, E2]}}}}
    slide: {osc: {freq: {automation: {mode: ramp, interval: bar, steps: [200, 800, 400]}}}}
    sweep: {osc: {freq: {values: "c2 <eb2 g2> [f2 c3]"}, amp: 0.2}}

A value is a number, an expression or a node; null keeps the previous one. `values: X` is short for
`automation: {steps: X}`; a text is a pattern. `rand()` gives another number at each step.
Inside a note it begins with each note: a movement over many bars stands around the notes, or is read by its `id`, as
`cutoff: $arc`.
"""

import math

from waves.language.build.automation_builder import stepped
from waves.node import Choice, Node, Signal, Values, param


class Automation(Node):
    steps: Values = param(description="The values; a text is a pattern.")
    cycle: Signal = param(
        None, unit="s", minimum=0.001, description="Length of a pattern, by default a bar, or of the whole list."
    )
    interval: Signal = param(1.0, unit="s", minimum=0.001, description="Length of a step.")
    mode: Choice["step", "ramp", "overlap"] = param(
        "step", description="Hold a value, move to the next in a line, or crossfade from the previous one."
    )
    overlap: Signal = param(0.1, unit="s", minimum=0.0, description="Time of the crossfade.")
    repeat: float = param(math.inf, unit="passes", minimum=1, description="After these the last value is kept.")
    swing: Signal = param(
        0.0, unit="factor", minimum=-1.0, maximum=1.0, description="By half of it every second step is early."
    )
    trigger: Signal = param(None, unit="gate", description="Begins the next step, instead of the interval.")
    reset: Signal = param(None, unit="gate", description="Back to the first step.")
    sync: Choice["transport", "start"] = param(
        "transport", description="The moment from which steps are counted; in a note its beginning."
    )

    aliases = ("step lane",)

    @classmethod
    def expand(cls, build):
        return stepped(build)
