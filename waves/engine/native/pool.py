"""The row of a voice pool: starts a voice for each note of an event, renders, steals and ends voices. Compiled code.

The words of such a row are listed in `waves.abi.POOL`. All voices have the same rows, one copy after another, and each
its own state, which begins with a record `VOICE`.
"""

from __future__ import annotations

from numba import carray, cfunc, njit

from waves.abi import CONTROL, POOL, ROW, VOICE, WORD, offset
from waves.engine.native.entry import ENTRY
from waves.engine.native.intrinsics import call_run, copy_bytes, floats_at, get, get_float, put, put_float, record_maker
from waves.engine.native.rows import BYTES, FAULTS, OUT, OUTS, QUIET, SINCE, STATUS
from waves.node import BLOCK
from waves.node_types.builtin.voices import Events
from waves.node_types.library.machine_types import PAGE
from waves.node_types.library.signature import record_dtype

AFTER = WORD * len(ROW)
EVENT_STATUS, FIRST, STEPS = (AFTER + offset(POOL, n) for n in ("clock_status", "first", "steps"))
EVENTS_AT, VALUES, WIDTH = (AFTER + offset(POOL, n) for n in ("events", "values", "width"))
GIVEN, GIVEN_COUNT = (AFTER + offset(POOL, n) for n in ("given", "given_count"))
GATES, GATES_COUNT = (AFTER + offset(POOL, n) for n in ("gates", "gates_count"))
SLOTS, VOICES, LENGTH, FADE = (AFTER + offset(POOL, n) for n in ("slots", "voices", "length", "fade"))
PROGRAM, PROGRAM_BYTES = (AFTER + offset(POOL, n) for n in ("program", "program_bytes"))
PROGRAM_ROWS, END, OUTPUTS = (AFTER + offset(POOL, n) for n in ("program_rows", "end", "outputs"))
RUN = AFTER + offset(POOL, "run")
CONTROL_AT, STATE, STATE_BYTES = (AFTER + offset(POOL, n) for n in ("control", "state", "state_bytes"))
DEFAULT, SEGMENTS, SEGMENTS_COUNT = (AFTER + offset(POOL, n) for n in ("default", "segments", "segments_count"))
BUFFERS, BUFFERS_COUNT = (AFTER + offset(POOL, n) for n in ("buffers", "buffers_count"))
COUNTERS, COUNTERS_COUNT = (AFTER + offset(POOL, n) for n in ("counters", "counters_count"))
OLD_STATE, OLD_BYTES, OLD_DEFAULT = (AFTER + offset(POOL, n) for n in ("old_state", "old_bytes", "old_default"))
OLD_SEGMENTS, OLD_SEGMENTS_COUNT = (AFTER + offset(POOL, n) for n in ("old_segments", "old_segments_count"))
NUMBERED, NUMBERED_COUNT = (AFTER + offset(POOL, n) for n in ("numbered", "numbered_count"))
OLD_BUFFERS, OLD_BUFFERS_COUNT = (AFTER + offset(POOL, n) for n in ("old_buffers", "old_buffers_count"))
OLD_NUMBERED, OLD_NUMBERED_COUNT = (AFTER + offset(POOL, n) for n in ("old_numbered", "old_numbered_count"))

EVENT_FIELDS = dict(record_dtype(Events, {}).fields or {})
EVENT_FRAME, EVENT_STEP, EVENT_LENGTH, EVENT_BUSY = (EVENT_FIELDS[n][1] for n in ("frame", "step", "length", "busy"))

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
        voice.left = min(voice.left, frame - voice.start)
        faded = oldest if faded < 0 else faded
    if free >= 0:
        return free
    return faded  # more voices were stolen within one fade than there are spare slots: the most faded is cut off


@njit_numpy
def start_voice(row, note, frame, length):
    """Starts a voice for a note at a frame of this block; its gate falls after `length` frames.

    Example: the values of `note` are [220.0], and `GIVEN` has one pair (0, 48), so that column 0 of the values goes to
    byte 48 of a voice's state. Two voices sound, slot 1 is free:

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
    values = get(row + VALUES) + WORD * note * get(row + WIDTH)
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
        program += get(program + BYTES)
    voice = voice_at(state)
    voice.active = 1
    voice.age = control.next
    voice.start = frame
    voice.left = get(row + LENGTH)
    voice.stolen = 0
    control.next += 1


@njit_numpy
def render_voice(row, v, last):
    """Adds the frames of one voice up to `last` to the outputs of the pool; whether the voice goes on.

    A block may be played in two parts, with another plan in the second one. A voice ends with a block, never with its
    first part: its slot is free for the same notes as if nothing was committed.
    """
    state = get(row + STATE) + v * get(row + STATE_BYTES)
    voice = voice_at(state)
    program = get(row + PROGRAM) + v * get(row + PROGRAM_BYTES)
    first = voice.start
    frames = last - first
    put(row + FAULTS, get(row + FAULTS) + call_run(get(row + RUN), program, get(row + PROGRAM_ROWS), first, frames))
    left, fade = voice.left, get(row + FADE)
    for c in range(get(row + OUTS)):
        out = carray(floats_at(get(row + OUT) + 8 * BLOCK * c), (BLOCK,))
        frames_of_voice = carray(floats_at(get(get(row + OUTPUTS) + WORD * c)), (BLOCK,))
        if left >= frames:
            for i in range(first, last):
                out[i] += frames_of_voice[i]
        else:
            for i in range(first, last):
                passed = max(i - first - left + 1, 0)
                out[i] += frames_of_voice[i] * max(1.0 - passed / fade, 0.0)
    voice.start = last % BLOCK
    voice.left = left - frames
    if last == BLOCK and (get(program + get(row + END)) != 0 or voice.left <= -fade):
        voice.active = 0
    return voice.active != 0


@njit_numpy
def render_pool(row, start, frames):
    """Starts the voices of this block's events and renders all that sound; 1 if the pool has ended, else 0."""
    for c in range(get(row + OUTS)):
        out = carray(floats_at(get(row + OUT) + 8 * BLOCK * c), (BLOCK,))
        for i in range(start, start + frames):
            out[i] = 0.0
    events, steps = get(row + EVENTS_AT), get(row + STEPS)
    for e in range(get(events)):
        step = get(events + EVENT_STEP + WORD * e)
        if 0 <= step < steps:
            first = get(row + FIRST) + WORD * step
            for note in range(get(first), get(first + WORD)):
                frame = start + get(events + EVENT_FRAME + WORD * e)
                start_voice(row, note, frame, get(events + EVENT_LENGTH + WORD * e))
    control = control_at(get(row + CONTROL_AT))
    put(events + EVENT_BUSY, get(events + EVENT_BUSY) + control.active)
    todo = control.active
    v = 0
    while todo > 0 and v < get(row + SLOTS):
        if get(get(row + STATE) + v * get(row + STATE_BYTES)) != 0:
            todo -= 1
            if not render_voice(row, v, start + frames):
                control.active -= 1
        v += 1
    return 1 if control.active == 0 and get(get(row + EVENT_STATUS)) != 0 else 0


@cfunc(ENTRY, error_model="numpy")
def pool(row, start, frames):
    """The entry of a pool's row."""
    try:
        return render_pool(row, start, frames)
    except Exception:
        return -1
