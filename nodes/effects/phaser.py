"""Phaser: notches that move through the sound, three of them with six stages.

    swirl: {phaser: {rate: 0.4, signal: {osc: {type: saw, freq: 110, amp: 0.2}}}}
    deep: {phaser: {stages: 12, feedback: 0.7, depth: 0, cutoff: {osc: {freq: 0.1, range: [300, 3000]}},
                    signal: {osc: {type: saw, freq: 55, amp: 0.2}}}}

Allpass stages of the first order, all with one corner, which goes two octaves up and down around `cutoff` at `depth` 1.
Two stages make a notch. The feedback has no delay in its loop, so the notches are where the circuit has them: with six
stages and without feedback at 0.27, 1 and 3.7 times the corner. `mix` keeps the loudness.
(Smith: An all-pass approach to digital phasing and
flanging, 1984; Zavalishin: The Art of VA Filter Design, 2018.)
"""

import math

from waves.dsp.filters.follower import follower_coefficient
from waves.dsp.filters.one_pole import lowpass_coefficient
from waves.dsp.maths import clip, finite, increment, sine, turn
from waves.dsp.panning import crossfade
from waves.dsp.powers import exp2, log2
from waves.node import BLOCK, Channels, Floats, Node, Signal, State, param

MOST = 12  # stages
OCTAVES = 2.0  # up and down at depth 1
LOWEST, HIGHEST = 10.0, 20_000.0  # Hz
LOOP = 0.98  # of the output that goes in again
EASE = 0.01  # s in which a jump of `cutoff`, `depth` or `spread` is followed


class Phaser(Node):
    signal: Channels = param(description="The sound that the notches move through.")
    rate: Signal = param(0.3, unit="Hz", minimum=0.0, maximum=20.0, description="Swings of the notches per second.")
    depth: Signal = param(
        0.7, unit="factor", minimum=0.0, maximum=1.0, description="Reach of the notches; two octaves up and down at 1."
    )
    stages: int = param(6, unit="number", minimum=1, maximum=MOST, description="Allpass stages, two for a notch.")
    feedback: Signal = param(
        0.3, unit="factor", minimum=-1.0, maximum=1.0, description="Part of the output that goes in again."
    )
    cutoff: Signal = param(
        800.0, unit="Hz", minimum=LOWEST, maximum=HIGHEST, description="The middle of what the notches move around."
    )
    spread: Signal = param(
        0.3, unit="factor", minimum=0.0, maximum=1.0, description="Difference of left and right; 0: they move alike."
    )
    mix: Signal = param(
        0.5, unit="factor", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the stages; deepest at 0.5."
    )

    channels = ("left", "right")
    scratch = 4

    class state(State):
        phase: float = 0.0  # turns
        corner: float = 0.0  # octaves above 1 Hz, as it is followed; 0: not begun
        depth: float = 0.0
        spread: float = 0.0
        left: Floats[MOST]  # charges of the stages
        right: Floats[MOST]
        ranges = {"phase": (0, 1)}

    @staticmethod
    def render(left, right, signal, rate, depth, stages, feedback, cutoff, spread, mix, state, sample_rate, work):
        size = left.size
        ease = follower_coefficient(EASE, sample_rate)
        phase = state.phase
        for i in range(size):
            left[i] = log2(clip(cutoff[i], LOWEST, HIGHEST))
        if state.corner == 0.0:
            state.corner, state.depth, state.spread = left[0], clip(depth[0], 0.0, 1.0), clip(spread[0], 0.0, 1.0)
        for i in range(size):
            state.corner += ease * (left[i] - state.corner)
            state.depth += ease * (clip(depth[i], 0.0, 1.0) - state.depth)
            state.spread += ease * (clip(spread[i], 0.0, 1.0) - state.spread)
            work[i], work[BLOCK + i] = phase, phase + 0.5 * state.spread
            work[2 * BLOCK + i], work[3 * BLOCK + i] = state.corner, OCTAVES * state.depth
            phase = turn(phase + increment(rate[i], sample_rate))
        state.phase = phase
        for i in range(size):
            corner, reach = work[2 * BLOCK + i], work[3 * BLOCK + i]
            work[i] = 2.0 * lowpass_coefficient(exp2(corner + reach * sine(work[i])), sample_rate) - 1.0
            work[BLOCK + i] = 2.0 * lowpass_coefficient(exp2(corner + reach * sine(work[BLOCK + i])), sample_rate) - 1.0

        first, last = signal[0], signal[signal.size - 1]
        for i in range(size):
            again = LOOP * clip(feedback[i], -1.0, 1.0)
            left[i] = phased(finite(first[i], 0.0), work[i], again, stages, state.left)
            right[i] = phased(finite(last[i], 0.0), work[BLOCK + i], again, stages, state.right)

        for i in range(size):
            again = LOOP * clip(feedback[i], -1.0, 1.0)
            level = math.sqrt(1.0 - again * again)  # by which a noise is as loud with feedback as without
            left[i] = crossfade(finite(first[i], 0.0), level * left[i], mix[i])
            right[i] = crossfade(finite(last[i], 0.0), level * right[i], mix[i])


def phased(x, a, again, stages, charges):
    """The frame `x` through all stages with the coefficient `a`, of which the part `again` goes in at once."""
    rest, gain = 0.0, 1.0
    for k in range(stages):  # what comes out is gain * what goes in + rest
        rest = a * rest + (1.0 - a) * charges[k]
        gain *= a
    y = x + again * (gain * x + rest) / (1.0 - again * gain)
    for k in range(stages):
        low = charges[k] + 0.5 * (1.0 + a) * (y - charges[k])
        charges[k] = 2.0 * low - charges[k]
        y = 2.0 * low - y
    return y
