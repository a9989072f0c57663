"""Sequencer: starts sounds one after another, each step an interval long.

    hat: {osc: {type: noise, amp: 0.15 * v, duration: 0.05, release: 0.04}}
    bass: {osc: {type: saw, freq: f, amp: 0.4, duration: 0.2, release: 0.1}}
    beat: {sequencer: {interval: sixteenth, swing: 0.2, steps: [hat, "hat v.4", [hat, bass c2], null]}}

A step is a rest (null or ~), a sound with its values (`bass c2`, `hat v.4`), several sounds (with commas, or
in a list), or a node. A sound may last longer than its step; one without an end fades out after its longest
duration, or after 1 s.
"""

from waves.node import Signal, Steps, param
from waves.notes import StepNode


class Sequencer(StepNode):
    steps: Steps = param(None, description="The steps, one after another.")
    cycle: Signal = param(None, unit="s", minimum=0.001, description="Length of a pattern, by default a bar.")
    choke: bool = param(False, description="Each note ends those before it, in 5 ms.")
    fill: int = param(
        0, unit="cycles", minimum=0, maximum=1024, description="The last of so many cycles of a pattern is a fill."
    )
    chain: Steps = param(
        None, description="Steps of which each begins when the one before has ended; instead of `steps`."
    )

    aliases = ("seq", "pattern", "loop", "steps")

    @classmethod
    def expand(cls, build):
        written = [name for name in ("steps", "chain") if build.gives(name)]
        if len(written) != 1:
            what = "'steps' or 'chain'" if not written else "one of 'steps' and 'chain'"
            build.report(f"'{build.name}' needs {what}")
        name = written[0] if written else "steps"
        return build.play(name, chained=name == "chain")
