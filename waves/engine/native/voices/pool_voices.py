"""The voices of a pool: a voice is started for a note, the oldest stolen where there are too many. Compiled code.

All voices have the same rows, one copy after another, and each its own state, which begins with a record `VOICE`.
"""

from __future__ import annotations

from numba import njit

from waves.abi import CONTROL, POOL, ROW, VOICE, WORD, offset
from waves.engine.native.intrinsics import copy_bytes, get, get_float, put, put_float, record_maker
from waves.engine.native.rows import BYTES, QUIET, SINCE, STATUS, forget
from waves.node_types.library.machine_types import PAGE

AFTER = WORD * len(ROW)
GIVEN, GIVEN_COUNT = (AFTER + offset(POOL, n) for n in ("given", "given_count"))
GATES, GATES_COUNT = (AFTER + offset(POOL, n) for n in ("gates", "gates_count"))
SLOTS, VOICES, LENGTH, FADE = (AFTER + offset(POOL, n) for n in ("slots", "voices", "length", "fade"))
PROGRAM, PROGRAM_BYTES = (AFTER + offset(POOL, n) for n in ("program", "program_bytes"))
PROGRAM_ROWS = AFTER + offset(POOL, "program_rows")
CONTROL_AT, STATE, STATE_BYTES = (AFTER + offset(POOL, n) for n in ("control", "state", "state_bytes"))
DEFAULT, SEGMENTS, SEGMENTS_COUNT = (AFTER + offset(POOL, n) for n in ("default", "segments", "segments_count"))
BUFFERS, BUFFERS_COUNT = (AFTER + offset(POOL, n) for n in ("buffers", "buffers_count"))
COUNTERS, COUNTERS_COUNT = (AFTER + offset(POOL, n) for n in ("counters", "counters_count"))
OLD_STATE, OLD_BYTES, OLD_DEFAULT = (AFTER + offset(POOL, n) for n in ("old_state", "old_bytes", "old_default"))
OLD_SEGMENTS, OLD_SEGMENTS_COUNT = (AFTER + offset(POOL, n) for n in ("old_segments", "old_segments_count"))
NUMBERED, NUMBERED_COUNT = (AFTER + offset(POOL, n) for n in ("numbered", "numbered_count"))
OLD_BUFFERS, OLD_BUFFERS_COUNT = (AFTER + offset(POOL, n) for n in ("old_buffers", "old_buffers_count"))
OLD_NUMBERED, OLD_NUMBERED_COUNT = (AFTER + offset(POOL, n) for n in ("old_numbered", "old_numbered_count"))

voice_at, control_at = record_maker(VOICE), record_maker(CONTROL)
njit_numpy = njit(error_model="numpy")


@njit_numpy
def reset(state, default, segments, count):
    """Copies the default state of a voice to its state, but not to its ring buffers.

    `segments` is a table of `count` pairs: offset and bytes of what is copied.
    """
    for k in range(count):
        at = get(segments + 16 * k)
        copy_bytes(state + at, default + at, get(segments + 16 * k + 8))


@njit_numpy
def clear_buffers(state, table, count):
    """Sets the buffers of a voice to zeros, as far as they were written since this was done.

    `table` has three words for each of `count` buffers: offsets of its numbers and of its pages, and its size.
    """
    for k in range(count):
        entry = table + 3 * WORD * k
        numbers, pages, size = state + get(entry), state + get(entry + WORD), get(entry + 2 * WORD)
        for first in range(0, size, PAGE):
            page = pages + WORD * (first // PAGE)
            if get(page) != 0:
                put(page, 0)
                for at in range(first, min(first + PAGE, size)):
                    put(numbers + WORD * at, 0)


@njit_numpy
def find_slot(row, frame):
    """A slot for one more voice, -1 if there is none.

    As soon as `VOICES` sound the oldest is stolen: it fades out from `frame` of this block on. There are more slots
    than voices, so that stolen ones can fade.
    """
    slots, limit = get(row + SLOTS), get(row + VOICES)
    state, size = get(row + STATE), get(row + STATE_BYTES)
    free, oldest, faded, sounding, first_end = -1, -1, -1, 0, 0
    for v in range(slots):
        voice = voice_at(state + v * size)
        if voice.active == 0:
            if free < 0:
                free = v
        elif voice.stolen == 0:
            sounding += 1
            if oldest < 0 or voice.age < voice_at(state + oldest * size).age:
                oldest = v
        else:
            end = voice.start + voice.left  # counted from the start of the block
            if faded < 0 or end < first_end:
                faded, first_end = v, end
    if sounding >= limit and oldest >= 0:
        voice = voice_at(state + oldest * size)
        voice.stolen = 1
        # One that has not begun yet never sounds.
        voice.left = min(voice.left, frame - voice.start if voice.start <= frame else -get(row + FADE))
        faded = oldest if faded < 0 else faded
    if free >= 0:
        return free
    return faded  # more voices were stolen within one fade than there are spare slots: the most faded is cut off


@njit_numpy
def start_voice(row, values, frame, length):
    """Starts a voice for a note at a frame of this block; its gate falls after `length` frames.

    Example: `values` is the address of [220.0], and `GIVEN` has one pair (0, 48), so that column 0 of the values goes
    to byte 48 of a voice's state. Two voices sound, slot 1 is free:

        before  slot 1: active 0, age 4; state as its last note left it; its rows have ended (STATUS 1)
                pool: active 2, next 7
        after   slot 1: active 1, age 7, start `frame`, left `LENGTH`; state: the default, but 220.0 at byte 48,
                `length` at each offset in `GATES`, and its rings begin at the present frame; its rows play (STATUS 0)
                pool: active 3, next 8
    """
    v = find_slot(row, frame)
    if v < 0:
        return
    control = control_at(get(row + CONTROL_AT))
    state = get(row + STATE) + v * get(row + STATE_BYTES)
    if voice_at(state).active == 0:
        control.active += 1
    reset(state, get(row + DEFAULT), get(row + SEGMENTS), get(row + SEGMENTS_COUNT))
    clear_buffers(state, get(row + BUFFERS), get(row + BUFFERS_COUNT))
    for k in range(get(row + COUNTERS_COUNT)):
        counter = state + get(get(row + COUNTERS) + WORD * k)
        put(counter + WORD, get(counter))
        put(counter + 2 * WORD, 0)
    # The same for this note whatever slot it takes. Neighbours are far apart: each may be counted on from.
    number = (control.next * 0x9E3779B1) & 0xFFFFFFFF
    for k in range(get(row + NUMBERED_COUNT)):
        put(state + get(get(row + NUMBERED) + WORD * k), number)
    if get(row + OLD_STATE) != 0:
        old = get(row + OLD_STATE) + v * get(row + OLD_BYTES)
        reset(old, get(row + OLD_DEFAULT), get(row + OLD_SEGMENTS), get(row + OLD_SEGMENTS_COUNT))
        clear_buffers(old, get(row + OLD_BUFFERS), get(row + OLD_BUFFERS_COUNT))
        for k in range(get(row + OLD_NUMBERED_COUNT)):
            put(old + get(get(row + OLD_NUMBERED) + WORD * k), number)
    for k in range(get(row + GIVEN_COUNT)):
        pair = get(row + GIVEN) + 16 * k
        put_float(state + get(pair + 8), get_float(values + WORD * get(pair)))
    for k in range(get(row + GATES_COUNT)):
        put(state + get(get(row + GATES) + WORD * k), length)
    program = get(row + PROGRAM) + v * get(row + PROGRAM_BYTES)
    for _ in range(get(row + PROGRAM_ROWS)):
        put(program + STATUS, 0)
        put(program + QUIET, 0)
        put(program + SINCE, 0)
        forget(program)
        program += get(program + BYTES)
    voice = voice_at(state)
    voice.active = 1
    voice.age = control.next
    voice.start = frame
    voice.left = get(row + LENGTH)
    voice.stolen = 0
    control.next += 1
