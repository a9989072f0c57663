"""Snap: lets through only some values, each time the nearest one.

    steps: {osc: {type: tri, amp: 0.3, freq: {snap: {values: [c4, eb4, g4, bb4], signal: {osc: {range: [c4, c5]}}}}}}
    rough: {osc: {freq: 220, amp: {snap: {range: [0, 0.4], interval: 0.1, signal: {osc: {freq: 2, range: [0, 0.4]}}}}}}
    sung:
      osc:
        type: saw
        amp: 0.2
        freq: {snap: {scale: minor_pentatonic, root: a3, signal: {osc: {freq: 0.3, range: [110, 660]}}}}

The values are listed, or they are `interval` apart; `range` are the lowest and the highest of these. Or they are the
notes of a `scale` in all octaves, of which the nearest in semitones is taken: `scale` are semitones above `root`, the
name of a scale or a list. With `glide` it moves to the next value in a line: through all of them, from the lowest to
the highest, in so many seconds, so that a smaller step takes less time. Without a `range`, an `interval` takes so
long, with a `scale` the octave below the note.
"""

import math

from pydantic import field_validator

from waves.dsp.maths import clip, finite, floor, rint
from waves.dsp.powers import exp2, log2
from waves.node import Node, Signal, Signals, State, param

from .._two_ends import two_ends

count = range  # the kernel has a parameter of that name
HIGHEST = 1e6  # Hz


class Snap(Node):
    signal: Signal = param(description="The signal to be rounded.")
    values: Signals = param([], unit="value", description="The values that there are.")
    range: Signals = param([], unit="value", description="The lowest and the highest value.")
    interval: Signal = param(
        None, unit="value", minimum=0.0, description="Distance of the values, instead of `values`."
    )
    scale: Signals = param([], unit="semitones", description="Notes of an octave, above `root`, instead of `values`.")
    root: Signal = param(440.0, unit="Hz", description="Frequency that `scale` counts from.")
    glide: Signal = param(0.0, unit="s", minimum=0.0, description="Time from the lowest value to the highest.")

    aliases = ("round to", "quantize", "quantise", "quantizer", "to scale")

    _two_ends = field_validator("range")(two_ends)

    class state(State):
        begun: bool = False
        level: float = 0.0  # last output

    @classmethod
    def expand(cls, build):
        if not build.several("values") and not build.several("scale") and not build.gives("interval"):
            build.report(f"'{build.name}' needs 'values', 'scale' or 'interval'")
        return build.node()

    @staticmethod
    def render(out, signal, values, range, interval, scale, root, glide, state, rate):
        for i in count(out.size):
            x = finite(signal[i], 0.0)
            lowest, highest = -math.inf, math.inf
            if values.size > 0:
                x, lowest, highest = nearest(x, values, i)
            elif scale.size > 0:
                x = in_scale(x, scale, root[i], i)
                lowest, highest = 0.5 * x, x
            else:
                step = max(finite(interval[i], 0.0), 0.0)
                if range.size == 2:
                    lowest, highest = min(range[0][i], range[1][i]), max(range[0][i], range[1][i])
                origin = finite(lowest, 0.0)
                if step > 0.0:
                    places = floor((x - origin) / step + 0.5)
                    x = origin + step * clip(places, -math.inf, floor((highest - origin) / step + 1e-9))
                x = clip(x, lowest, highest)
                if not highest - lowest < math.inf:
                    lowest, highest = 0.0, step
            x = finite(x, state.level)
            largest = (highest - lowest) / (finite(glide[i], 0.0) * rate) if glide[i] > 0.0 else math.inf
            state.level = clip(x, state.level - largest, state.level + largest) if state.begun else x
            state.level = finite(state.level, x)
            state.begun = True
            out[i] = state.level


def nearest(x, values, i):
    """The value nearest to `x`, the lowest and the highest in frame `i`."""
    found = values[0][i]
    lowest, highest = found, found
    for k in count(1, values.size):
        value = values[k][i]
        if abs(value - x) < abs(found - x):
            found = value
        lowest, highest = min(lowest, value), max(highest, value)
    return found, lowest, highest


def in_scale(x, scale, root, i):
    """The note of a scale that is nearest to `x` Hz, in any octave; `x` itself where it is no pitch."""
    if not (0.0 < x < HIGHEST and 0.0 < root < HIGHEST):
        return x
    height = 12.0 * log2(x / root)
    found, apart = height, math.inf
    for k in count(scale.size):
        step = finite(scale[k][i], 0.0)
        note = step + 12.0 * rint((height - step) / 12.0)
        if abs(note - height) < apart:
            found, apart = note, abs(note - height)
    return root * exp2(found / 12.0)
