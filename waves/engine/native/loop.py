"""The compiled engine: rows of a plan, a block with its commit, PortAudio's callback. Nothing here runs Python."""

from __future__ import annotations

import numpy as np
from numba import carray, cfunc, njit, types

from waves.abi import COPY, COPY_BYTES, MAIL, PLAN, TURN, TURNS, WORD, offset
from waves.dsp.limiter import LIMITER, limit
from waves.engine.native.entry import jit
from waves.engine.native.intrinsics import (
    FLUSH,
    address_of,
    call_block,
    call_run,
    compare_exchange,
    copy_bytes,
    exchange,
    floats_at,
    get,
    get_float,
    get_mode,
    load,
    put,
    put_float,
    record_maker,
    set_mode,
    singles_at,
    store,
)
from waves.engine.native.rows import play
from waves.engine.native.signals import WORK, maker
from waves.node_types.library.signature import BLOCK

RUN = types.int64(*[types.int64] * 4)  # first row, rows, first frame, frames
RENDER = types.int64(*[types.int64] * 3)  # mailbox, where to, frames
PORTAUDIO = types.int32(types.voidptr, types.voidptr, types.uint64, types.voidptr, types.uint64, types.voidptr)

PARENT, FADE, ELAPSED = offset(PLAN, "parent"), offset(PLAN, "fade"), offset(PLAN, "elapsed")
MOVING, SETTLED = offset(PLAN, "moving_rows"), offset(PLAN, "rows")  # each: rows, count, outputs, end
RESTART, AT, BOUNDARY = offset(PLAN, "restart"), offset(PLAN, "at"), offset(PLAN, "boundary")
BEATS, BEATS_FRAME, BPM = offset(PLAN, "beats"), offset(PLAN, "beats_frame"), offset(PLAN, "bpm")
BPM_BEFORE, BEFORE = offset(PLAN, "bpm_before"), offset(PLAN, "before")
COPIES, COPIES_COUNT = offset(PLAN, "copies"), offset(PLAN, "copies_count")

SOURCE, TARGET, COPIED, SEEN = (offset(COPY, name) for name in ("source", "target", "bytes", "seen"))
SOURCE_MASK, SOURCE_COUNTER = offset(COPY, "source_mask"), offset(COPY, "source_counter")
TARGET_MASK, TARGET_COUNTER = offset(COPY, "target_mask"), offset(COPY, "target_counter")
COPY_SIZE = WORD * len(COPY)

PENDING, RETIRED, LOCK = (MAIL.fields[name][1] for name in ("pending", "retired", "lock"))  # type: ignore[index]
CLOCK, RING_WRITTEN = (MAIL.fields[name][1] for name in ("clock", "ring_written"))  # type: ignore[index]
CURRENT, SNAPSHOT = (MAIL.fields[name][1] for name in ("current", "snapshot"))  # type: ignore[index]
INSIDE, RENDERED, TURNED = (MAIL.fields[name][1] for name in ("inside", "rendered", "turns"))  # type: ignore[index]

TOLERANCE = 1e-6  # frames by which a boundary may be early
UNDERFLOW = 4  # of PortAudio's flags

samples_at = maker(WORK)  # no array: it has no reference count to look after
mail_at, limiter_at = record_maker(MAIL), record_maker(LIMITER)
njit_numpy = njit(error_model="numpy")
limit_block = jit(limit)  # type: ignore[arg-type]


@cfunc(types.int64(types.int64, types.int64), error_model="numpy")
def swap(address, value):
    """An atomic exchange, for control's side of the lock."""
    return exchange(address, value)


@cfunc(RUN, error_model="numpy")
def run(rows, count, start, frames):
    """`play` as a C function: it is compiled once, and called by address."""
    try:  # an exception that leaves a C function would take the GIL to print
        return play(rows, count, start, frames)
    except Exception:
        return 1


@njit_numpy
def peak_of(buffers, count):
    """The highest level in some buffers, a table of addresses."""
    peak = 0.0
    for c in range(count):
        buffer = carray(floats_at(get(buffers + WORD * c)), (BLOCK,))
        for i in range(BLOCK):
            peak = max(peak, abs(buffer[i]))
    return peak


@cfunc(types.int64(*[types.int64] * 7), error_model="numpy")
def attempt(run, rows, count, blocks, buffers, channels, peaks):
    """Some blocks of rows that do not play; their faults. `peaks` takes the highest level of each block."""
    mode = get_mode()
    set_mode(mode | FLUSH)
    faults = 0
    try:
        for number in range(blocks):
            faults += call_run(run, rows, count, 0, BLOCK)
            put_float(peaks + WORD * number, peak_of(buffers, channels))
    except Exception:
        faults += 1
    set_mode(mode)
    return faults


@njit_numpy
def adopt(entry, count):
    """State of nodes that run twice or changed their shape, from the record that plays to the next one."""
    for _ in range(count):
        source, target = get(entry + SOURCE), get(entry + TARGET)
        if get(entry) == COPY_BYTES:
            copy_bytes(target, source, get(entry + COPIED))
        else:
            # A ring that was copied when `seen` frames were written: add what came since, and let go what a copy
            # made now would not have, so that it does not matter when the copy was made.
            of, to = get(entry + SOURCE_MASK), get(entry + TARGET_MASK)
            written, seen = get(get(entry + SOURCE_COUNTER)), get(entry + SEEN)
            size = min(of, to) + 1
            for frame in range(seen - size, min(written - size, seen)):
                put(target + 8 * (frame & to), 0)
            for frame in range(max(seen, written - size), written):
                put(target + 8 * (frame & to), get(source + 8 * (frame & of)))
            put(get(entry + TARGET_COUNTER), written)
        entry += COPY_SIZE


@njit_numpy
def moving(plan):
    """Whether a plan is still in its transition."""
    return get(plan + ELAPSED) < get(plan + FADE)


@njit_numpy
def until(plan, mail):
    """Frames from the start of this block to the one at which a plan that waits comes in, BLOCK or more: a later one.

    A tempo that moves is taken to go on as it did in the last block.
    """
    if get(plan + BEATS) == 0:
        return max(get(plan + AT) - mail.clock, 0)
    bpm, each = get_float(get(plan + BPM)), 60.0 * mail.rate
    if not bpm > 0.0:  # the music stands still
        return 0
    change = (bpm - get_float(plan + BPM_BEFORE)) / BLOCK if get(plan + BEFORE) == mail.clock - BLOCK else 0.0
    put_float(plan + BPM_BEFORE, bpm)
    put(plan + BEFORE, mail.clock)
    beats = get_float(get(plan + BEATS)) + (mail.clock - get(get(plan + BEATS_FRAME))) * bpm / each
    left = (get_float(plan + BOUNDARY) - beats) * each - TOLERANCE * bpm
    for frame in range(BLOCK):
        if left <= 0.0:
            return frame
        left -= bpm + change * (frame + 1)
    return BLOCK


@njit_numpy
def due(m, mail):
    """The frame of this block at which a plan that waits comes in, -1: none. The lock is held if there is one."""
    busy = mail.current != 0 and moving(mail.current)
    if busy or load(m + RETIRED) != 0 or load(m + PENDING) == 0 or compare_exchange(m + LOCK, 0, 1) != 0:
        return -1
    plan = load(m + PENDING)
    if plan != 0:
        frame = until(plan, mail)
        if frame < BLOCK:
            return frame
    store(m + LOCK, 0)
    return -1


@njit_numpy
def take(m, mail, frame):
    """The commit, under the lock. A plan that was built upon another than the current is refused."""
    plan = exchange(m + PENDING, 0)
    if get(plan + PARENT) != mail.current:
        mail.refused += 1
        store(m + RETIRED, plan)
        return
    adopt(get(plan + COPIES), get(plan + COPIES_COUNT))
    if get(plan + FADE) > 0:
        put(plan + ELAPSED, -frame)  # a fade counts from the start of a block
    old = mail.current
    mail.taken += 1
    mail.taken_at = mail.clock + frame
    mail.taken_in = mail.rendered
    mail.ended = 0
    if get(plan + RESTART) != 0:
        store(m + CLOCK, 0)
    store(m + CURRENT, plan)  # after the frames of it: who sees the plan may read them
    store(m + RETIRED, old)


@njit_numpy
def controls(m, mail):
    """Gain, ramp, pause and limiter for this block. A change is kept with the block: so a set can be replayed."""
    limiting = mail.limiting
    gain, ramp, paused = mail.gain, mail.ramp, 1.0 if mail.paused != 0 else 0.0
    turned = mail.turned
    last = (mail.turns - 1) % TURNS * len(TURN)
    same = turned[last + 1] == gain and turned[last + 2] == ramp and turned[last + 3] == paused
    if mail.turns == 0 or not same or turned[last + 4] != limiting:
        at = mail.turns % TURNS * len(TURN)
        turned[at] = mail.rendered
        turned[at + 1] = gain
        turned[at + 2] = ramp
        turned[at + 3] = paused
        turned[at + 4] = limiting
        store(m + TURNED, mail.turns + 1)
    return gain, ramp, paused != 0.0, limiting != 0


@njit_numpy
def play_part(mail, mix, first, frames):
    """Some frames of a block by the current plan."""
    plan = mail.current
    if plan == 0:
        for c in range(mail.channels):
            for i in range(first, first + frames):
                mix[c * BLOCK + i] = 0.0
        return
    rows = plan + (MOVING if moving(plan) else SETTLED)
    mail.faults += call_run(mail.run, get(rows), get(rows + 8), first, frames)
    for c in range(mail.channels):
        buffer = carray(floats_at(get(get(rows + 16) + 8 * c)), (BLOCK,))
        for i in range(first, first + frames):
            mix[c * BLOCK + i] = buffer[i]
    over = get(get(rows + 24))
    if over > 0 and mail.ended == 0:
        mail.ended_at = mail.clock + first + frames
    mail.ended = over
    if moving(plan) and first + frames == BLOCK:
        put(plan + ELAPSED, get(plan + ELAPSED) + BLOCK)


@njit_numpy
def render_block(m):
    """One block of all channels into the mix: the plan, the guard, the level, the limiter."""
    mail = mail_at(m)
    channels = mail.channels
    mix = samples_at(mail.mix, channels * BLOCK)
    entries = load(m + SNAPSHOT)
    if entries != 0:
        adopt(entries, mail.snapshot_count)
        store(m + SNAPSHOT, 0)
    gain, ramp, pausing, limiting = controls(m, mail)
    frame = due(m, mail)
    paused = pausing and mail.level == 0.0
    if frame > 0 and not paused:
        play_part(mail, mix, 0, frame)
    if frame >= 0:
        take(m, mail, frame)
        store(m + LOCK, 0)
    if paused:
        for i in range(channels * BLOCK):
            mix[i] = 0.0
    else:
        play_part(mail, mix, max(frame, 0), BLOCK - max(frame, 0))
        target = 0.0 if pausing else gain
        step = max(gain, 1.0) * BLOCK / (ramp * mail.rate)
        level = mail.level + min(max(target - mail.level, -step), step)
        for c in range(channels):
            for i in range(BLOCK):
                value = mix[c * BLOCK + i] * (mail.level + (i + 1) * (level - mail.level) / BLOCK)
                if not abs(value) < 1e6:  # false for NaN: there is no fastmath here
                    value = 0.0
                    mail.overload += 1
                mix[c * BLOCK + i] = value
        mail.level = level
        if mail.current != 0:
            store(m + CLOCK, mail.clock + BLOCK)
    if limiting:
        limit_block(mix, mail.heard, BLOCK, limiter_at(mail.limiter))
    for c in range(channels):
        peak = mail.peaks[c]
        for i in range(BLOCK):
            peak = max(peak, abs(mix[c * BLOCK + i]))
        mail.peaks[c] = peak
    store(m + RENDERED, mail.rendered + BLOCK)


@cfunc(types.int64(types.int64), error_model="numpy")
def block(m):
    """`render_block` as a C function."""
    try:
        render_block(m)
    except Exception:
        return -1
    return 0


@njit_numpy
def interleave(m, to, frames):
    """Frames of all channels, interleaved float64, from wherever the last call stopped."""
    mail = mail_at(m)
    channels = mail.channels
    out = carray(floats_at(to), (frames * channels,))
    mix = samples_at(mail.mix, channels * BLOCK)
    for i in range(frames):
        if mail.left == 0:
            call_block(mail.block, m)
            mail.left = BLOCK
        position = BLOCK - mail.left
        for c in range(channels):
            out[i * channels + c] = mix[c * BLOCK + position]
        mail.left -= 1


@njit_numpy
def answer(m, inputs, output, count, flags):
    """Frames for a device, interleaved float32, the last seconds of them kept in a ring; its input to the live bus."""
    mail = mail_at(m)
    channels, heard, listened = mail.channels, mail.heard, mail.live_channels
    out = carray(singles_at(output), (count * heard,))
    mix = samples_at(mail.mix, channels * BLOCK)
    live = carray(singles_at(inputs), (count * listened,))
    staging = carray(floats_at(mail.live_staging), (listened * BLOCK,))
    ring = carray(singles_at(mail.ring), (mail.ring_frames * channels,))
    mail.calls += 1
    mail.underflows += np.int64((flags // UNDERFLOW) % 2)
    for i in range(count):
        if mail.left == 0:
            copy_bytes(mail.live, mail.live_staging, 8 * BLOCK * listened)
            call_block(mail.block, m)
            mail.left = BLOCK
        position = BLOCK - mail.left
        place = (mail.ring_written % mail.ring_frames) * channels
        for c in range(channels):
            value = np.float32(mix[c * BLOCK + position])
            ring[place + c] = value
            if c < heard:
                out[i * heard + c] = value
        if inputs != 0:
            for c in range(listened):
                staging[c * BLOCK + position] = live[i * listened + c]
        mail.left -= 1
        store(m + RING_WRITTEN, mail.ring_written + 1)


@cfunc(RENDER, error_model="numpy")
def render(m, to, frames):
    """`interleave` as a C function."""
    mode = get_mode()
    set_mode(mode | FLUSH)
    failed = 0
    try:
        interleave(m, to, frames)
    except Exception:
        failed = -1
    set_mode(mode)
    return failed


@cfunc(PORTAUDIO, error_model="numpy")
def callback(inputs, output, frames, time, flags, user):
    """PortAudio's callback: any number of frames; goes on whatever happens."""
    mode = get_mode()
    set_mode(mode | FLUSH)
    failed = 0
    store(address_of(user) + INSIDE, 1)
    try:
        answer(address_of(user), address_of(inputs), address_of(output), np.int64(frames), np.int64(flags))
    except Exception:
        failed = 1
    store(address_of(user) + INSIDE, 0)
    set_mode(mode)
    return 0 * failed  # always 0: another answer would end the stream
