"""Triangle, square and saw whose phase or width moves: the slope and the bend of both place each step.

`work` holds the phases that are added, in turns, from 0 on, and the widths, in cycles, from `WIDTHS` on: `HISTORY`
frames from before the block, then those of the block.
"""

from waves.dsp.edges import bent_edge, triangle
from waves.dsp.maths import clip, finite, increment, rint, turn, turns
from waves.node import BLOCK

HISTORY = 5  # frames of a signal that are kept: `drift` reads them and the present one
WIDTHS = 2 * BLOCK  # place of the widths in the scratch memory
SMOOTH = 0.9  # part of the change, or of its change, that the next higher difference may reach


def moved_triangle(out, freq, work, sharp, rate):
    """Writes a triangle for the phases in `out`, with those that `work` adds, and their slope."""
    for i in range(out.size):
        slope, _ = drift(work, i)
        step = abs(clip(increment(freq[i], rate) + slope, -0.5, 0.5))
        p = turn(out[i] + work[HISTORY + i] + 0.25)
        out[i] = triangle(p, step, sharp)


def moved_square(out, freq, work, sharp, rate):
    """Writes a square wave, in the same way; the step down moves with the width as well."""
    for i in range(out.size):
        step = increment(freq[i], rate)
        slope, bend = drift(work, i)
        wider, widening = drift(work, WIDTHS + i)
        p = turn(out[i] + work[HISTORY + i])
        width = work[WIDTHS + HISTORY + i]
        up = clip(step + slope, -0.5, 0.5)
        down = clip(step + slope - wider, -0.5, 0.5)
        x = 1.0 if p < width else -1.0
        x += 2.0 * bent_edge(p, up, bend) if abs(up) > sharp else 0.0
        x -= 2.0 * bent_edge(turn(p - width), down, bend - widening) if abs(down) > sharp else 0.0
        out[i] = clip(x, -1.0, 1.0)


def moved_saw(out, freq, work, sign, sharp, rate):
    """Writes a saw, in the same way, rising for sign 1 and falling for -1."""
    for i in range(out.size):
        slope, bend = drift(work, i)
        step = clip(increment(freq[i], rate) + slope, -0.5, 0.5)
        p = turn(out[i] + work[HISTORY + i] + 0.5)
        x = 2.0 * p - 1.0 - (2.0 * bent_edge(p, step, bend) if abs(step) > sharp else 0.0)
        out[i] = sign * clip(x, -1.0, 1.0)


def moves(signal, size, before, begin):
    """Whether a signal moves in this block, or did in the frames before."""
    if begin == 0:
        for k in range(HISTORY):
            before[k] = finite(signal[0], 0.0)
    still = True
    for k in range(HISTORY):
        still &= before[k] == signal[0]
    for i in range(size):
        still &= signal[i] == signal[0]
    return not still


def gather(phase, pulse_width, size, state, work):
    """Writes phases and widths to `work`, and keeps the last frames of both."""
    for k in range(HISTORY):
        work[k] = turns(state.phases[k])
        work[WIDTHS + k] = clip(state.widths[k], 0.0, 1.0)
    for i in range(size):
        work[HISTORY + i] = turns(phase[i])
        work[WIDTHS + HISTORY + i] = clip(pulse_width[i], 0.0, 1.0)
    remember(phase, size, state.phases)
    remember(pulse_width, size, state.widths)


def remember(signal, size, before):
    """Keeps the last frames of a signal."""
    for k in range(HISTORY):
        i = size - HISTORY + k
        before[k] = finite(signal[i], 0.0) if i >= 0 else before[k + size]


def drift(work, k):
    """Change per frame, and the change of that, of what `work` holds from `k` on, at its last frame; 0 after a jump."""
    a = nearest(work[k + 1] - work[k])
    b = nearest(work[k + 2] - work[k + 1])
    c = nearest(work[k + 3] - work[k + 2])
    d = nearest(work[k + 4] - work[k + 3])
    e = nearest(work[k + 5] - work[k + 4])
    smooth = follows(a, b, c) & follows(b, c, d) & follows(c, d, e)
    return (e + 0.5 * (e - d) if smooth else 0.0), (e - d if smooth else 0.0)


def follows(a, b, c):
    """Whether the last of three changes could be told from the others."""
    return abs(c - b - (b - a)) <= SMOOTH * max(abs(c), abs(c - b))


def nearest(turns):
    """The shortest way between two phases, at most half a turn."""
    return turns - rint(turns)
