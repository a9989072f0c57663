"""Renders a block of the engine: copies, input events, the commit, the rows of the plan, level and limiter.

Compiled code on the sound thread; without a device on the thread that renders. `m` is the address of the shared record,
`shared` the same record by its fields, as `waves.abi` lists them.
"""

from __future__ import annotations

from numba import carray, types

from waves.abi import (
    GAIN,
    INPUT,
    INPUTS,
    LIMIT,
    LIMITED,
    MUTE,
    PARAMETER,
    PAUSE,
    RAMP,
    SHARED,
    WORD,
    offset,
    shared_offset,
)
from waves.dsp.limiter import LIMITER, limit
from waves.engine.native.commit import (
    ELAPSED,
    FADE,
    LOCK,
    MOVING,
    SETTLED,
    SETTLING,
    SETTLING_COUNT,
    commit,
    commit_frame,
    copy_states,
    moving,
)
from waves.engine.native.entry import engine_function, jit
from waves.engine.native.intrinsics import (
    FLUSH,
    attempt,
    bits_of,
    call_run,
    exchange,
    float_of,
    floats_at,
    get,
    get_float,
    get_mode,
    load,
    put,
    put_float,
    record_maker,
    set_mode,
    store,
)
from waves.engine.native.meters import measure
from waves.engine.native.rows import njit_numpy, play
from waves.engine.native.signals import WORK, maker
from waves.node import BLOCK

RUN = types.int64(*[types.int64] * 4)  # first row, rows, first frame, frames

CLOCK, COPIES, RENDERED = map(shared_offset, ("clock", "copies", "frames_rendered"))
INPUTS_SENT, INPUTS_TAKEN = map(shared_offset, ("inputs_sent", "inputs_taken"))
KIND, TARGET, VALUE, DUE, APPLIED = (offset(INPUT, name) for name in (*INPUT[:3], "frame", "applied"))
INPUT_SIZE = WORD * len(INPUT)

samples_at = maker(WORK)  # unlike an array it has no reference count
attempt_play, attempt_blocks, attempt_block = attempt(4), attempt(7), attempt(1)
shared_at, limiter_at = record_maker(SHARED), record_maker(LIMITER)
limit_block = jit(limit)  # type: ignore[arg-type]


@engine_function(types.int64(types.int64, types.int64))
def swap(address, value):
    """Exchanges a word atomically; the word that was there. Any thread: for the side of control."""
    return exchange(address, value)


@engine_function(RUN)
def run(rows, count, start, frames):
    """`play` as a C function, compiled once and called by address; how many rows failed."""
    # An exception that leaves a C function would take the GIL to be printed.
    return abs(attempt_play(play, rows, count, start, frames))


@njit_numpy
def peak_of(buffers, count):
    """Highest absolute value in `count` buffers of a block; `buffers` is a table of their addresses."""
    peak = 0.0
    for c in range(count):
        buffer = carray(floats_at(get(buffers + WORD * c)), (BLOCK,))
        for i in range(BLOCK):
            peak = max(peak, abs(buffer[i]))
    return peak


@njit_numpy
def play_blocks(run, rows, count, blocks, buffers, channels, peaks):
    """Plays blocks of rows one after another, as `trial_blocks` describes; how many rows failed."""
    faults = 0
    for number in range(blocks):
        faults += call_run(run, rows, count, 0, BLOCK)
        put_float(peaks + WORD * number, peak_of(buffers, channels))
    return faults


@engine_function(types.int64(*[types.int64] * 7))
def trial_blocks(run, rows, count, blocks, buffers, channels, peaks):
    """Renders blocks of rows that do not play, for a trial; how many rows failed.

    `buffers` is a table of `channels` addresses, `peaks` gets the highest level in them, one float64 for each block.
    Build thread.
    """
    mode = get_mode()
    set_mode(mode | FLUSH)
    faults = attempt_blocks(play_blocks, run, rows, count, blocks, buffers, channels, peaks)
    set_mode(mode)
    return abs(faults)


@njit_numpy
def apply_inputs(m, shared):
    """Applies the input events that are due in this block, in the order in which they were sent.

    The first frame of the block is written to each, so that a session can be replayed. A new kind of event with
    one number is one name in `abi.INPUT_KINDS`, its constant there, and one branch here.
    """
    sent = load(m + INPUTS_SENT)
    waits = sent  # the first event that is not due yet
    for number in range(shared.inputs_taken, sent):
        event = shared.inputs + INPUT_SIZE * (number % INPUTS)
        if get(event + APPLIED) >= 0:
            continue
        if get(event + DUE) >= shared.frames_rendered + BLOCK:
            waits = min(waits, number)
            continue
        kind, value = get(event + KIND), get_float(event + VALUE)
        if kind == PAUSE:
            shared.paused = int(value)
        elif kind == MUTE:
            shared.muted = int(value)
        elif kind == GAIN:
            shared.gain = value
        elif kind == RAMP:
            shared.ramp = value
        elif kind == LIMIT:
            shared.limiting = int(value)
        elif kind == PARAMETER:
            put_float(get(event + TARGET), value)
        store(event + APPLIED, shared.frames_rendered)
    store(m + INPUTS_TAKEN, waits)


@njit_numpy
def settle(plan):
    """Ends the transition of a plan: its settled rows play from now on."""
    put(plan + ELAPSED, max(get(plan + ELAPSED), get(plan + FADE)))
    copy_states(get(plan + SETTLING), get(plan + SETTLING_COUNT))


@njit_numpy
def play_part(m, shared, mix, first, frames):
    """Plays the current plan for `frames` frames of a block from frame `first` on; silence without a plan."""
    plan = shared.current
    if plan == 0:
        for c in range(shared.channels):
            for i in range(first, first + frames):
                mix[c * BLOCK + i] = 0.0
        return
    rows = plan + (MOVING if moving(plan) else SETTLED)
    shared.faults += call_run(shared.run, get(rows), get(rows + 8), first, frames)
    for c in range(shared.channels):
        buffer = carray(floats_at(get(get(rows + 16) + 8 * c)), (BLOCK,))
        for i in range(first, first + frames):
            mix[c * BLOCK + i] = buffer[i]
    measure(m, shared, get(rows + 32), get(rows + 40), first, frames)
    if first + frames < BLOCK:  # rows end with a block
        return
    over = get(get(rows + 24))
    if over > 0 and shared.ended == 0:
        shared.ended_at = shared.clock + BLOCK
    shared.ended = over
    if moving(plan):
        put(plan + ELAPSED, get(plan + ELAPSED) + BLOCK)
        if not moving(plan):
            settle(plan)


@njit_numpy
def render_block(m):
    """Renders one block of all channels into the mix.

    In this order: copies for a snapshot, input events, the plan that plays up to the frame of a commit, the commit, the
    plan that plays then, pause and level, samples that are not finite or above 1e6 replaced by 0, the limiter.
    """
    shared = shared_at(m)
    channels = shared.channels
    mix = samples_at(shared.mix, channels * BLOCK)
    entries = load(m + COPIES)
    if entries != 0:
        copy_states(entries, shared.copies_count)
        store(m + COPIES, 0)
    apply_inputs(m, shared)
    frame = commit_frame(m, shared)
    paused = shared.paused != 0 and shared.level == 0.0
    if frame > 0 and not paused:
        play_part(m, shared, mix, 0, frame)
    if frame >= 0:
        commit(m, shared, frame)
        store(m + LOCK, 0)
    if paused:
        for i in range(channels * BLOCK):
            mix[i] = 0.0
        if shared.current != 0 and moving(shared.current):  # nobody hears it, and the next save need not wait
            settle(shared.current)
    else:
        play_part(m, shared, mix, max(frame, 0), BLOCK - max(frame, 0))
        target = 0.0 if shared.paused != 0 or shared.muted != 0 else shared.gain
        step = max(shared.gain, 1.0) * BLOCK / (shared.ramp * shared.rate)
        level = shared.level + min(max(target - shared.level, -step), step)
        before, wrong = shared.level, 0
        for k in range(channels):
            channel = samples_at(shared.mix + WORD * BLOCK * k, BLOCK)
            for i in range(BLOCK):
                value = channel[i] * (before + (i + 1) * (level - before) / BLOCK)
                fine = abs(value) < 1e6  # false for NaN: there is no fastmath here
                channel[i] = value if fine else 0.0
                wrong += 0 if fine else 1
        shared.overloads += wrong
        shared.level = level
        if shared.current != 0:
            store(m + CLOCK, shared.clock + BLOCK)
    if shared.limiting != 0:
        limit_block(mix, shared.main_channels, BLOCK, limiter_at(shared.limiter))
        gain = limiter_at(shared.limiter).gain
        if gain < shared.least_gain:
            shared.least_gain = gain
        shared.limited_blocks += 1 if gain < LIMITED else 0
    peaks = samples_at(shared.peaks, channels)
    for c in range(channels):
        channel, peak = samples_at(shared.mix + WORD * BLOCK * c, BLOCK), bits_of(peaks[c])
        for i in range(BLOCK):  # none is NaN
            peak = max(peak, bits_of(abs(channel[i])))
        peaks[c] = float_of(peak)
    store(m + RENDERED, shared.frames_rendered + BLOCK)


@engine_function(types.int64(types.int64))
def block(m):
    """`render_block` as a C function; -1 after a failure."""
    return attempt_block(render_block, m)
