"""The delay lines of a reverb in one memory, sixteen at a time, and what happens to a block between them.

A line of `size` frames, a whole number of blocks, takes `size` + `BLOCK` numbers: its first block stands behind it too.
"""

from waves.dsp.filters.one_pole import highpass, lowpass_coefficient
from waves.dsp.filters.state_variable import corner_coefficient, state_variable
from waves.dsp.windows import hann
from waves.node import BLOCK

LINES = 16
HOLD, SHARE, SLOW, PLACE = 16, 17, 18, 22  # rows of the working memory, behind those of the lines
ROWS = PLACE + 1
BRIGHT, DEEP = 5000.0, 120.0  # Hz, bounds of what is raised by an octave


def where(line, size, at, age):
    """The place in the memory of the frame that was written to a delay line so many frames ago."""
    return line + at - age + (size if at < age else 0)


def blend(memory, spare, place, other, work, count):
    """Frames of a delay line on their way from one place to another; they are put into the spare block."""
    old, young, made = memory.part(place, count), memory.part(other, count), memory.edit(spare, count)
    for i in range(count):
        made[i] = old[i] + work[SHARE * BLOCK + i] * (young[i] - old[i])
    return spare


def repeat(memory, begin, lines, size, at, count):
    """Writes the first block of delay lines behind their ends too, so that no read has to wrap."""
    if at < BLOCK:
        for k in range(lines):
            place = begin + k * (size + BLOCK) + at
            written, again = memory.part(place, count), memory.edit(place + size, count)
            for i in range(count):
                again[i] = written[i]


def reflect(a, b, c, d):
    """Each of four into all: a Householder reflection, which loses no energy."""
    half = 0.5 * (a + b + c + d)
    return a - half, b - half, c - half, d - half


def gather(memory, work, count):
    """Reads sixteen delay lines and reflects each four that are side by side."""
    for k in range(0, LINES, 4):
        at = PLACE * BLOCK + k
        a, b = memory.part(int(work[at]), count), memory.part(int(work[at + 1]), count)
        c, d = memory.part(int(work[at + 2]), count), memory.part(int(work[at + 3]), count)
        at = k * BLOCK
        for i in range(count):
            w, x, y, z = reflect(a[i], b[i], c[i], d[i])
            work[at + i] = w
            work[at + BLOCK + i] = x
            work[at + 2 * BLOCK + i] = y
            work[at + 3 * BLOCK + i] = z


def spread(memory, begin, step, work, count):
    """Reflects each four that are four apart, and writes sixteen delay lines."""
    for k in range(4):
        a, b = memory.edit(begin + k * step, count), memory.edit(begin + (k + 4) * step, count)
        c, d = memory.edit(begin + (k + 8) * step, count), memory.edit(begin + (k + 12) * step, count)
        at = k * BLOCK
        for i in range(count):
            w, x, y, z = reflect(
                work[at + i], work[at + 4 * BLOCK + i], work[at + 8 * BLOCK + i], work[at + 12 * BLOCK + i]
            )
            a[i] = w
            b[i] = x
            c[i] = y
            d[i] = z


def lose(memory, work, lows, highs, poles, low, first, count):
    """Reads the lines with the loss of a pass, and reflects each four that are side by side.

    The loss is a lowpass of one pole, and the part of all that the treble keeps; there is none where it is frozen.
    """
    for k in range(0, LINES, 4):  # four recursions at a time
        at = PLACE * BLOCK + k
        a, b = memory.part(int(work[at]), count), memory.part(int(work[at + 1]), count)
        c, d = memory.part(int(work[at + 2]), count), memory.part(int(work[at + 3]), count)
        w, x, y, z = low[k], low[k + 1], low[k + 2], low[k + 3]
        at = SLOW * BLOCK
        for i in range(count):
            pole = poles[first + i]
            p, q, r, s = pole * (a[i] - w), pole * (b[i] - x), pole * (c[i] - y), pole * (d[i] - z)
            work[at + i] = w + 0.5 * p
            work[at + BLOCK + i] = x + 0.5 * q
            work[at + 2 * BLOCK + i] = y + 0.5 * r
            work[at + 3 * BLOCK + i] = z + 0.5 * s
            w, x, y, z = w + p, x + q, y + r, z + s
        low[k], low[k + 1], low[k + 2], low[k + 3] = w, x, y, z
        low_a, low_b, low_c, low_d = lows[k], lows[k + 1], lows[k + 2], lows[k + 3]
        high_a, high_b, high_c, high_d = highs[k], highs[k + 1], highs[k + 2], highs[k + 3]
        to = k * BLOCK
        for i in range(count):
            free = 1.0 - work[HOLD * BLOCK + i]
            w, x, y, z = reflect(
                shelf(a[i], work[at + i], low_a[first + i], high_a[first + i], free),
                shelf(b[i], work[at + BLOCK + i], low_b[first + i], high_b[first + i], free),
                shelf(c[i], work[at + 2 * BLOCK + i], low_c[first + i], high_c[first + i], free),
                shelf(d[i], work[at + 3 * BLOCK + i], low_d[first + i], high_d[first + i], free),
            )
            work[to + i] = w
            work[to + BLOCK + i] = x
            work[to + 2 * BLOCK + i] = y
            work[to + 3 * BLOCK + i] = z


def shelf(x, slow, low, high, free):
    """A frame that keeps the part `low` of what is below the corner, and `high` of the rest; all where not free."""
    return x - free * ((1.0 - high) * x - (low - high) * slow)


def turn_and_add(memory, begin, step, spare, work, turns, feed, first, count):
    """Reflects each four lines that are four apart, turns two pairs into each other, adds what comes in, and writes."""
    for k in range(4):
        a, b = memory.edit(begin + k * step, count), memory.edit(begin + (k + 4) * step, count)
        c, d = memory.edit(begin + (k + 8) * step, count), memory.edit(begin + (k + 12) * step, count)
        came = memory.part(spare + LINES * BLOCK, LINES * BLOCK)
        cosine, sine, at = turns[k], turns[4 + k], k * BLOCK
        for i in range(count):
            w, x, y, z = reflect(
                work[at + i], work[at + 4 * BLOCK + i], work[at + 8 * BLOCK + i], work[at + 12 * BLOCK + i]
            )
            co, si = cosine[first + i], sine[first + i]
            free = feed[first + i] * (1.0 - work[HOLD * BLOCK + i])
            a[i] = co * w - si * x + free * came[at + i]
            b[i] = si * w + co * x + free * came[at + 4 * BLOCK + i]
            c[i] = co * y + si * z + free * came[at + 8 * BLOCK + i]
            d[i] = co * z - si * y + free * came[at + 12 * BLOCK + i]


def octave_up(memory, begin, size, frame, grain, side):
    """The sound of the room, an octave higher: two grains that are read at twice the speed."""
    total = 0.0
    for k in range(2):
        place = (frame + (2 * k + side) * (grain // 4)) % grain
        total += hann(place / grain) * memory[begin + (frame - BLOCK - grain + place) % size]
    return total


def band(x, side, deep, bright, rate):
    """A frame without what an octave higher would rumble or fold back."""
    y = highpass(x, lowpass_coefficient(DEEP, rate), deep, side)
    corner = corner_coefficient(BRIGHT, rate)
    for k in range(2):
        y = state_variable(y, corner, 1.8478 if k == 0 else 0.7654, bright, 4 * side + 2 * k)[0]
    return y
