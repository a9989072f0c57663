"""Plays rows, of a plan or of a voice, one after another. Compiled code on the sound thread.

The words of a row are listed in `waves.abi.ROW`.
"""

from __future__ import annotations

from numba import carray, njit

from waves.abi import ROW, WORD, offset
from waves.dsp.maths import QUIET_SECONDS, SILENCE
from waves.engine.native.intrinsics import call, copy_bytes, floats_at, get, get_float, put
from waves.node import BLOCK

ENTRY, BYTES, STATUS = offset(ROW, "entry"), offset(ROW, "bytes"), offset(ROW, "status")
OUT, OUTS, FAULTS = offset(ROW, "out"), offset(ROW, "outs"), offset(ROW, "faults")
STATE, STATE_BYTES, STATE_DEFAULT = offset(ROW, "state"), offset(ROW, "state_bytes"), offset(ROW, "state_default")
WAITS, WAITS_COUNT = offset(ROW, "waits"), offset(ROW, "waits_count")
FACTORS, FACTORS_COUNT = offset(ROW, "factors"), offset(ROW, "factors_count")
TAIL, QUIET, SINCE = offset(ROW, "tail"), offset(ROW, "quiet"), offset(ROW, "since")
RATE, RUNNING = offset(ROW, "rate"), offset(ROW, "running")

TAIL_SECONDS = 30.0  # after which a tail has ended in any case

njit_numpy = njit(error_model="numpy")


@njit_numpy
def clear(row):
    """Writes zeros into all outputs of a row."""
    for k in range(get(row + OUTS)):
        buffer = carray(floats_at(get(row + OUT) + 8 * BLOCK * k), (BLOCK,))
        for i in range(BLOCK):
            buffer[i] = 0.0


@njit_numpy
def fail(row, status):
    """Silences a row for this block and resets its state; one whose kernel raised (`status` -1) is mute from now on."""
    clear(row)
    copy_bytes(get(row + STATE), get(row + STATE_DEFAULT), get(row + STATE_BYTES))
    put(row + FAULTS, get(row + FAULTS) + 1)
    if status < 0:
        put(row + STATUS, -1)


@njit_numpy
def has_ended(row, frames, rate):
    """Whether a row has ended: one of its factors has, or all that it waits for and its own tail."""
    for k in range(get(row + FACTORS_COUNT)):
        if get(get(get(row + FACTORS) + WORD * k)) != 0:
            return True
    count = get(row + WAITS_COUNT)
    if count == 0:
        return False
    for k in range(count):
        if get(get(get(row + WAITS) + WORD * k)) == 0:
            return False
    if get(row + TAIL) == 0:
        return True
    peak = 0.0
    for k in range(get(row + OUTS)):
        buffer = carray(floats_at(get(row + OUT) + 8 * BLOCK * k), (BLOCK,))
        for i in range(frames):
            peak = max(peak, abs(buffer[i]))
    quiet = get(row + QUIET) + frames if peak < SILENCE else 0
    since = get(row + SINCE) + frames
    put(row + QUIET, quiet)
    put(row + SINCE, since)
    return quiet > QUIET_SECONDS * rate or since > TAIL_SECONDS * rate


@njit_numpy
def play(rows, count, start, frames):
    """Plays `count` rows for `frames` frames from frame `start` of the block on; how many of them failed.

    `rows` is the address of the first row.
    """
    faults = 0
    row = rows
    for _ in range(count):
        if get(row + STATUS) >= 0:
            put(rows + RUNNING, row)  # one store: if the call never returns, the watchdog finds the row here
            status = call(get(row + ENTRY), row, start, frames)
            last = get_float(get(row + OUT) + 8 * (start + frames - 1))
            if status < 0 or not abs(last) < 1e30:
                fail(row, status)
                faults += 1
            elif status > 0 or (
                get(row + WAITS_COUNT) + get(row + FACTORS_COUNT) > 0 and has_ended(row, frames, get_float(row + RATE))
            ):
                put(row + STATUS, 1)
        else:
            clear(row)  # rows share buffers, so another row may have written there
        row += get(row + BYTES)
    if count > 0:
        put(rows + RUNNING, 0)
    return faults
