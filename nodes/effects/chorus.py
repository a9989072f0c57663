"""Chorus: several voices beside the sound, each a little later and out of tune, wide between left and right.

    strings: {chorus: {signal: {mix: {low: {osc: {type: saw, freq: a2, amp: 0.12}},
                                      high: {osc: {type: saw, freq: e3, amp: 0.12}}}}}}
    vibrato: {chorus: {voices: 1, mix: 1, rate: 5, depth: 0.3, spread: 0,
                       signal: {osc: {type: tri, freq: a4, amp: 0.3}}}}

A voice is 7 ms late or more, and swings by 2.8 ms at `depth` 1: at a `rate` of 0.8 it is out of tune by up to 24 cents.
Each has a pace of its own, so that they never swing together. They are read by a spline between the frames, so they
are as bright as the sound, and hold nothing below 40 Hz, so the bass stays firm. `mix` keeps the loudness.
(Dattorro: Effect design, part 2: delay-line modulation and chorus, 1997.)
"""

from waves.dsp.filters.follower import follower_coefficient
from waves.dsp.filters.one_pole import highpass, lowpass_coefficient
from waves.dsp.filters.spline import prepared, read
from waves.dsp.maths import clip, finite, increment, sine, turn
from waves.dsp.panning import crossfade
from waves.node import BLOCK, Channels, Floats, Node, Signal, State, param

MOST = 8  # voices
FIRST = 0.007  # s, the middle of the first voice
APART = 0.004  # s between voices, if they are few
SPAN = 0.02  # s in which all of them lie
SWING = 0.0028  # s to each side, at depth 1
UNEVEN = 0.1  # by which the fastest voice is faster than the first
GOLDEN = 0.618034  # turns from the pace of a voice to that of the next
BASS = 40.0  # Hz
EASE = 0.03  # s in which a jump of `depth` or `spread` is followed


class Chorus(Node):
    signal: Channels = param(description="The sound that gets company.")
    rate: Signal = param(0.8, unit="Hz", minimum=0.0, maximum=20.0, description="Swings of a voice per second.")
    depth: Signal = param(0.5, unit="factor", minimum=0.0, maximum=1.0, description="Reach of a swing.")
    voices: int = param(3, unit="voices", minimum=1, maximum=MOST, description="On each side.")
    spread: Signal = param(
        0.7, unit="factor", minimum=0.0, maximum=1.0, description="Difference of left and right; 0: they swing alike."
    )
    mix: Signal = param(
        0.5, unit="factor", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the voices."
    )

    aliases = ("ensemble",)
    channels = ("left", "right")
    rings = {"lines": 2}
    scratch = 4

    class state(State):
        depth: float = -1.0  # as it is followed; below 0: not begun
        spread: float = 0.0
        phases: Floats[MOST]  # turns
        low: Floats[2]
        spline: Floats[4]

    @staticmethod
    def lengths(constants, rate):
        return {"lines": FIRST + SPAN + 3.0 * SWING + 2.0 * BLOCK / rate}

    @staticmethod
    def render(left, right, signal, rate, depth, voices, spread, mix, lines, state, sample_rate, work):
        size = left.size
        first, last = signal[0], signal[signal.size - 1]
        bass = lowpass_coefficient(BASS, sample_rate)
        ease = follower_coefficient(EASE, sample_rate)
        if state.depth < 0.0:
            state.depth, state.spread = clip(depth[0], 0.0, 1.0), clip(spread[0], 0.0, 1.0)
        for i in range(size):
            state.depth += ease * (clip(depth[i], 0.0, 1.0) - state.depth)
            state.spread += ease * (clip(spread[i], 0.0, 1.0) - state.spread)
            work[i], work[BLOCK + i] = state.depth, state.spread
            lines[0].push(prepared(highpass(finite(first[i], 0.0), bass, state.low, 0), state.spline, 0))
            lines[1].push(prepared(highpass(finite(last[i], 0.0), bass, state.low, 1), state.spline, 2))
            left[i] = 0.0
            right[i] = 0.0

        apart = min(APART, SPAN / voices)
        for k in range(voices):
            pace = 1.0 + UNEVEN * turn(GOLDEN * k)
            phase = state.phases[k]
            for i in range(size):
                work[2 * BLOCK + i] = phase + k / voices
                phase = turn(phase + increment(pace * finite(rate[i], 0.0), sample_rate))
            state.phases[k] = phase
            middle = FIRST + apart * k
            for i in range(size):  # all frames of the block are written, so that the first of them is the oldest
                swing = SWING * work[i]
                angle, wide = work[2 * BLOCK + i], work[BLOCK + i]
                late = size - i
                work[2 * BLOCK + i] = late + sample_rate * (middle + swing * sine(angle))
                middle_right = middle + 0.5 * apart * wide
                work[3 * BLOCK + i] = late + sample_rate * (middle_right + swing * sine(angle + 0.25 * wide))
            for i in range(size):
                left[i] += read(lines[0], work[2 * BLOCK + i])
                right[i] += read(lines[1], work[3 * BLOCK + i])

        level = 1.0 / voices**0.5
        for i in range(size):
            left[i] = crossfade(finite(first[i], 0.0), level * left[i], mix[i])
            right[i] = crossfade(finite(last[i], 0.0), level * right[i], mix[i])
