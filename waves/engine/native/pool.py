"""The row of a pool: starts a voice for each note of an event, renders those that sound, steals and ends them."""

from __future__ import annotations

from numba import carray, cfunc, njit

from waves.abi import CONTROL, POOL, ROW, VOICE, WORD, offset
from waves.engine.native.entry import ENTRY
from waves.engine.native.intrinsics import call_run, copy_bytes, floats_at, get, get_float, put, put_float, record_maker
from waves.engine.native.rows import BYTES, FAULTS, OUT, OUTS, QUIET, SINCE, STATUS
from waves.node import BLOCK
from waves.node_types.builtin.voices import EVENTS

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
COUNTERS, COUNTERS_COUNT = (AFTER + offset(POOL, n) for n in ("counters", "counters_count"))
OLD_STATE, OLD_BYTES, OLD_DEFAULT = (AFTER + offset(POOL, n) for n in ("old_state", "old_bytes", "old_default"))
OLD_SEGMENTS, OLD_SEGMENTS_COUNT = (AFTER + offset(POOL, n) for n in ("old_segments", "old_segments_count"))

FRAME, STEP, GATE, BUSY = WORD, WORD * (1 + EVENTS), WORD * (1 + 2 * EVENTS), WORD * (1 + 3 * EVENTS)

voice_at, control_at = record_maker(VOICE), record_maker(CONTROL)
njit_numpy = njit(error_model="numpy")


@njit_numpy
def reset(state, default, segments, count):
    for k in range(count):
        at = get(segments + 16 * k)
        copy_bytes(state + at, default + at, get(segments + 16 * k + 8))


@njit_numpy
def find_slot(row, frame):
    """A slot for one voice more; the oldest is stolen when all may not sound at once."""
    slots, limit = get(row + SLOTS), get(row + VOICES)
    state, size = get(row + STATE), get(row + STATE_BYTES)
    free, oldest, gone, sounding = -1, -1, -1, 0
    for v in range(slots):
        voice = voice_at(state + v * size)
        if voice.active == 0:
            if free < 0:
                free = v
        elif voice.stolen == 0:
            sounding += 1
            if oldest < 0 or voice.age < voice_at(state + oldest * size).age:
                oldest = v
        elif gone < 0 or voice.left < voice_at(state + gone * size).left:
            gone = v
    if sounding >= limit and oldest >= 0:
        voice = voice_at(state + oldest * size)
        voice.stolen = 1
        voice.left = min(voice.left, frame - voice.start)
        gone = oldest if gone < 0 else gone
    if free >= 0:
        return free
    return gone  # more thefts than spare slots within one fade: the one that is most faded


@njit_numpy
def start_voice(row, note, frame, length):
    v = find_slot(row, frame)
    if v < 0:
        return
    control = control_at(get(row + CONTROL_AT))
    state = get(row + STATE) + v * get(row + STATE_BYTES)
    if voice_at(state).active == 0:
        control.active += 1
    reset(state, get(row + DEFAULT), get(row + SEGMENTS), get(row + SEGMENTS_COUNT))
    for k in range(get(row + COUNTERS_COUNT)):
        counter = state + get(get(row + COUNTERS) + WORD * k)
        put(counter + WORD, get(counter))
    if get(row + OLD_STATE) != 0:
        old = get(row + OLD_STATE) + v * get(row + OLD_BYTES)
        reset(old, get(row + OLD_DEFAULT), get(row + OLD_SEGMENTS), get(row + OLD_SEGMENTS_COUNT))
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
    """One voice into the outputs, from where it begins in this block; whether it goes on."""
    state = get(row + STATE) + v * get(row + STATE_BYTES)
    voice = voice_at(state)
    program = get(row + PROGRAM) + v * get(row + PROGRAM_BYTES)
    first = voice.start
    frames = last - first
    put(row + FAULTS, get(row + FAULTS) + call_run(get(row + RUN), program, get(row + PROGRAM_ROWS), first, frames))
    left, fade = voice.left, get(row + FADE)
    for c in range(get(row + OUTS)):
        out = carray(floats_at(get(row + OUT) + 8 * BLOCK * c), (BLOCK,))
        heard = carray(floats_at(get(get(row + OUTPUTS) + WORD * c)), (BLOCK,))
        if left >= frames:
            for i in range(first, last):
                out[i] += heard[i]
        else:
            for i in range(first, last):
                passed = max(i - first - left + 1, 0)
                out[i] += heard[i] * max(1.0 - passed / fade, 0.0)
    voice.start = 0
    voice.left = left - frames
    if get(program + get(row + END)) != 0 or voice.left <= -fade:
        voice.active = 0
    return voice.active != 0


@njit_numpy
def render_pool(row, start, frames):
    for c in range(get(row + OUTS)):
        out = carray(floats_at(get(row + OUT) + 8 * BLOCK * c), (BLOCK,))
        for i in range(start, start + frames):
            out[i] = 0.0
    events, steps = get(row + EVENTS_AT), get(row + STEPS)
    for e in range(get(events)):
        step = get(events + STEP + WORD * e)
        if 0 <= step < steps:
            first = get(row + FIRST) + WORD * step
            for note in range(get(first), get(first + WORD)):
                start_voice(row, note, start + get(events + FRAME + WORD * e), get(events + GATE + WORD * e))
    control = control_at(get(row + CONTROL_AT))
    put(events + BUSY, get(events + BUSY) + control.active)
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
