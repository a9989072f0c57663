"""Reverb: puts a sound into a room, from a small chamber to a hall that never falls silent.

    room: {reverb: {decay: 2.5, mix: 0.3, signal: {osc: {type: tri, freq: 330, duration: 0.2, release: 0.1, amp: 0.6}}}}
    cloud: {reverb: {size: 0.9, decay: 12, damping: 0.5, shimmer: 0.4, mix: 0.5, signal: {osc: {freq: 220, amp: 0.2}}}}

Three stages of delays spread the sound into 2048 echoes for each side; sixteen lines let it ring. From 20 to 100 ms
after a click the echo density is 0.98 of that of noise, in Freeverb, which is FreeVerb of SuperCollider, 0.76. The
lines have 0.74 modes in each Hz, at size 1 1.86, those of Freeverb 0.25 and of GVerb in a room of 10 m 0.09. With a
decay of 2 s the loudest mode stands 13 dB above the others around it in the mean, at size 0.8 11 dB and at size 1
10.4 dB, in Freeverb 14 dB; in noise 10 dB are usual. A held sound is as loud in the room as before it, whatever its
size and decay. `size` and `delay` crossfade when they move.

`decay` is exact at all frequencies where `damping` is 0. With damping, it goes from `decay` in the bass to `decay`
times 0.05^damping in the treble, and is between them at 4 kHz: there the mean of both rates of fall. `modulation`
turns the lines into each other, so that no mode stays in its place; it bends no pitch and takes no treble. `shimmer`
sends the room back into itself an octave higher. `freeze` holds what rings, and lets nothing in.

(Jot, Chaigne: Digital delay networks for designing artificial reverberators, 1991; Schlecht, Habets: Time-varying
feedback matrices in feedback delay networks, 2015; Schlecht, Habets: Scattering in feedback delay networks, 2020;
Abel, Huang: A simple, robust measure of reverberation echo density, 2006.)
"""

import math

import numpy as np

from waves.dsp.filters.state_variable import corner_coefficient
from waves.dsp.maths import clip, finite, rint, sine
from waves.dsp.panning import equal_power
from waves.dsp.powers import exp
from waves.node import BLOCK, Channels, Floats, Ints, Node, Signal, State, param

from ._network import (
    HOLD,
    LINES,
    LOSSES,
    PART,
    PLACE,
    ROWS,
    SHARE,
    advance,
    band,
    blend,
    gather,
    lose,
    octave_up,
    repeat,
    spread,
    spread_aside,
    turn_and_add,
    where,
    written,
)

STAGES = 4  # three that spread what comes in, and the lines
TIMES = np.array([
    [14.952, 9.324, 5.413, 4.443, 9.336, 10.871, 12.341, 6.649,
     3.339, 15.514, 0.000, 1.516, 11.591, 2.833, 7.619, 12.555],
    [4.983, 21.263, 14.904, 11.399, 18.224, 13.955, 12.398, 0.515,
     22.091, 8.473, 2.797, 7.163, 19.916, 3.558, 9.313, 17.054],
    [15.972, 28.757, 23.611, 1.958, 27.140, 5.739, 10.950, 32.771,
     20.198, 35.125, 16.737, 31.392, 3.710, 8.298, 22.644, 12.204],
    [28.380, 29.290, 32.256, 33.252, 35.726, 38.413, 41.359, 43.080,
     46.868, 49.183, 51.896, 55.247, 58.499, 62.035, 66.204, 71.908],
]) * 1e-3  # fmt: skip
"""Delays in s at size 0.5, of each stage; those of the first are of the left and of the right side in turn."""
MEAN = float(TIMES[3].mean())
LARGEST = 2.5  # delays at size 1, and 1 / delays at size 0, of those at 0.5
GROWTH = math.log(LARGEST)
SPEEDS = np.array([0.23, 0.37, 0.61, 0.97])  # Hz, of the modulation
DARKEST = math.log(0.05)  # of the part of `decay` that the treble has at damping 1
CORNER = 4000.0  # Hz, where the treble of the damping begins
DULLEST = -3.5  # ln of the factor by which a pass may take more from the treble than from the bass
FALL = math.log(1000.0)  # 60 dB
SHORTEST, LONGEST = 0.05, 1000.0  # s, of the decay
LATEST = 0.5  # s, of the delay
LOUDEST = 1000.0  # factor, of what the room takes in
MOVE = 0.02  # s of a crossfade to another size, and to freeze
GRAIN = 0.08  # s of a grain of the octave
LEFT, RIGHT = 5, 10  # lines whose input is heard
FIRSTS = np.array([0, 2, 2 + LINES, 2 + 2 * LINES])  # delay lines before each stage
HEARD = 2 + 3 * LINES  # the first of two that keep what was heard, for the octave


def delay_lines(rate):
    """The begin and the size in frames of each delay line in the memory, and the end of the last.

    Each is a whole number of blocks, so that no block is written across its end.
    """
    reach = LARGEST * TIMES
    seconds = [LATEST + reach[0].max()] * 2 + [*reach[1], *reach[2], *reach[3]] + [reach[3].max()] * 2
    sizes = [(math.ceil(one * rate / BLOCK) + 3) * BLOCK for one in seconds]
    begins = np.cumsum([0, *(size + BLOCK for size in sizes)])
    return np.column_stack([begins, [*sizes, 0]]).ravel()


def time_of(stage, k, scale, late, rate):
    """Frames of a delay at a size; `late` are those before the first stage."""
    time = int(TIMES[stage, k] * scale * rate + 0.5)
    return time + int(late) if stage == 0 else max(time, BLOCK) if stage == 3 else time


def lose_by(state, fall, more):
    """The losses at the ends of a block, which begins with those at the end of the last one."""
    was_made = state.fall != 0.0
    for k in range(LOSSES):
        state.begins[k] = state.ends[k]
    if fall != state.fall or more != state.more:
        kept = 0.0
        for k in range(LINES):
            loss = fall * TIMES[3, k]
            state.ends[k] = exp(loss)
            state.ends[LINES + k] = exp(loss + max(more * loss, DULLEST))
        for k in range(LINES):
            kept += state.ends[k] * state.ends[k]
        state.ends[2 * LINES] = math.sqrt(1.0 - kept / LINES)
        state.fall, state.more = fall, more
    if not was_made:
        for k in range(LOSSES):
            state.begins[k] = state.ends[k]


class Reverb(Node):
    signal: Channels = param(description="The sound in the room.")
    size: Signal = param(0.5, unit="position", minimum=0.0, maximum=1.0, description="Of the room; 1 is a cathedral.")
    decay: Signal = param(2.0, unit="s", minimum=SHORTEST, maximum=LONGEST, description="Time to fall by 60 dB.")
    damping: Signal = param(
        0.3, unit="position", minimum=0.0, maximum=1.0, description="The treble is gone sooner: 0 as late as the bass."
    )
    delay: Signal = param(
        0.02, unit="s", minimum=0.0, maximum=LATEST, description="Time until the room answers, the pre-delay."
    )
    modulation: Signal = param(
        0.3, unit="position", minimum=0.0, maximum=1.0, description="Movement of the room; 0 stands still."
    )
    shimmer: Signal = param(
        0.0, unit="factor", minimum=0.0, maximum=1.0, description="Part of the room that comes back an octave higher."
    )
    freeze: Signal = param(0.0, unit="gate", description="Holds what rings for as long as it is on.")
    mix: Signal = param(
        0.3, unit="position", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the room."
    )

    aliases = ("room", "hall", "plate", "verb")
    channels = ("left", "right")
    arrays = {"lines": "i8"}
    buffers = {"memory": "f8"}
    slow = {"turns": 8, "room": 8}
    scratch = ROWS
    tail = "delay"

    class state(State):
        frame: int = 0  # since the room began
        heads: Ints[2 + 3 * LINES + 2]  # frame of each delay line that is written next
        scale: float = -1.0  # of all delays; below 0: not begun
        late: float = 0.0  # frames of `delay`
        next_scale: float = 0.0
        next_late: float = 0.0
        left: int = 0  # blocks until these are reached
        hold: float = 0.0  # 0 open, 1 frozen
        fall: float = 0.0  # and `more`: what `ends` were made of; 0: not made
        more: float = 0.0
        begins: Floats[LOSSES]  # of this block: parts of bass and of treble that each line keeps, part that comes in
        ends: Floats[LOSSES]
        low: Floats[LINES]  # of the damping
        deep: Floats[2]  # of the octave
        bright: Floats[8]
        ranges = {
            "frame": (0, 2**53),
            "heads": (0, 2**24),
            "left": (0, 10_000),
            "scale": (-1, LARGEST + 1),
            "next_scale": (0, LARGEST + 1),
            "begins": (0, 1),
            "ends": (0, 1),
        }

    @staticmethod
    def lengths(constants, rate):
        return {"memory": int(delay_lines(rate)[-2]) + 2 * LINES * BLOCK}

    @staticmethod
    def prepare(constants, rate):
        """The places of the delay lines in the memory."""
        return {"lines": delay_lines(rate)}

    @staticmethod
    def slowly(size, decay, damping, delay, modulation, shimmer, mix, clock, rate, turns, room):
        scale = exp(GROWTH * (2.0 * clip(finite(size, 0.5), 0.0, 1.0) - 1.0))
        fall = -FALL * scale / clip(finite(decay, 2.0), SHORTEST, LONGEST)  # ln of a factor, for 1 s of a line
        more = exp(-DARKEST * clip(finite(damping, 0.3), 0.0, 1.0)) - 1.0
        swing = 0.16 * clip(finite(modulation, 0.3), 0.0, 1.0)
        for k in range(4):
            angle = swing * sine(SPEEDS[k] * clock / rate + 0.25 * k)
            turns[k] = sine(angle + 0.25)
            turns[4 + k] = sine(angle)
        corner = corner_coefficient(CORNER, rate) * exp(0.5 * max(more * fall * MEAN, DULLEST))
        dry, wet = equal_power(finite(mix, 0.3))
        room[0] = 2.0 * corner / (1.0 + corner)
        room[1] = fall
        room[2] = scale
        room[3] = rint(clip(finite(delay, 0.02), 0.0, LATEST) * rate)
        room[4] = dry
        room[5] = wet
        room[6] = clip(finite(shimmer, 0.0), 0.0, 1.0)
        room[7] = more

    @staticmethod
    def render(left, right, signal, freeze, lines, memory, turns, room, state, work, rate):
        poles, dry, wet, shimmer = room[0], room[4], room[5], room[6]
        pace, moves = 1.0 / (MOVE * rate), max(int(MOVE * rate / BLOCK), 1)
        grain = max(int(GRAIN * rate / BLOCK), 1) * BLOCK
        spare = lines[lines.size - 2]  # a block for each line on its way to another time, and for what comes in
        first = 0
        while first < left.size:  # parts that end where a block of the delay lines does
            frame = state.frame
            offset = frame % BLOCK
            count = min(left.size - first, BLOCK - offset)
            if offset == 0 or state.fall == 0.0:
                lose_by(state, room[1][first], room[7][first])
            if state.scale < 0.0:
                state.scale, state.late = room[2][first], room[3][first]
                state.next_scale, state.next_late = state.scale, state.late
            elif offset == 0:
                state.left = max(state.left - 1, 0)
                if state.left == 0:
                    state.scale, state.late = state.next_scale, state.next_late
                    goal, late = room[2][first], room[3][first]
                    if abs(goal - state.scale) > 2e-4 * goal or abs(late - state.late) > 0.5:
                        state.next_scale, state.next_late, state.left = goal, late, moves
            if state.left > 0:
                for i in range(count):
                    part = (moves - state.left + (offset + i + 1.0) / BLOCK) / moves
                    work[SHARE * BLOCK + i] = part * part * (3.0 - 2.0 * part)
            hold, frozen, shimmers = state.hold, 0, 0
            for i in range(count):
                work[HOLD * BLOCK + i] = 0.0
                work[PART * BLOCK + i] = (offset + i + 1.0) / BLOCK
                frozen += freeze[first + i] >= 0.5
                shimmers += shimmer[first + i] > 0.0
            raised = shimmers > 0
            if hold != 0.0 or frozen > 0:
                for i in range(count):
                    hold = clip(1.0 if freeze[first + i] >= 0.5 else 0.0, hold - pace, hold + pace)
                    work[HOLD * BLOCK + i] = hold
                state.hold = hold

            heads = state.heads
            for c in range(2):
                given, came = signal[c], written(memory, lines, heads, c, count)
                for i in range(count):
                    came[i] = 0.25 * clip(finite(given[first + i], 0.0), -LOUDEST, LOUDEST)
                if raised:
                    k = HEARD + c
                    begin, size = lines[2 * k], lines[2 * k + 1]
                    for i in range(count):
                        octave = octave_up(memory, begin, size, heads[k] + i, frame + i, grain, c)
                        came[i] += 0.25 * shimmer[first + i] * octave
            repeat(memory, lines, heads, 0, 2, count)
            for s in range(STAGES):
                for k in range(LINES):
                    line = FIRSTS[s] + (k & 1 if s == 0 else k)
                    begin, size, head = lines[2 * line], lines[2 * line + 1], heads[line]
                    now = time_of(s, k, state.scale, state.late, rate)
                    place = where(begin, size, head, now)
                    if state.left > 0:
                        then = time_of(s, k, state.next_scale, state.next_late, rate)
                        if then != now:
                            other = where(begin, size, head, then)
                            place = blend(memory, spare + k * BLOCK, place, other, work, count)
                    work[PLACE * BLOCK + k] = place
                if s == 3:
                    break
                gather(memory, work, count)
                if s < 2:
                    spread(memory, lines, heads, FIRSTS[s + 1], work, count)
                    repeat(memory, lines, heads, FIRSTS[s + 1], FIRSTS[s + 2], count)
                else:
                    spread_aside(memory, spare + LINES * BLOCK, work, count)
            lose(memory, work, state.begins, state.ends, poles, state.low, first, count)
            turn_and_add(memory, lines, FIRSTS[3], spare, work, turns, state, first, count)
            repeat(memory, lines, heads, FIRSTS[3], HEARD, count)

            for c in range(2):
                given = signal[c]
                own = written(memory, lines, heads, FIRSTS[3] + (LEFT if c == 0 else RIGHT), count)
                kept = written(memory, lines, heads, HEARD + c, count)
                for i in range(count):
                    out = 4.0 * own[i]
                    kept[i] = out
                    if raised and shimmer[first + i] > 0.0:
                        kept[i] = band(out, c, state.deep, state.bright, rate)
                    out = finite(given[first + i], 0.0) * dry[first + i] + wet[first + i] * out
                    if c == 0:
                        left[first + i] = out
                    else:
                        right[first + i] = out
            advance(lines, heads, count)
            state.frame += count
            first += count
