"""Gives out frames: PortAudio's callback; without a device `render`, and `lane` for a part of a piece. Compiled code.

`m` is the address of the shared record, `shared` the same record by its fields, as `waves.abi` lists them.
"""

from __future__ import annotations

import ctypes

import numpy as np
from numba import carray, types

from waves.abi import WORD, shared_offset
from waves.engine.native.commit import LOCK, commit, commit_frame
from waves.engine.native.entry import engine_function
from waves.engine.native.intrinsics import (
    FLUSH,
    address_of,
    attempt,
    call_block,
    copy_bytes,
    floats_at,
    get,
    get_mode,
    put,
    put_float,
    set_mode,
    singles_at,
    store,
)
from waves.engine.native.loop import CLOCK, RENDERED, play_part, samples_at, shared_at
from waves.engine.native.rows import njit_numpy
from waves.node import BLOCK

RENDER = types.int64(*[types.int64] * 3)  # addresses of the shared record and of the output, frames
LONG = types.uint64 if ctypes.sizeof(ctypes.c_ulong) == 8 else types.uint32  # C's unsigned long: 32 bits on Windows
PORTAUDIO = types.int32(types.voidptr, types.voidptr, LONG, types.voidptr, LONG, types.voidptr)

INSIDE, RING_WRITTEN = map(shared_offset, ("inside", "ring_written"))
attempt_render, attempt_output, attempt_lane = attempt(3), attempt(5), attempt(7)
UNDERFLOW = 4  # of PortAudio's flags


@njit_numpy
def interleave(m, to, frames):
    """Writes the next frames of all channels to address `to`, interleaved float64."""
    shared = shared_at(m)
    channels = shared.channels
    out = carray(floats_at(to), (frames * channels,))
    mix = samples_at(shared.mix, channels * BLOCK)
    done = 0
    while done < frames:
        if shared.frames_left == 0:
            call_block(shared.block, m)
            shared.frames_left = BLOCK
        position, count = BLOCK - shared.frames_left, min(shared.frames_left, frames - done)
        for c in range(channels):
            for i in range(count):
                out[(done + i) * channels + c] = mix[c * BLOCK + position + i]
        shared.frames_left -= count
        done += count


@njit_numpy
def fill_output(m, inputs, output, count, flags):
    """Writes the next `count` frames for a device, interleaved float32, and keeps them in the ring of past output.

    `inputs` and `output` are the device's buffers (0: no input), `flags` those of PortAudio. The rows read
    the input a block later.
    """
    shared = shared_at(m)
    channels, main_channels, live_channels = shared.channels, shared.main_channels, shared.live_channels
    out = carray(singles_at(output), (count * main_channels,))
    mix = samples_at(shared.mix, channels * BLOCK)
    live = carray(singles_at(inputs), (count * live_channels,))
    staging = carray(floats_at(shared.live_staging), (live_channels * BLOCK,))
    ring = carray(singles_at(shared.ring), (shared.ring_frames * channels,))
    shared.calls += 1
    shared.underflows += np.int64((flags // UNDERFLOW) % 2)
    done = 0
    while done < count:
        if shared.frames_left == 0:
            copy_bytes(shared.live, shared.live_staging, 8 * BLOCK * live_channels)
            call_block(shared.block, m)
            shared.frames_left = BLOCK
        position, place = BLOCK - shared.frames_left, shared.ring_written % shared.ring_frames
        part = min(shared.frames_left, count - done, shared.ring_frames - place)
        for c in range(channels):
            for i in range(part):
                ring[(place + i) * channels + c] = np.float32(mix[c * BLOCK + position + i])
        for c in range(main_channels):
            for i in range(part):
                out[(done + i) * main_channels + c] = np.float32(mix[c * BLOCK + position + i])
        if inputs != 0:
            for c in range(live_channels):
                for i in range(part):
                    staging[c * BLOCK + position + i] = live[(done + i) * live_channels + c]
        shared.frames_left -= part
        done += part
        store(m + RING_WRITTEN, shared.ring_written + part)


@engine_function(RENDER)
def render(m, to, frames):
    """`interleave` as a C function; -1 after a failure. On the thread that renders, without a device."""
    mode = get_mode()
    set_mode(mode | FLUSH)
    failed = attempt_render(interleave, m, to, frames)
    set_mode(mode)
    return failed


@engine_function(PORTAUDIO)
def callback(inputs, output, frames, time, flags, user):
    """PortAudio's callback, on the sound thread. It goes on after a failure."""
    mode = get_mode()
    set_mode(mode | FLUSH)
    m = address_of(user)
    store(m + INSIDE, 1)
    failed = attempt_output(fill_output, m, address_of(inputs), address_of(output), np.int64(frames), np.int64(flags))
    store(m + INSIDE, 0)
    set_mode(mode)
    return 0 * failed  # always 0: another number would end the stream


@njit_numpy
def play_lane(m, blocks, place, frames, ends, into, ended):
    """Plays blocks of the plan, and writes its outputs behind each other, as `lane` describes; 0."""
    shared = shared_at(m)
    channels = shared.channels
    mix = samples_at(shared.mix, channels * BLOCK)
    for block in range(blocks):
        frame = commit_frame(m, shared)
        if frame >= 0:
            commit(m, shared, frame)
            store(m + LOCK, 0)
        play_part(m, shared, mix, 0, BLOCK)
        first = place + block * BLOCK
        for c in range(channels):
            for i in range(BLOCK):
                put_float(into + WORD * (c * frames + first + i), mix[c * BLOCK + i])
            put(ended + WORD * ((c * frames + first) // BLOCK), get(get(ends + WORD * c)))
        store(m + CLOCK, shared.clock + BLOCK)
        store(m + RENDERED, shared.frames_rendered + BLOCK)
    return 0


@engine_function(types.int64(*[types.int64] * 7))
def lane(m, blocks, place, frames, ends, into, ended):
    """Plays `blocks` blocks, without volume, pause and limiter; not 0 after a failure.

    Output c goes to `into`, float64 of shape (channels, frames), from frame `place` on. `ends` is a table of the
    addresses of the status words of the rows that give the outputs; what they are after each block goes to `ended`,
    int64 of shape (channels, frames / BLOCK).
    """
    mode = get_mode()
    set_mode(mode | FLUSH)
    failed = attempt_lane(play_lane, m, blocks, place, frames, ends, into, ended)
    set_mode(mode)
    return failed
