"""Retrigger: a few copies of the sound, each later and softer than the one before, from left to right.

    blip: {osc: {type: tri, freq: f, amp: 0.5, duration: 0.12, attack: 0.002, release: 0.1}}
    tune: {sequencer: {interval: beat, steps: [blip a3, ~, blip e4, blip c4]}}
    answers: {retrigger: {time: 0.15, repeat: 5, feedback: 0.7, spread: 0.8, signal: {tune: {}}}}

The sound itself is the first of the copies. They lie evenly between -`spread` and `spread`, with equal power and unity
in the centre, as in `track`; `movement` lets all of them swing by `spread` besides. A `time` that moves slowly bends
the pitch of the copies, and one that jumps fades over to the new times within 10 ms.

A delay line with taps, read on a cubic where a copy is not a whole number of frames late. (Smith: Physical Audio
Signal Processing, 2010: tapped delay lines; Niemitalo, 2001: the cubic.)
"""

import math

from waves.dsp.maths import clip, finite, frames, increment, sine, turn
from waves.node import BLOCK, Channels, Constants, Node, Signal, State, param

MOST = 64  # copies
LONGEST = 30.0  # s
MEMORY = 60.0  # s, of all copies together
MOVED_MEMORY = 10.0  # s, where the time moves
JUMP = 1.0  # frames in a frame by which a time moves at most before it jumps
FADE = 0.01  # s
EDGE = 1.0 / sine(0.125)  # gain at the ends, sqrt 2


class Retrigger(Node):
    signal: Channels = param(description="The sound, mono or stereo.")
    time: Signal = param(0.1, unit="s", minimum=0.0, maximum=LONGEST, description="From one copy to the next.")
    repeat: Signal = param(
        3.0,
        unit="number",
        minimum=1.0,
        maximum=MOST,
        description="Copies, the sound itself included; of 3.5 the fourth has half its level.",
    )
    feedback: Signal = param(
        0.3, unit="factor", minimum=-1.0, maximum=1.0, description="Level of each copy as a part of the one before."
    )
    spread: Signal = param(
        0.0, unit="position", minimum=0.0, maximum=1.0, description="Distance of the outer copies from the centre."
    )
    movement: Signal = param(0.0, unit="Hz", description="Swings of all copies to the right and back.")

    aliases = ("multitap",)
    channels = ("left", "right")
    rings = {"line": "signal"}
    crossfaded = ("time",)
    tail = "time"
    scratch = 5

    class state(State):
        age: float = -1.0  # frames from copy to copy; below 0: not begun
        before: float = 0.0  # the same before the last jump
        fading: int = 0  # frames that are left of the fade from there
        swing: float = 0.0  # turns

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        copies = MOST if constants.repeat is None else max(constants.repeat, 2.0)
        if constants.time is None:
            return {"line": MOVED_MEMORY}
        seconds = constants.time * (math.ceil(copies) - 1)
        if constants.repeat is None:
            return {"line": min(seconds, MEMORY) + 0.01}
        if seconds > MEMORY:
            raise ValueError(f"its last copy is {seconds:g} s late, and {MEMORY:g} s is the most")
        return {"line": seconds + 0.01}

    @staticmethod
    def render(left, right, signal, time, repeat, feedback, spread, movement, line, state, work, rate):
        size = left.size
        last = signal.size - 1
        longest = line[0].size - BLOCK - 4.0
        width = max(frames(FADE, rate), 1.0)
        age, before, fading, swing = state.age, state.before, state.fading, state.swing
        most = 1.0
        for i in range(size):
            line[0].push(finite(signal[0][i], 0.0))
            if last > 0:
                line[last].push(finite(signal[last][i], 0.0))
            goal = clip(time[i] * rate, 1.0, longest)
            if age < 0.0 or abs(goal - age) <= JUMP:
                age = goal
            elif fading == 0:
                before, age, fading = age, goal, int(width)
            work[i] = age
            work[BLOCK + i] = before
            share = fading / width
            work[2 * BLOCK + i] = share * share * (3.0 - 2.0 * share)
            fading = max(fading - 1, 0)
            work[3 * BLOCK + i] = clip(spread[i], 0.0, 1.0) * sine(swing)
            swing = turn(swing + increment(movement[i], rate))
            work[4 * BLOCK + i] = 1.0
            most = max(most, clip(repeat[i], 1.0, MOST))
            left[i] = 0.0
            right[i] = 0.0
        for k in range(math.ceil(most)):
            for i in range(size):
                copies = clip(repeat[i], 1.0, MOST)
                level = work[4 * BLOCK + i] * clip(copies - k, 0.0, 1.0)
                work[4 * BLOCK + i] *= clip(feedback[i], -1.0, 1.0)
                apart = max(copies - 1.0, 1.0)
                place = clip(spread[i], 0.0, 1.0) * (2.0 * k / apart - min(copies - 1.0, 1.0)) + work[3 * BLOCK + i]
                angle = 0.125 * (1.0 + clip(place, -1.0, 1.0))  # turns
                heard = tap(line[0], k, work[i], work[BLOCK + i], work[2 * BLOCK + i], size - i, longest)
                other = heard
                if last > 0:
                    other = tap(line[last], k, work[i], work[BLOCK + i], work[2 * BLOCK + i], size - i, longest)
                left[i] += level * EDGE * sine(0.25 - angle) * heard
                right[i] += level * EDGE * sine(angle) * other
        state.age, state.before, state.fading, state.swing = age, before, fading, swing


def tap(line, k, age, before, old, newest, longest):
    """Copy `k` of the frame that was pushed `newest` pushes ago, with a part `old` of it from before a jump."""
    if k == 0:
        return line.at(newest)
    heard = reached(k * age, longest) * line.cubic(newest + min(k * age, longest))
    if old > 0.0:
        heard += old * (reached(k * before, longest) * line.cubic(newest + min(k * before, longest)) - heard)
    return heard


def reached(age, longest):
    """The level of a copy of an age: 1, and to 0 where the memory ends."""
    return clip((longest - age) / BLOCK, 0.0, 1.0)
