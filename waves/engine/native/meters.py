"""Measures tracks of the plan that plays, and nodes with `monitor`: peak, energy and last frame of each, in memory
that readers take by turns.

Compiled code on the sound thread. `m` is the address of the shared record, `shared` the same record by its fields, as
`waves.abi` lists them.
"""

from __future__ import annotations

from numba import njit

from waves.abi import LEVEL, METER, MOST_LEVELS, WORD, offset, shared_offset
from waves.engine.native.intrinsics import bits_of, exchange, float_of, get, load, record_maker, store
from waves.engine.native.rows import njit_numpy
from waves.engine.native.signals import WORK, maker

TRACK, SLOT, LEFT, RIGHT = (offset(METER, name) for name in METER)
METER_SIZE = WORD * len(METER)
BANK_SIZE = MOST_LEVELS * LEVEL.itemsize
METERS_BANK, METERING = map(shared_offset, ("meters_bank", "metering"))
LOUDEST = 1e300  # energy of a part of a block that is still a number

level_at, samples_at = record_maker(LEVEL), maker(WORK)


@njit(error_model="numpy", fastmath={"reassoc", "nsz"})  # added in any order: with vector instructions
def level_of(address, first, frames):
    """Sum of the squares of some frames of a buffer, and the bits of their highest absolute value.

    Integers, since a maximum of floats takes no vector instructions: it must not forget NaN.
    """
    buffer = samples_at(address + WORD * first, frames)
    energy, peak = 0.0, 0
    for i in range(frames):
        energy += buffer[i] * buffer[i]
        peak = max(peak, bits_of(abs(buffer[i])))
    return energy, peak


@njit_numpy
def measure(m, shared, meters, count, first, frames):
    """Adds a part of a block, `frames` frames from frame `first` on, to the levels of `count` tracks.

    `meters` is the address of their table. A part that is not finite counts as silence, as it does in the mix.
    """
    if count == 0:
        return
    exchange(m + METERING, 1)  # before the number of the bank is read: whoever exchanges it waits from here on
    bank = shared.meters + BANK_SIZE * load(m + METERS_BANK)
    for _ in range(count):
        level = level_at(bank + get(meters + SLOT))
        if level.track != get(meters + TRACK):
            level.track = get(meters + TRACK)
            level.frames = 0
            level.peak = 0.0
            level.energy = 0.0
            level.last = 0.0
        left, right = get(meters + LEFT), get(meters + RIGHT)
        energy, peak = level_of(left, first, frames)
        if right == left:
            energy += energy
        else:
            energy_right, peak_right = level_of(right, first, frames)
            energy += energy_right
            peak = max(peak, peak_right)
        if energy < LOUDEST:  # false for NaN
            level.energy += energy
            level.peak = max(level.peak, float_of(peak))
            level.last = float_of(get(left + WORD * (first + frames - 1)))
        level.frames += frames
        meters += METER_SIZE
    store(m + METERING, 0)
