"""A phase vocoder for a file: windows of it, each turned in phase so that it goes on where the one before it was.

The work on a window is made of units of about the same cost, so that each block does as much as another. Both channels
turn by the same angles, so their image stays. One buffer has all numbers: for each channel the partials of the window
one hop earlier, and those that were heard last; the powers of all partials; and the windows that sound, with the one
that is made.

(Laroche, Dolson: Improved phase vocoder time-scale modification of audio, 1999; Puckette: Phase-locked vocoder, 1995.)
"""

import math

import numpy as np

from waves.dsp.fft import fft_part, fft_table, fft_units, inverse_fft_part
from waves.dsp.maths import floor

OVERLAP = 4  # windows at a time
FAR = 2**50  # frames: never
WINDOWS = {"draft": 0.0465, "good": 0.093, "best": 0.186}  # s
ALONE, NEXT, SECOND, THIRD = 0.48611, 0.47206, 0.04167, 0.00016  # of the power, by what two windows share
LOAD, POWER, TURN = 8, 3, 24  # eighths of a unit for each number of a window


def window_size(quality, rate):
    """Frames of a window of a quality."""
    return 1 << round(math.log2(WINDOWS[quality] * rate))


def tables(size):
    """The table of the transform, the window, and what a stream of windows leaves to what was before it; float64."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)
    window *= np.sqrt(2.0 / 3.0)  # four squares add up to 1
    hop = size // OVERLAP
    parts = (window**2).reshape(OVERLAP, hop)
    rest = 1.0 - np.cumsum(parts, axis=0)[: OVERLAP - 1].ravel()
    return fft_table(size), window, rest


def numbers(channels, size):
    """Numbers of the buffer."""
    return (2 * channels + 1 + (OVERLAP + 1) * channels) * size


def units_of(channels, size):
    """The units that one window is made of."""
    return channels * (3 * fft_units(size) + 2 * (LOAD * size // 8)) + (POWER + TURN) * size // 8


def mirrored(x, low, high):
    """A place between two others, to which what lies outside is turned back."""
    if low <= x <= high:
        return x
    x = (x - low) % (2 * (high - low))
    return low + min(x, 2 * (high - low) - x)


def source(audio, base, low, high, loop, fade_in, fade_out, cut, x):
    """The frame at a place of the part of a file from `low` to before `high`, which is faded where it is cut."""
    if x < low or x >= high:
        if not loop:
            return 0.0
        x = low + (x - low) % (high - low)
    level = 1.0
    if fade_in:
        level = min(level, (x - low) / cut)
    if fade_out:
        level = min(level, (high - x) / cut)
    return level * audio[base + x]


def make_window(memory, table, window, audio, state, channels, length, loop, cut, first_unit, last_unit):
    """Does the units from `first_unit` to before `last_unit` of the window that is made."""
    size = window.size
    now = (2 * channels + 1) * size + state.slot * channels * size
    at = 0
    for stage in range(5 * channels + 2):
        turns = stage - 4 * channels  # 0: powers, 1: the turn
        span = fft_units(size)
        if stage < 2 * channels:
            span = LOAD * size // 8
        elif turns == 0 or turns == 1:
            span = (TURN if turns == 1 else POWER) * size // 8
        first, last = max(first_unit - at, 0), min(last_unit - at, span)
        at += span
        if first >= last:
            continue
        if turns < 0:
            k = stage % (2 * channels)
            part = memory.edit(k * size if k < channels else now + (k - channels) * size, size)
            if stage < 2 * channels:
                base = k % channels * length
                first, last = first * size // span, last * size // span
                load(part, window, audio, state, base, loop, cut, k < channels, first, last)
            else:
                fft_part(part, table, size, first, last)
        elif turns == 0:
            powers(memory, now, channels, size, first * size // (2 * span), last * size // (2 * span))
        elif turns == 1:
            turn(memory, now, state, channels, size, first * size // (2 * span), last * size // (2 * span))
        else:
            inverse_fft_part(memory.edit(now + (turns - 2) * size, size), table, size, first, last)


def load(part, window, audio, state, base, loop, cut, is_before, first, last):
    """Takes the frames of the window, or of the one a hop earlier."""
    size = window.size
    begin = state.place - size // 2 - (size // OVERLAP if is_before else 0)
    g = state.work_stream
    low, high, fade_in, fade_out = state.low[g], state.high[g], state.fade_in[g], state.fade_out[g]
    plain = begin >= low + cut and begin + size <= high - cut
    if plain and not state.turns_back:
        frames = audio.part(base + begin, size)
        for j in range(first, last):
            part[j] = window[j] * frames[j]
    else:
        for j in range(first, last):
            x = begin + j
            if state.turns_back:
                x = mirrored(x, state.body_low[g], state.body_high[g])
            part[j] = window[j] * source(audio, base, low, high, loop, fade_in, fade_out, cut, x)


def powers(memory, now, channels, size, first, last):
    """The power of each partial, of all channels."""
    power = memory.edit(2 * channels * size, size)
    for k in range(first, last):
        total = 0.0
        for c in range(channels):
            at = now + c * size + 2 * k
            total += memory[at] * memory[at] + memory[at + 1] * memory[at + 1]
        power[k] = total if k > 0 else 0.0
    if last == size // 2:
        power[size // 2] = power[size // 2 + 1] = 0.0


def turn(memory, now, state, channels, size, first, last):
    """Turns the partials around each peak by as much as the peak itself needs to go on from the window before."""
    power = memory.part(2 * channels * size, size)
    for k in range(first, last):
        if k == 0:
            state.region, state.lowest, state.lowest_at, state.re, state.im = 0, math.inf, 0, 1.0, 0.0
            continue
        here = power[k]
        if here < state.lowest:
            state.lowest, state.lowest_at = here, k
        is_peak = here > power[k - 1] and here >= power[k + 1] and here > power[max(k - 2, 0)] and here >= power[k + 2]
        if is_peak and state.turns:
            if state.region > 0:
                turn_region(memory, now, state, channels, size, state.lowest_at)
            re = im = 0.0
            for b in range(max(k - 1, 1), min(k + 2, size // 2)):
                for c in range(channels):
                    a, y = c * size + 2 * b, (channels + c) * size + 2 * b
                    re += memory[y] * memory[a] + memory[y + 1] * memory[a + 1]
                    im += memory[y + 1] * memory[a] - memory[y] * memory[a + 1]
            long = math.sqrt(re * re + im * im)
            if long > 1e-6 * here:
                state.re, state.im = re / long, im / long
            state.region = max(state.region, 1)
            state.lowest, state.lowest_at = here, k
    if last == size // 2:
        state.region = max(state.region, 1)
        turn_region(memory, now, state, channels, size, size // 2)
        for c in range(channels):  # those that are real stay
            y = (channels + c) * size
            memory[y], memory[y + 1] = memory[now + c * size], memory[now + c * size + 1]


def turn_region(memory, now, state, channels, size, end):
    """Turns the partials up to before `end`, raises what does not go on from the window before, and keeps them."""
    re, im = state.re, state.im
    if state.turns:
        level = raised(memory, state, channels, size, end)
        re, im = level * re, level * im
    for c in range(channels):
        heard = memory.edit(now + c * size, size)
        kept = memory.edit((channels + c) * size, size)
        for k in range(state.region, end):
            x, y = heard[2 * k], heard[2 * k + 1]
            heard[2 * k] = kept[2 * k] = x * re - y * im
            heard[2 * k + 1] = kept[2 * k + 1] = x * im + y * re
    state.region = end


def raised(memory, state, channels, size, end):
    """The factor by which a region must be louder so that its overlapping windows have the power of the file.

    Where they go on from each other, as of a tone, it is 1. As far as they do not, their sum is softer: that of noise
    has `ALONE` of the power if no two windows are alike, else each further part as far as the windows are.
    """
    both, before, here = 0.0, 0.0, 0.0
    for c in range(channels):
        was = memory.part(c * size, size)
        kept = memory.part((channels + c) * size, size)
        for k in range(state.region, end):
            a, b, x, y = was[2 * k], was[2 * k + 1], kept[2 * k], kept[2 * k + 1]
            both += state.re * (x * a + y * b) + state.im * (y * a - x * b)
            before += x * x + y * y
            here += a * a + b * b
    alike = both / math.sqrt(before * here) if before * here > 0.0 else 1.0
    alike = min(max(alike, 0.0), 1.0)
    return 1.0 / math.sqrt(ALONE + alike * (NEXT + alike * (SECOND + alike * THIRD)))


def first_after(onsets, x):
    """The number of the first onset after a frame; the last number is that of none."""
    low, high = 0, onsets.size - 1
    while low < high:
        middle = (low + high) // 2
        if onsets[middle] > x:
            high = middle
        else:
            low = middle + 1
    return low


def whole(x):
    """The whole number nearest to a place."""
    return int(floor(x + 0.5))
