"""Flanger: a comb that sweeps through the sound, as of a jet or of two tapes.

    jet: {flanger: {rate: 0.15, feedback: 0.7, signal: {osc: {type: saw, freq: 110, amp: 0.2}}}}
    wind: {flanger: {time: 0.006, depth: 1, spread: 1, feedback: -0.8,
                     signal: {osc: {type: noise, amp: {osc: {freq: 0.3, range: [0.02, 0.1]}}}}}}

The delay goes from `time` down to a part of it and back, four octaves at `depth` 1, as evenly as a pitch that glides,
not as a length. `feedback` makes the teeth of the comb sharp; below 0 they lie between those above. The delay is read
by a spline between the frames, so that the teeth are as deep at 10 kHz as below. `mix` keeps the loudness.
(Hartmann: Flanging and phasers, 1978; Dattorro: Effect design, part 2: delay-line modulation and chorus, 1997.)
"""

import math

from waves.dsp.filters.follower import follower_coefficient
from waves.dsp.filters.spline import prepared, read
from waves.dsp.maths import clip, finite, increment, sine, turn
from waves.dsp.panning import crossfade
from waves.dsp.powers import exp2
from waves.node import BLOCK, Channels, Floats, Node, Signal, State, param

SHORTEST, LONGEST = 0.0005, 0.02  # s
OCTAVES = 4.0  # of a sweep at depth 1
LEAST = 2.0  # frames that a spline needs
MOST = 0.98  # of the output that goes in again
EASE = 0.03  # s in which a jump of `time`, `depth` or `spread` is followed


class Flanger(Node):
    signal: Channels = param(description="The sound that is swept.")
    rate: Signal = param(0.2, unit="Hz", minimum=0.0, maximum=20.0, description="Sweeps per second.")
    depth: Signal = param(
        0.7, unit="factor", minimum=0.0, maximum=1.0, description="Reach of a sweep; four octaves at 1."
    )
    time: Signal = param(0.003, unit="s", minimum=SHORTEST, maximum=LONGEST, description="The longest delay.")
    feedback: Signal = param(
        0.5, unit="factor", minimum=-1.0, maximum=1.0, description="Part of the delayed sound that is delayed again."
    )
    spread: Signal = param(
        0.3, unit="factor", minimum=0.0, maximum=1.0, description="Difference of left and right; 0: they sweep alike."
    )
    mix: Signal = param(0.5, unit="factor", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the delay.")

    channels = ("left", "right")
    rings = {"lines": 2}
    scratch = 2

    class state(State):
        phase: float = 0.0  # turns
        time: float = 0.0  # s, as it is followed; 0: not begun
        depth: float = 0.0
        spread: float = 0.0
        spline: Floats[4]
        ranges = {"phase": (0, 1)}

    @staticmethod
    def lengths(constants, rate):
        return {"lines": LONGEST + 8.0 / rate}

    @staticmethod
    def render(left, right, signal, rate, depth, time, feedback, spread, mix, lines, state, sample_rate, work):
        size = left.size
        first, last = signal[0], signal[signal.size - 1]
        ease = follower_coefficient(EASE, sample_rate)
        if state.time == 0.0:
            state.time = clip(time[0], SHORTEST, LONGEST)
            state.depth, state.spread = clip(depth[0], 0.0, 1.0), clip(spread[0], 0.0, 1.0)
        phase = state.phase
        for i in range(size):
            state.time += ease * (clip(time[i], SHORTEST, LONGEST) - state.time)
            state.depth += ease * (clip(depth[i], 0.0, 1.0) - state.depth)
            state.spread += ease * (clip(spread[i], 0.0, 1.0) - state.spread)
            work[i], work[BLOCK + i] = phase, phase + 0.5 * state.spread
            left[i], right[i] = state.time * sample_rate, 0.5 * OCTAVES * state.depth
            phase = turn(phase + increment(rate[i], sample_rate))
        state.phase = phase
        for i in range(size):
            work[i] = max(left[i] * exp2(right[i] * (sine(work[i] + 0.25) - 1.0)), LEAST)
            work[BLOCK + i] = max(left[i] * exp2(right[i] * (sine(work[BLOCK + i] + 0.25) - 1.0)), LEAST)

        for i in range(size):
            again = MOST * clip(feedback[i], -1.0, 1.0)
            one, other = read(lines[0], work[i]), read(lines[1], work[BLOCK + i])
            lines[0].push(prepared(finite(first[i], 0.0) + again * one, state.spline, 0))
            lines[1].push(prepared(finite(last[i], 0.0) + again * other, state.spline, 2))
            left[i], right[i] = one, other

        for i in range(size):
            again = MOST * clip(feedback[i], -1.0, 1.0)
            level = math.sqrt(1.0 - again * again)  # by which a noise is as loud with feedback as without
            left[i] = crossfade(finite(first[i], 0.0), level * left[i], mix[i])
            right[i] = crossfade(finite(last[i], 0.0), level * right[i], mix[i])
