"""Tremolo: a level that swings; with `spread` the sound goes from side to side.

    waves: {tremolo: {rate: 6, depth: 0.7, signal: {osc: {type: tri, freq: 220, amp: 0.4}}}}
    beats: {tremolo: {rate: 1 / eighth, shape: sqr, spread: 1, signal: {osc: {type: saw, freq: 110, amp: 0.2}}}}

It begins at its full level, and falls from there by `depth`. `1 / eighth` is one swing in each eighth. The corners of
`sqr` are rounded within 4 ms, so that they do not click.
"""

from waves.dsp.maths import clip, increment, sine, turn
from waves.node import BLOCK, Channels, Choice, Node, Signal, State, param

Shape = Choice["sin", "tri", "sqr"]
EDGE = 0.004  # s, of a square


class Tremolo(Node):
    signal: Channels = param(description="The sound whose level swings.")
    rate: Signal = param(5.0, unit="Hz", minimum=0.0, maximum=100.0, description="Swings per second.")
    depth: Signal = param(
        0.5, unit="factor", minimum=0.0, maximum=1.0, description="Part of the level that is lost at its lowest."
    )
    shape: Shape = param("sin", description="The shape of a swing.")
    spread: Signal = param(
        0.0,
        unit="position",
        minimum=0.0,
        maximum=1.0,
        description="0 both sides together, 1 the one against the other.",
    )

    aliases = ("autopan",)
    channels = ("left", "right")
    tail = False
    scratch = 2

    class state(State):
        phase: float = 0.25  # turns; the level is full there
        ranges = {"phase": (0, 1)}

    @staticmethod
    def render(left, right, signal, rate, depth, shape, spread, state, sample_rate, work):
        size = left.size
        phase = state.phase
        for i in range(size):
            work[i] = phase
            work[BLOCK + i] = phase + 0.5 * clip(spread[i], 0.0, 1.0)
            phase = turn(phase + increment(rate[i], sample_rate))
        state.phase = phase
        if shape == Shape.sin:
            for i in range(size):
                work[i] = sine(work[i])
                work[BLOCK + i] = sine(work[BLOCK + i])
        elif shape == Shape.tri:
            for i in range(size):
                work[i] = triangle(work[i])
                work[BLOCK + i] = triangle(work[BLOCK + i])
        elif shape == Shape.sqr:
            for i in range(size):
                steep = 0.5 / EDGE / max(abs(rate[i]), 0.001)
                work[i] = rounded(steep * triangle(work[i]))
                work[BLOCK + i] = rounded(steep * triangle(work[BLOCK + i]))
        first, last = signal[0], signal[signal.size - 1]
        for i in range(size):
            lost = 0.5 * clip(depth[i], 0.0, 1.0)
            left[i] = first[i] * (1.0 - lost * (1.0 - work[i]))
            right[i] = last[i] * (1.0 - lost * (1.0 - work[BLOCK + i]))


def triangle(phase):
    """A triangle from -1 to 1 with the zeros and the signs of a sine."""
    return 1.0 - 4.0 * abs(turn(phase + 0.25) - 0.5)


def rounded(x):
    """A value within -1 to 1, with a rounded way between."""
    return sine(0.25 * clip(x, -1.0, 1.0))
