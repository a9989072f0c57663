"""Interval: the frequency of a note of a scale, by its number.

    tune: {osc: {type: tri, amp: 0.3, freq: {interval: {root: a3, scale: minor_pentatonic, note: floor(6 * t) % 8}}}}

Number 0 is `root`, and each further number the next note of the scale, on into the next octaves; below 0 they go
down. A number between two notes is that of the nearer one. `scale` are semitones above the root within one octave:
the name of a scale or a list, with parts of a semitone if you like.
"""

from waves.dsp.maths import clip, finite, floor, rint
from waves.dsp.powers import exp2
from waves.node import Node, Signal, Signals, param

FARTHEST = 1e4  # notes
WIDEST = 720.0  # semitones
CHROMATIC = [float(semitones) for semitones in range(12)]


class Interval(Node):
    root: Signal = param(440.0, unit="Hz", description="Frequency of note 0.")
    note: Signal = param(0.0, unit="notes", description="Number of the note.")
    scale: Signals = param(CHROMATIC, unit="semitones", description="The notes of an octave, above the root.")

    aliases = ("degree",)
    waits = ()

    @classmethod
    def expand(cls, build):
        if not build.several("scale"):
            build.report("a scale has at least one note", "scale")
        return build.node()

    @staticmethod
    def render(out, root, note, scale):
        count = scale.size
        for i in range(out.size):
            number = rint(clip(finite(note[i], 0.0), -FARTHEST, FARTHEST))
            octave = floor(number / count)
            step = finite(scale[int(number - octave * count)][i], 0.0)
            out[i] = finite(root[i], 0.0) * exp2(clip(step + 12.0 * octave, -WIDEST, WIDEST) / 12.0)
