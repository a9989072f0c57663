"""The row of a voice pool: starts a voice for each note of an event, renders, steals and ends voices. Compiled code.

The words of such a row are listed in `waves.abi.POOL`. All voices have the same rows, one copy after another, and each
its own state, which begins with a record `VOICE`.
"""

from __future__ import annotations

from numba import carray, njit

from waves.abi import CONTROL, NOTE, POOL, ROW, STEP, VOICE, WORD, offset
from waves.dsp import maths
from waves.dsp.clock import FARTHEST, TOLERANCE
from waves.engine.native.entry import ENTRY, engine_function, jit
from waves.engine.native.intrinsics import (
    attempt,
    call_run,
    copy_bytes,
    floats_at,
    get,
    get_float,
    put,
    put_float,
    record_maker,
)
from waves.engine.native.rows import BYTES, FAULTS, OUT, OUTS, QUIET, SINCE, STATUS, forget
from waves.node import BLOCK
from waves.node_types.library.machine_types import PAGE

AFTER = WORD * len(ROW)
EVENTS, BUSY, EVENT_STATUS = (AFTER + offset(POOL, n) for n in ("events", "busy", "clock_status"))
EVENT_FRAMES, EVENT_STEPS = (AFTER + offset(POOL, n) for n in ("event_frames", "event_steps"))
EVENT_LENGTHS, EVENT_PASSES = (AFTER + offset(POOL, n) for n in ("event_lengths", "event_passes"))
POSITION, PRESENT, REACHED = (AFTER + offset(POOL, n) for n in ("position", "present", "reached"))
FIRST, STEPS, VALUES, WIDTH = (AFTER + offset(POOL, n) for n in ("first", "steps", "values", "width"))
TIMING, CHANCE_SEED = (AFTER + offset(POOL, n) for n in ("timing", "chance"))
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

PLACE, NOTE_LENGTH, LATE, CHANCE, DRAW = (offset(NOTE, n) for n in NOTE)
NOTE_BYTES = WORD * len(NOTE)
STEP_LENGTH, STEP_PASS = offset(STEP, "length"), offset(STEP, "pass")

attempt_pool = attempt(3)
voice_at, control_at = record_maker(VOICE), record_maker(CONTROL)
njit_numpy = njit(error_model="numpy")
floor = maths.floor  # one instruction
scrambled, uniform = jit(maths.scrambled), jit(maths.uniform)  # type: ignore[arg-type]


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
        forget(program)
        program += get(program + BYTES)
    voice = voice_at(state)
    voice.active = 1
    voice.age = control.next
    voice.start = frame
    voice.left = get(row + LENGTH)
    voice.stolen = 0
    control.next += 1


@njit_numpy
def choke(row, frame):
    """Fades out all voices that began up to a frame, counted from the start of this block; a later one stays."""
    state, size = get(row + STATE), get(row + STATE_BYTES)
    for v in range(get(row + SLOTS)):
        voice = voice_at(state + v * size)
        if voice.active != 0 and voice.start <= frame:
            voice.left = min(voice.left, frame - voice.start)


@njit_numpy
def start_note(row, note, frame, length, turn):
    """Starts a note in pass `turn`, unless chance drops it; one with a length below 0 ends those before it instead."""
    timing = get(row + TIMING)
    if timing != 0:
        timing += NOTE_BYTES * note
        chance = get_float(timing + CHANCE)
        if chance < 1.0 and uniform(scrambled(get(row + CHANCE_SEED)) + int(get_float(timing + DRAW)), turn) >= chance:
            return
        if get(row + POSITION) == 0:  # nobody knows where in the step it is
            frame += int(get_float(timing + PLACE) * length)
        frame += int(get_float(timing + LATE))
        steps = get_float(timing + NOTE_LENGTH)
        if steps < 0.0:
            choke(row, frame)
            return
        length = int(min(steps * length, FARTHEST))
    start_voice(row, note, frame, length)


@njit_numpy
def start_inside(row, number, length, turn, reached, first, last):
    """Starts the notes inside a step, from frame `first` of the block up to `last`.

    `number` is the row of the step in the pool's table, `reached` the position at which the clock has been.
    """
    if number < 0 or number >= get(row + STEPS):
        return
    timing, position = get(row + TIMING), floats_at(get(row + POSITION))
    notes = get(row + FIRST) + WORD * number
    note, end = get(notes), get(notes + WORD)
    place = reached - floor(reached)
    after = end
    while note < after:  # the first that has not begun
        middle = (note + after) // 2
        if get_float(timing + NOTE_BYTES * middle + PLACE) <= place + TOLERANCE:
            note = middle + 1
        else:
            after = middle
    i = first
    while note < end and i < last:
        place = max(place, position[i] - floor(position[i]))
        while note < end and get_float(timing + NOTE_BYTES * note + PLACE) <= place + TOLERANCE:
            start_note(row, note, i, length, turn)
            note += 1
        i += 1


@njit_numpy
def start_step(row, number, frame, length, turn):
    """Starts the notes that begin with a step, at a frame of the block; without a position all of the step."""
    if number < 0 or number >= get(row + STEPS):
        return
    notes = get(row + FIRST) + WORD * number
    for note in range(get(notes), get(notes + WORD)):
        if get(row + POSITION) != 0 and get_float(get(row + TIMING) + NOTE_BYTES * note + PLACE) > 0.0:
            return
        start_note(row, note, frame, length, turn)


@njit_numpy
def start_notes(row, start, frames):
    """Starts the notes of a part of a block that begins at frame `start`: each step's up to the next event."""
    count = get(get(row + EVENTS))
    until = start + (get(get(row + EVENT_FRAMES)) if count > 0 else frames)
    if get(row + POSITION) != 0:
        present = get(row + PRESENT)
        length, turn, reached = get(present + STEP_LENGTH), get(present + STEP_PASS), get_float(get(row + REACHED))
        start_inside(row, get(present) - 1, length, turn, reached, start, until)
    for e in range(count):
        at, number = until, get(get(row + EVENT_STEPS) + WORD * e)
        length, turn = get(get(row + EVENT_LENGTHS) + WORD * e), get(get(row + EVENT_PASSES) + WORD * e)
        until = start + (get(get(row + EVENT_FRAMES) + WORD * (e + 1)) if e + 1 < count else frames)
        start_step(row, number, at, length, turn)
        if get(row + POSITION) != 0:
            start_inside(row, number, length, turn, 0.0, at, until)


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
    if first >= last:  # it has not begun yet
        voice.start = first - last if last == BLOCK else first
        return True
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
    start_notes(row, start, frames)
    control = control_at(get(row + CONTROL_AT))
    put(get(row + BUSY), get(get(row + BUSY)) + control.active)
    todo = control.active
    v = 0
    while todo > 0 and v < get(row + SLOTS):
        if get(get(row + STATE) + v * get(row + STATE_BYTES)) != 0:
            todo -= 1
            if not render_voice(row, v, start + frames):
                control.active -= 1
        v += 1
    return 1 if control.active == 0 and get(get(row + EVENT_STATUS)) != 0 else 0


@engine_function(ENTRY)
def pool(row, start, frames):
    """The entry of a pool's row."""
    return attempt_pool(render_pool, row, start, frames)
