"""Plays rows, of a plan or of a voice, one after another. Compiled code on the sound thread.

The words of a row are listed in `waves.abi.ROW`.
"""

from __future__ import annotations

from numba import carray, njit

from waves.abi import ROW, WORD, offset
from waves.dsp.maths import SILENCE
from waves.engine.native.intrinsics import call, copy_bytes, floats_at, get, get_float, put
from waves.node import BLOCK

ENTRY, BYTES, STATUS = offset(ROW, "entry"), offset(ROW, "bytes"), offset(ROW, "status")
OUT, OUTS, FAULTS = offset(ROW, "out"), offset(ROW, "outs"), offset(ROW, "faults")
STATE, STATE_BYTES, STATE_DEFAULT = offset(ROW, "state"), offset(ROW, "state_bytes"), offset(ROW, "state_default")
FLOATS, FLOATS_COUNT = offset(ROW, "floats"), offset(ROW, "floats_count")
WAITS, WAITS_COUNT = offset(ROW, "waits"), offset(ROW, "waits_count")
FACTORS, FACTORS_COUNT = offset(ROW, "factors"), offset(ROW, "factors_count")
TAIL, QUIET, SINCE = offset(ROW, "tail"), offset(ROW, "quiet"), offset(ROW, "since")
RATE, RUNNING, STARTS = offset(ROW, "rate"), offset(ROW, "running"), offset(ROW, "starts")

TAIL_SECONDS = 30.0  # after which a tail has ended in any case
HUGE = 1e30  # a number is below, or it is as bad as infinity

njit_numpy = njit(error_model="numpy")


@njit_numpy
def clear(row):
    """Writes zeros into all outputs of a row."""
    for k in range(get(row + OUTS)):
        buffer = carray(floats_at(get(row + OUT) + 8 * BLOCK * k), (BLOCK,))
        for i in range(BLOCK):
            buffer[i] = 0.0


@njit_numpy
def mute(row, status):
    """Silences a row whose kernel raised, from now on; `status` says where."""
    clear(row)
    copy_bytes(get(row + STATE), get(row + STATE_DEFAULT), get(row + STATE_BYTES))
    put(row + FAULTS, get(row + FAULTS) + 1)
    put(row + STATUS, status)


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
    """Silences a row for this block that is not finite; only what is not finite in its state begins anew.

    So it goes on in time: its counts, its phase and its place in a file stay. A ring buffer takes no such numbers.
    """
    clear(row)
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
        if get(row + STATUS) >= 0:
            put(rows + RUNNING, row)  # one store: if the call never returns, the watchdog finds the row here
            status = call(get(row + ENTRY), row, start, frames)
            last = get_float(get(row + OUT) + 8 * (start + frames - 1))
            if status < 0:
                mute(row, status)
                faults += 1
                row += get(row + BYTES)
                continue
            if not abs(last) < HUGE or (get(row + STARTS) != 0 and not is_finite(row)):
                silence(row)
                faults += 1
            if start + frames < BLOCK:
                if get(row + WAITS_COUNT) > 0 and get(row + TAIL) != 0:
                    count_quiet(row, start, frames)
            elif status > 0 or (
                get(row + WAITS_COUNT) + get(row + FACTORS_COUNT) > 0
                and has_ended(row, start, frames, get_float(row + RATE))
            ):
                put(row + STATUS, 1)
        else:
            clear(row)  # rows share buffers, so another row may have written there
        row += get(row + BYTES)
    if count > 0:
        put(rows + RUNNING, 0)
    return faults
