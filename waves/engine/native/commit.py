"""Commits a plan between two frames: finds the frame, copies states, and exchanges the plans.

Compiled code on the sound thread. Addresses are int64; `m` is that of the shared record, `shared` the same record by
its fields, and the words of plans and copies are those of `waves.abi`.
"""

from __future__ import annotations

from waves.abi import (
    COPY,
    COPY_AS_FLOATS,
    COPY_AS_INTS,
    COPY_BYTES,
    COPY_END,
    COPY_PAGES,
    COPY_SEAM,
    PLAN,
    WORD,
    offset,
    shared_offset,
)
from waves.engine.native.intrinsics import (
    compare_exchange,
    copy_bytes,
    exchange,
    get,
    get_float,
    load,
    put,
    put_float,
    store,
)
from waves.engine.native.rows import njit_numpy
from waves.node import BLOCK
from waves.node_types.library.machine_types import PAGE

PARENT, FADE, ELAPSED = offset(PLAN, "parent"), offset(PLAN, "fade"), offset(PLAN, "elapsed")
MOVING, SETTLED = offset(PLAN, "moving_rows"), offset(PLAN, "rows")  # each: rows, count, outputs, end, meters
RESTART, AT, BOUNDARY = offset(PLAN, "restart"), offset(PLAN, "at"), offset(PLAN, "boundary")
GRID = offset(PLAN, "grid")
BEATS, BEATS_FRAME, BPM = offset(PLAN, "beats"), offset(PLAN, "beats_frame"), offset(PLAN, "bpm")
BPM_BEFORE, BEFORE = offset(PLAN, "bpm_before"), offset(PLAN, "before")
COPIES, COPIES_COUNT = offset(PLAN, "copies"), offset(PLAN, "copies_count")
SETTLING, SETTLING_COUNT = offset(PLAN, "settling"), offset(PLAN, "settling_count")

SOURCE, TARGET, COPIED, SEEN = (offset(COPY, name) for name in ("source", "target", "bytes", "seen"))
SOURCE_MASK, SOURCE_COUNTER = offset(COPY, "source_mask"), offset(COPY, "source_counter")
TARGET_MASK, TARGET_COUNTER = offset(COPY, "target_mask"), offset(COPY, "target_counter")
COPY_SIZE = WORD * len(COPY)

PENDING, RETIRED, LOCK, CLOCK, CURRENT = map(shared_offset, ("pending", "retired", "lock", "clock", "current"))

TOLERANCE = 1e-6  # frames by which a commit may be before its beat
EXACT = 2**53  # whole numbers up to here have a float64 of their own
LONGEST_SEAM = 4096  # frames in which the old content of a ring fades out at most: the sound thread does it at once


@njit_numpy
def convert_numbers(entry):
    """Copies int64 to float64 or back; a number that the other type cannot have is left out."""
    source, target = get(entry + SOURCE), get(entry + TARGET)
    for at in range(0, get(entry + COPIED), WORD):
        if get(entry) == COPY_AS_FLOATS:
            whole = get(source + at)
            if -EXACT <= whole <= EXACT:
                put_float(target + at, float(whole))
        else:
            number = get_float(source + at)
            if -EXACT <= number <= EXACT and number == int(number):
                put(target + at, int(number))


@njit_numpy
def make_seam(entry):
    """Makes a seam in a ring buffer whose next frame does not go on from the last one: both meet at 0.

    The last frames fade out in place, and what is written fades in. Where the same row writes to another ring too, as
    it did before, what is written fades over from that. `seam_words` lists the words after the counter.
    """
    data, mask, counter = get(entry + TARGET), get(entry + TARGET_MASK), get(entry + TARGET_COUNTER)
    written, frames = get(counter), get(entry + SEEN)
    if get(entry + SOURCE) == 0:
        length = min(frames, LONGEST_SEAM, mask + 1)
        for age in range(min(length, written - get(counter + WORD))):
            place = data + 8 * ((written - 1 - age) & mask)
            put_float(place, get_float(place) * age / length)
    put(counter + 2 * WORD, written + frames)
    put_float(counter + 3 * WORD, 1.0 / frames)
    put(counter + 4 * WORD, get(entry + SOURCE))
    put(counter + 5 * WORD, get(entry + SOURCE_MASK))


@njit_numpy
def fade_end(entry):
    """Fades in the oldest frames of a ring buffer that was copied from a shorter one: before them there is silence.

    Where the shorter ring was not full, its oldest frame is the first that was written, and stays as it is.
    """
    data, mask, counter = get(entry + TARGET), get(entry + TARGET_MASK), get(entry + TARGET_COUNTER)
    oldest = get(counter) - get(entry + SOURCE_MASK) - 1
    length = min(get(entry + SEEN), LONGEST_SEAM, get(entry + SOURCE_MASK) + 1)
    if oldest > get(counter + WORD):
        for k in range(length):
            place = data + 8 * ((oldest + k) & mask)
            put_float(place, get_float(place) * k / length)


@njit_numpy
def copy_pages(entry):
    """Copies the pages of a buffer that were written in the block `seen` or later; of the shorter one's size."""
    source, target, seen = get(entry + SOURCE), get(entry + TARGET), get(entry + SEEN)
    of, to = get(entry + SOURCE_COUNTER), get(entry + TARGET_COUNTER)
    size = min(get(entry + SOURCE_MASK), get(entry + TARGET_MASK))
    for first in range(0, size, PAGE):
        page = WORD * (first // PAGE)
        if get(of + page) >= seen:
            copy_bytes(target + WORD * first, source + WORD * first, WORD * min(PAGE, size - first))
            put(to + page, get(of + page))


@njit_numpy
def copy_ring(entry):
    """Copies what was written to a ring buffer since it was copied, when `seen` frames were in it; 0: it was not.

    Frames that a copy made now would not have are cleared, so the result does not depend on when the copy was made.
    What was written before the note of a voice began is left out: it is read as silence.
    """
    source, target, seen = get(entry + SOURCE), get(entry + TARGET), get(entry + SEEN)
    of, to, counter = get(entry + SOURCE_MASK), get(entry + TARGET_MASK), get(entry + SOURCE_COUNTER)
    written, size = get(counter), min(of, to) + 1
    if seen > 0:
        for frame in range(seen - size, min(written - size, seen)):
            put(target + 8 * (frame & to), 0)
    for frame in range(max(seen, written - size, get(counter + WORD)), written):
        put(target + 8 * (frame & to), get(source + 8 * (frame & of)))
    put(get(entry + TARGET_COUNTER), written)


@njit_numpy
def copy_states(entry, count):
    """Makes `count` copies, the first at address `entry`: of records, and of what was written to a ring buffer since.

    For nodes that run twice or whose state has other fields in the next plan, for the ends of rows and seams after a
    transition, and for snapshots.
    """
    for _ in range(count):
        source, target = get(entry + SOURCE), get(entry + TARGET)
        if get(entry) == COPY_BYTES:
            copy_bytes(target, source, get(entry + COPIED))
        elif get(entry) == COPY_SEAM:
            make_seam(entry)
        elif get(entry) == COPY_END:
            fade_end(entry)
        elif get(entry) == COPY_PAGES:
            copy_pages(entry)
        elif get(entry) == COPY_AS_FLOATS or get(entry) == COPY_AS_INTS:
            convert_numbers(entry)
        else:
            copy_ring(entry)
        entry += COPY_SIZE


@njit_numpy
def moving(plan):
    """Whether a plan is in its transition."""
    return get(plan + ELAPSED) < get(plan + FADE)


@njit_numpy
def frames_until(plan, shared):
    """Frames from the start of this block to the commit of a waiting plan; BLOCK or more: in a later block.

    A tempo that moves is expected to change in this block as it did in the last one.
    """
    if get(plan + BEATS) == 0:
        return max(get(plan + AT) - shared.clock, 0)
    bpm, each = get_float(get(plan + BPM)), 60.0 * shared.rate
    if not bpm > 0.0:  # the transport stands still
        return 0
    change = (bpm - get_float(plan + BPM_BEFORE)) / BLOCK if get(plan + BEFORE) == shared.clock - BLOCK else 0.0
    put_float(plan + BPM_BEFORE, bpm)
    put(plan + BEFORE, shared.clock)
    beats = get_float(get(plan + BEATS)) + (shared.clock - get(get(plan + BEATS_FRAME))) * bpm / each
    left = (get_float(plan + BOUNDARY) - beats) * each - TOLERANCE * bpm
    for frame in range(BLOCK):
        if left <= 0.0:
            return frame
        left -= bpm + change * (frame + 1)
    return BLOCK


@njit_numpy
def commit_frame(m, shared):
    """The frame of this block at which a waiting plan is committed, the lock held from here on; -1: none.

    It is the one that the plan waits for; where slow values play, the step before it.
    """
    busy = shared.current != 0 and moving(shared.current)
    if busy or load(m + RETIRED) != 0 or load(m + PENDING) == 0 or compare_exchange(m + LOCK, 0, 1) != 0:
        return -1
    plan = load(m + PENDING)
    if plan != 0:
        frame = frames_until(plan, shared)
        if frame < BLOCK:
            return frame - frame % get(plan + GRID)
    store(m + LOCK, 0)
    return -1


@njit_numpy
def commit(m, shared, frame):
    """Makes the waiting plan the current one, at `frame` of the block and under the lock.

    A plan that was built upon another than the current one is refused. The plan that is replaced is left to be freed.
    """
    plan = exchange(m + PENDING, 0)
    if get(plan + PARENT) != shared.current:
        shared.refusals += 1
        store(m + RETIRED, plan)
        return
    copy_states(get(plan + COPIES), get(plan + COPIES_COUNT))
    if get(plan + FADE) > 0:
        put(plan + ELAPSED, -frame)  # counted from the start of a block
    old = shared.current
    shared.commits += 1
    shared.committed_at = shared.clock + frame
    shared.committed_in = shared.frames_rendered
    shared.ended = 0
    if get(plan + RESTART) != 0:
        store(m + CLOCK, 0)
    store(m + CURRENT, plan)  # last: whoever sees the plan finds the frames of its commit
    store(m + RETIRED, old)
