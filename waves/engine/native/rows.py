"""Plays rows, of a plan or of a voice, one after another. Compiled code on the sound thread.

The words of a row are listed in `waves.abi.ROW`.
"""

from __future__ import annotations

from numba import carray, njit

from waves.abi import ROW, WORD, offset
from waves.dsp.maths import SILENCE
from waves.engine.native.intrinsics import call, copy_bytes, floats_at, get, get_float, put, put_float
from waves.node import BLOCK

ENTRY, BYTES, STATUS = offset(ROW, "entry"), offset(ROW, "bytes"), offset(ROW, "status")
OUT, OUTS, FAULTS = offset(ROW, "out"), offset(ROW, "outs"), offset(ROW, "faults")
STATE, STATE_BYTES, STATE_DEFAULT = offset(ROW, "state"), offset(ROW, "state_bytes"), offset(ROW, "state_default")
FLOATS, FLOATS_COUNT = offset(ROW, "floats"), offset(ROW, "floats_count")
WAITS, WAITS_COUNT = offset(ROW, "waits"), offset(ROW, "waits_count")
FACTORS, FACTORS_COUNT = offset(ROW, "factors"), offset(ROW, "factors_count")
TAIL, QUIET, SINCE = offset(ROW, "tail"), offset(ROW, "quiet"), offset(ROW, "since")
RATE, RUNNING, STARTS = offset(ROW, "rate"), offset(ROW, "running"), offset(ROW, "starts")
FAILED, HEALING = offset(ROW, "failed"), offset(ROW, "healing")

TAIL_SECONDS = 30.0  # after which a tail has ended in any case
FADE = 0.001  # s in which the last value before a failure falls to 1/e
HEAL = 0.003  # s in which what comes after a failure fades in
FADED = 1e-6  # -120 dB, at which it is over
HUGE = 1e30  # a number is below, or it is as bad as infinity

njit_numpy = njit(error_model="numpy")


@njit_numpy
def last_values(row):
    """The address of the last value of each output."""
    return row + get(row + BYTES) - WORD * get(row + OUTS)


@njit_numpy
def forget(row):
    """Begins a row anew: it has not failed, and gave nothing yet."""
    put(row + FAILED, 0)
    put(row + HEALING, 0)
    for k in range(get(row + OUTS)):
        put(last_values(row) + WORD * k, 0)


@njit_numpy
def keep_last(row, end):
    """Keeps what each output gave at the end of a part of a block; nothing of what is too large to be heard."""
    for k in range(get(row + OUTS)):
        value = get_float(get(row + OUT) + WORD * (BLOCK * k + end - 1))
        put_float(last_values(row) + WORD * k, value if abs(value) < HUGE else 0.0)


@njit_numpy
def fade_out(row, start, frames):
    """Lets the last value of each output fall to 0 in place of what failed; whether all are there."""
    fall = 1.0 - 1.0 / (FADE * get_float(row + RATE))
    over = True
    for k in range(get(row + OUTS)):
        last = last_values(row) + WORD * k
        buffer = carray(floats_at(get(row + OUT) + WORD * BLOCK * k), (BLOCK,))
        value = get_float(last)
        for i in range(start, start + frames):
            value = value * fall if abs(value) > FADED else 0.0
            buffer[i] = value
        put_float(last, value)
        over &= value == 0.0
    return over


@njit_numpy
def heal(row, start, frames):
    """Fades from the last value before a failure, which falls, to what a row gives now."""
    fall, size = 1.0 - 1.0 / (FADE * get_float(row + RATE)), HEAL * get_float(row + RATE)
    left = get(row + HEALING)
    for k in range(get(row + OUTS)):
        last = last_values(row) + WORD * k
        buffer = carray(floats_at(get(row + OUT) + WORD * BLOCK * k), (BLOCK,))
        value = get_float(last)
        for i in range(frames):
            value *= fall
            share = min(max(left - i, 0) / size, 1.0)
            buffer[start + i] += share * (value - buffer[start + i])
        put_float(last, value)
    put(row + HEALING, max(left - frames, 0))


@njit_numpy
def mute(row, place):
    """Lets a row whose kernel raised fade out and be silent from now on; `place` says where in its code."""
    copy_bytes(get(row + STATE), get(row + STATE_DEFAULT), get(row + STATE_BYTES))
    put(row + FAULTS, get(row + FAULTS) + 1)
    put(row + FAILED, place)


@njit_numpy
def is_finite(row):
    """Whether all floats in the state of a row are finite."""
    state = get(row + STATE)
    for k in range(get(row + FLOATS_COUNT)):
        first = get(get(row + FLOATS) + 2 * WORD * k)
        for n in range(get(get(row + FLOATS) + 2 * WORD * k + WORD)):
            if not abs(get_float(state + first + WORD * n)) < HUGE:
                return False
    return True


@njit_numpy
def silence(row):
    """Marks a row that is not finite in this block; only what is not finite in its state begins anew.

    So it goes on in time: its counts, its phase and its place in a file stay. A ring buffer takes no such numbers.
    """
    put(row + HEALING, int(HEAL * get_float(row + RATE)))
    put(row + FAULTS, get(row + FAULTS) + 1)
    state, default = get(row + STATE), get(row + STATE_DEFAULT)
    for k in range(get(row + FLOATS_COUNT)):
        first = get(get(row + FLOATS) + 2 * WORD * k)
        for n in range(get(get(row + FLOATS) + 2 * WORD * k + WORD)):
            at = first + WORD * n
            if not abs(get_float(state + at)) < HUGE:
                put(state + at, get(default + at))


@njit_numpy
def count_quiet(row, start, frames):
    """Counts the silent frames of a tail, and all of them, in a part of a block that begins at frame `start`.

    A part that sounds counts as much less as is left of the block, so that the count at the end of the block does not
    depend on its parts.
    """
    peak = 0.0
    for k in range(get(row + OUTS)):
        buffer = carray(floats_at(get(row + OUT) + 8 * BLOCK * k), (BLOCK,))
        for i in range(start, start + frames):
            peak = max(peak, abs(buffer[i]))
    put(row + QUIET, get(row + QUIET) + frames if peak < SILENCE else start + frames - BLOCK)
    put(row + SINCE, get(row + SINCE) + frames)


@njit_numpy
def has_ended(row, start, frames, rate):
    """Whether a row has ended with a block: one of its factors has, or all that it waits for and its own tail.

    The last part of the block begins at frame `start` and has `frames` frames.
    """
    for k in range(get(row + FACTORS_COUNT)):
        if get(get(get(row + FACTORS) + WORD * k)) != 0:
            return True
    count = get(row + WAITS_COUNT)
    if count == 0:
        return False
    waits = False
    for k in range(count):
        waits |= get(get(get(row + WAITS) + WORD * k)) == 0
    if get(row + TAIL) == 0:
        return not waits
    if waits:  # what an earlier part of the block has counted was too early
        put(row + QUIET, 0)
        put(row + SINCE, 0)
        return False
    count_quiet(row, start, frames)
    return get(row + QUIET) > get(row + TAIL) or get(row + SINCE) > TAIL_SECONDS * rate


@njit_numpy
def play(rows, count, start, frames):
    """Plays `count` rows for `frames` frames from frame `start` of the block on; how many of them failed.

    `rows` is the address of the first row. A block may be played in two parts. A row ends with a block, never with its
    first part: so a commit inside a block moves no end.
    """
    faults = 0
    row = rows
    for _ in range(count):
        if get(row + STATUS) >= 0 and get(row + FAILED) == 0:
            put(rows + RUNNING, row)  # one store: if the call never returns, the watchdog finds the row here
            status = call(get(row + ENTRY), row, start, frames)
            last = get_float(get(row + OUT) + 8 * (start + frames - 1))
            if status < 0:
                mute(row, status)
                fade_out(row, start, frames)
                faults += 1
                row += get(row + BYTES)
                continue
            if not abs(last) < HUGE or (get(row + STARTS) != 0 and not is_finite(row)):
                silence(row)
                fade_out(row, start, frames)
                faults += 1
            elif get(row + HEALING) > 0:
                heal(row, start, frames)
            else:
                keep_last(row, start + frames)
            if start + frames < BLOCK:
                if get(row + WAITS_COUNT) > 0 and get(row + TAIL) != 0:
                    count_quiet(row, start, frames)
            elif status > 0 or (
                get(row + WAITS_COUNT) + get(row + FACTORS_COUNT) > 0
                and has_ended(row, start, frames, get_float(row + RATE))
            ):
                put(row + STATUS, 1)
        elif fade_out(row, start, frames) and start + frames == BLOCK:  # what waits for it ends with its fade
            put(row + STATUS, -1)
        row += get(row + BYTES)
    if count > 0:
        put(rows + RUNNING, 0)
    return faults
