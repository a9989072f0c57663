"""Tape: a loop in a buffer that nodes share, with what they know of its head in front of it.

The tape is `size` cells long, and its ends are joined. The head stands at the cell that the next frame goes to.
Places are in cells, from 0, and may lie between two.
"""

import math

from waves.dsp.interpolation import linear
from waves.dsp.maths import clip, finite, frames, rint
from waves.dsp.panning import equal_power

from .._file_reading import CUT, wrapped

HEAD = 0  # index in the buffer of the place of the head
SIZE = 1  # and of the size, 0: nothing was written yet
NEXT = 2  # and of the number of the frame of the piece that is written next
FIRST = 8  # and of the first cell
LOADED = 512  # cells of a file that are loaded in a frame
AROUND = 3.0  # cells behind the head from which on a curve has all cells that it needs


def load(tape, file, state, size):
    """Loads some cells of a file, more in a second than can be heard; a tape that is new begins anew."""
    if tape[SIZE] == 0.0:
        state.loaded = 0
    last = int(min(state.loaded + LOADED, file.size, size))
    for k in range(state.loaded, last):
        tape[FIRST + k] = file[k]
    state.loaded = max(last, state.loaded)


def write(tape, state, value, pace, size):
    """Writes the cells from the place that was written last to the head, on a line from the last value to this one."""
    head = tape[HEAD]
    before = state.written if state.writes else head - pace
    way = head - before
    first, last = (math.floor(before) + 1, math.floor(head) + 1) if way > 0.0 else (math.ceil(head), math.ceil(before))
    for k in range(first, last if way != 0.0 else first):
        tape[FIRST + int(wrapped(float(k), 0.0, size))] = state.last + (value - state.last) * (k - before) / way
    state.written, state.last, state.writes = head, value, True


def move_head(tape, state, pace, size):
    """Moves the head on by a frame."""
    head = tape[HEAD] + pace
    if not 0.0 <= head < size:
        turned = wrapped(head, 0.0, size)
        state.written += turned - head
        head = turned
    tape[HEAD] = head


def add(tape, place, value, size):
    """Adds a value to the cell at a place."""
    at = FIRST + int(wrapped(math.floor(place), 0.0, size))
    tape[at] = finite(tape[at] + value, 0.0)


def cell(tape, file, loaded, k, size):
    """The value of cell `k`, which may lie before or behind the ends; of a file as it will be when it is loaded."""
    k = k + size if k < 0 else k - size if k >= size else k
    return file[k] if loaded <= k < file.size else tape[FIRST + k]


def heard(tape, file, loaded, place, size, behind):
    """The value at a place `behind` cells behind the head: on a curve through six cells, near the head on a line."""
    at = wrapped(finite(place, 0.0), 0.0, size)
    k, cells = int(at), int(size)
    c = cell(tape, file, loaded, k, cells)
    if at == k:
        return c
    d = cell(tape, file, loaded, k + 1, cells)
    if behind < AROUND:
        return linear(c, d, at - k)
    a, b = cell(tape, file, loaded, k - 2, cells), cell(tape, file, loaded, k - 1, cells)
    e, f = cell(tape, file, loaded, k + 2, cells), cell(tape, file, loaded, k + 3, cells)
    return curve(a, b, c, d, e, f, at - k)


def curve(a, b, c, d, e, f, x):
    """Between c at 0 and d at 1, with the slopes of the quartics through the five frames around each."""
    c1 = (a - e) / 12.0 + (d - b) * (2.0 / 3.0)
    c2 = (26.0 * b - 50.0 * c + 36.0 * d - 11.0 * e + 2.0 * f - 3.0 * a) / 24.0
    c3 = (10.0 * c - 14.0 * d + 7.0 * e - a - b - f) / 24.0
    c4 = (3.0 * a - 14.0 * b + 26.0 * c - 24.0 * d + 11.0 * e - 2.0 * f) / 24.0
    c5 = (f - a + 5.0 * (b - e) + 10.0 * (d - c)) / 24.0
    return c + x * (c1 + x * (c2 + x * (c3 + x * (c4 + x * c5))))


def part(start, end, size):
    """The first cell of a part of the tape, and the one after it; start and end in any order, NaN: not given."""
    first, last = clip(finite(start, 0.0), 0.0, 1.0), clip(finite(end, 1.0), 0.0, 1.0)
    low = min(rint(min(first, last) * size), size - 1.0)
    return low, max(rint(max(first, last) * size), low + 1.0)


def begin_fade(state, overlap, span, pace, rate):
    """The place that plays goes on while it fades, for the overlap, at least 3 ms, but at most half of the part."""
    state.before = state.at
    state.width = clip(frames(max(overlap, CUT), rate), 1.0, max(0.5 * span / max(abs(pace), 0.001), 1.0))
    state.fading = state.width


def mixed(value, old, share, is_long):
    """A value with the one before a jump, of which a share is left; with equal power in a long fade."""
    if is_long:
        first, second = equal_power(share)
        return first * value + second * old
    return value + share * share * (3.0 - 2.0 * share) * (old - value)


def past_head(at, head, size, pace, rate):
    """The level of a place at which a head that runs at the speed of the piece is: 0 where they pass, 1 from 3 ms on.

    A place that goes as fast as the head never meets it.
    """
    apart = wrapped(at - head, 0.0, size)
    relative = abs(pace - 1.0)
    return clip(min(apart, size - apart) / (relative * CUT * rate), 0.0, 1.0) if relative > 1e-6 else 1.0
