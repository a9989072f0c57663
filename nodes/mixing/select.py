"""Select: one of several sounds, the one whose name is the value of `test`.

    part:
      select:
        test: bar_number % 4 == 0
        false: {osc: {type: tri, freq: {automation: {interval: eighth, steps: [a3, c4, e4, c4]}}, amp: 0.3}}
        true: {osc: {type: saw, freq: {automation: {interval: sixteenth, steps: [a3, e4, a4]}}, amp: 0.2}}

A name is a number, `true` or `false` for 1 and 0, or a word: `test: chorus`, or a word of `vars` that plays the
same part of a whole song. A value without a path is silence. All paths go on in time, also while they are not
heard. Where another path is selected nothing jumps: the distance from the last frame to its first falls by 60 dB in
`crossfade`, so that a sound that begins there keeps its attack. A value that moves a parameter changes at once,
unless `crossfade` is written.
"""

from waves.language.build.selection_builder import selected
from waves.node import Node, Signal, Signals, param


class Select(Node):
    test: Signal = param(unit="any", description="The name of the path that is heard.")
    signals: Signals = param([], description="The paths by name; those of a list are counted from 0.")
    crossfade: float = param(0.005, unit="s", minimum=0.0, maximum=10.0, description="Time in which a jump is over.")

    aliases = ("switch", "case")

    @classmethod
    def expand(cls, build):
        return selected(build)
