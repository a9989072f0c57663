"""The row of a voice pool: starts a voice for each note of an event, renders, steals and ends voices. Compiled code.

The words of such a row are listed in `waves.abi.POOL`.
"""

from __future__ import annotations

from numba import carray

from waves.abi import NOTE, POOL, STEP, WORD, offset
from waves.dsp import maths
from waves.dsp.clock import FARTHEST, TOLERANCE
from waves.engine.native.arrays import page_slot
from waves.engine.native.entry import ENTRY, engine_function, jit
from waves.engine.native.intrinsics import attempt, call_run, floats_at, get, get_float, load, put
from waves.engine.native.rows import FAULTS, OUT, OUTS
from waves.engine.native.voices.pool_voices import (
    AFTER,
    CONTROL_AT,
    FADE,
    PROGRAM,
    PROGRAM_BYTES,
    PROGRAM_ROWS,
    SLOTS,
    STATE,
    STATE_BYTES,
    control_at,
    njit_numpy,
    start_voice,
    voice_at,
)
from waves.node import BLOCK

EVENTS, BUSY, EVENT_STATUS = (AFTER + offset(POOL, n) for n in ("events", "busy", "clock_status"))
EVENT_FRAMES, EVENT_STEPS = (AFTER + offset(POOL, n) for n in ("event_frames", "event_steps"))
EVENT_LENGTHS, EVENT_PASSES = (AFTER + offset(POOL, n) for n in ("event_lengths", "event_passes"))
POSITION, PRESENT, REACHED = (AFTER + offset(POOL, n) for n in ("position", "present", "reached"))
FIRST, STEPS, VALUES, WIDTH = (AFTER + offset(POOL, n) for n in ("first", "steps", "values", "width"))
TIMING, CHANCE_SEED, PAGES = (AFTER + offset(POOL, n) for n in ("timing", "chance", "pages"))
END, OUTPUTS = (AFTER + offset(POOL, n) for n in ("end", "outputs"))
RUN = AFTER + offset(POOL, "run")

PLACE, NOTE_LENGTH, LATE, CHANCE, DRAW, HELD = (offset(NOTE, n) for n in NOTE)
NOTE_BYTES = WORD * len(NOTE)
STEP_LENGTH, STEP_PASS = offset(STEP, "length"), offset(STEP, "pass")

attempt_pool = attempt(3)
floor = maths.floor  # one instruction
scrambled, uniform = jit(maths.scrambled), jit(maths.uniform)  # type: ignore[arg-type]


@njit_numpy
def page_of(row, cycle):
    """Address of the page of a cycle in the ring of the pool; 0 if it is not there."""
    at = get(row + PAGES) + WORD * (1 + 2 * page_slot(cycle))
    return get(at + WORD) if load(at) == cycle else 0


@njit_numpy
def notes_of(row, number):
    """The notes of a step: the number of the first, the one behind the last, addresses of the timings and the values.

    `number` is the row of the step in the pool's table, or the cycle of a page.
    """
    if number < 0:
        return 0, 0, 0, 0
    if get(row + PAGES) != 0:
        page = page_of(row, number)
        count = get(page) if page != 0 else 0
        return 0, count, page + WORD, page + WORD + NOTE_BYTES * count
    if number >= get(row + STEPS):
        return 0, 0, 0, 0
    notes = get(row + FIRST) + WORD * number
    return get(notes), get(notes + WORD), get(row + TIMING), get(row + VALUES)


@njit_numpy
def choke(row, frame):
    """Fades out all voices that began up to a frame, counted from the start of this block; a later one stays."""
    state, size = get(row + STATE), get(row + STATE_BYTES)
    for v in range(get(row + SLOTS)):
        voice = voice_at(state + v * size)
        if voice.active != 0 and voice.start <= frame:
            voice.left = min(voice.left, frame - voice.start)


@njit_numpy
def start_note(row, note, timing, values, frame, length, turn):
    """Starts a note in pass `turn`, unless chance drops it; one with a length below 0 ends those before it instead."""
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
        held = get_float(timing + HELD)
        length = int(min(held if held >= 0.0 else steps * length, FARTHEST))
    start_voice(row, values + WORD * note * get(row + WIDTH), frame, length)


@njit_numpy
def start_inside(row, number, length, turn, reached, first, last):
    """Starts the notes inside a step, from frame `first` of the block up to `last`.

    `number` is that of the step as in `notes_of`, `reached` the position at which the clock has been.
    """
    note, end, timing, values = notes_of(row, number)
    position = floats_at(get(row + POSITION))
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
            start_note(row, note, timing, values, i, length, turn)
            note += 1
        i += 1


@njit_numpy
def start_step(row, number, frame, length, turn):
    """Starts the notes that begin with a step, at a frame of the block; without a position all of the step."""
    note, end, timing, values = notes_of(row, number)
    while note < end:
        if get(row + POSITION) != 0 and get_float(timing + NOTE_BYTES * note + PLACE) > 0.0:
            return
        start_note(row, note, timing, values, frame, length, turn)
        note += 1


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
        if get(row + PAGES) != 0 and number >= 0 and page_of(row, number) == 0:
            put(get(row + PAGES), get(get(row + PAGES)) + 1)  # the page is late
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
