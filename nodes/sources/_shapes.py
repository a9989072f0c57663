"""Triangle, square and saw of a phase that moves in any way, with steps and corners of minimum phase.

`work` holds the phases in turns from 0 on, those less the width from `FALL` on, each behind `BEFORE` earlier ones; what
smooths the edges from `SUMS` on; and from `SHARES` on how much is smoothed in each frame, nothing where all is slow.
"""

from waves.dsp.maths import clip, finite, floor, increment, rint, turn, turns
from waves.dsp.minblep import BEFORE, LATE, LONGEST, add_edges
from waves.node import BLOCK

FALL = 2 * BLOCK
SUMS = 4 * BLOCK
SHARES = 6 * BLOCK
GRID = 2.0**40  # steps of a width in a turn, so that sums are exact


def gather(out, freq, phase, pulse_width, sharp, state, rate, work):
    """Writes the phases of the block, and of the frames before, in which it stood still if nothing played them."""
    size = out.size
    for i in range(size):
        work[BEFORE + i] = out[i] + turns(phase[i])
        work[FALL + BEFORE + i] = work[BEFORE + i] - rint(clip(pulse_width[i], 0.0, 1.0) * GRID) / GRID
    for k in range(BEFORE):
        if state.known == state.elapsed:
            work[k] = state.rises[k]
            work[FALL + k] = state.falls[k]
        else:
            work[k] = work[BEFORE]
            work[FALL + k] = work[FALL + BEFORE]
    for i in range(size):
        pace = max(abs(increment(freq[i], rate)), abs(work[BEFORE + i] - work[BEFORE + i - LATE]) / LATE)
        work[SHARES + i] = clip(pace / sharp - 1.0, 0.0, 1.0)
    for k in range(LONGEST):
        work[SUMS + k] = state.sums[k] if state.known == state.elapsed else 0.0
    for k in range(LONGEST, size + LONGEST):
        work[SUMS + k] = 0.0


def keep(size, turned, state, work):
    """Keeps what the next block needs, its phases without the whole turns that are over."""
    for k in range(BEFORE):
        state.rises[k] = work[size + k] - turned
        state.falls[k] = work[FALL + size + k] - turned
    for k in range(LONGEST):
        state.sums[k] = finite(work[SUMS + size + k], 0.0)
    state.known = state.elapsed + size


def saw(out, sign, work):
    """Writes a saw for the phases in `work`, rising for sign 1 and falling for -1, between its steps."""
    for i in range(out.size):
        x = late(work, i) + 0.5
        out[i] = sign * (2.0 * (x - floor(work[BEFORE + i] + 0.5)) - 1.0)


def square(out, work):
    """Writes a square wave, in the same way."""
    for i in range(out.size):
        out[i] = 2.0 * (floor(work[BEFORE + i]) - floor(work[FALL + BEFORE + i])) - 1.0


def triangle(out, work):
    """Writes a triangle, in the same way."""
    for i in range(out.size):
        out[i] = 1.0 - 4.0 * abs(turn(late(work, i) + 0.25) - 0.5)


def late(work, i):
    """The phase of some frames ago; where nothing is smoothed the present one."""
    now = work[BEFORE + i]
    return now - work[SHARES + i] * (now - work[BEFORE + i - LATE])


def smooth(size, places, scale, shift, height, corners, table, work):
    """Smooths the edges where the phases from `places` on, scaled and shifted, are whole numbers."""
    for k in range(BEFORE + size):
        work[places + k] = scale * work[places + k] + shift
    add_edges(work, places, size, SHARES, SUMS, table, height, corners)
    for k in range(BEFORE + size):
        work[places + k] = (work[places + k] - shift) / scale
