"""The delay lines of a reverb in one memory, sixteen at a time, and what happens to a block between them.

A line of `size` frames, a whole number of blocks, takes `size` + `BLOCK` numbers: its first block stands behind it too.
Each is as long as its longest delay asks for, so that all of them stay in the cache of a core: `lines` has the begin
and the size of each, `heads` of the state where the next frame is written. The sixteen of a stage begin with `first`.
"""

from waves.dsp.filters.one_pole import highpass, lowpass_coefficient
from waves.dsp.filters.state_variable import corner_coefficient, state_variable
from waves.dsp.windows import hann
from waves.node import BLOCK

LINES = 16
LOSSES = 2 * LINES + 1
HOLD, SHARE, PART, PLACE = 16, 17, 18, 19  # rows of the working memory, behind those of the lines
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


def repeat(memory, lines, heads, first, past, count):
    """Writes the first block of delay lines behind their ends too, so that no read has to wrap."""
    for k in range(first, past):
        if heads[k] < BLOCK:
            place = lines[2 * k] + heads[k]
            written, again = memory.part(place, count), memory.edit(place + lines[2 * k + 1], count)
            for i in range(count):
                again[i] = written[i]


def advance(lines, heads, count):
    """Moves all delay lines on by so many frames, which end where a block does or before."""
    for k in range(heads.size):
        heads[k] += count
        if heads[k] >= lines[2 * k + 1]:
            heads[k] = 0


def written(memory, lines, heads, k, count):
    """The part of a delay line that is written now."""
    return memory.edit(lines[2 * k] + heads[k], count)


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


def spread(memory, lines, heads, first, work, count):
    """Reflects each four that are four apart, and writes sixteen delay lines."""
    for k in range(4):
        a, b = written(memory, lines, heads, first + k, count), written(memory, lines, heads, first + k + 4, count)
        c, d = written(memory, lines, heads, first + k + 8, count), written(memory, lines, heads, first + k + 12, count)
        reflect_into(a, b, c, d, work, k * BLOCK, count)


def spread_aside(memory, begin, work, count):
    """Reflects each four that are four apart, and writes sixteen blocks one behind the other."""
    for k in range(4):
        place = begin + k * BLOCK
        a, b = memory.edit(place, count), memory.edit(place + 4 * BLOCK, count)
        c, d = memory.edit(place + 8 * BLOCK, count), memory.edit(place + 12 * BLOCK, count)
        reflect_into(a, b, c, d, work, k * BLOCK, count)


def reflect_into(a, b, c, d, work, at, count):
    """Reflects four rows of the working memory that are four apart into four parts."""
    for i in range(count):
        w, x, y, z = reflect(
            work[at + i], work[at + 4 * BLOCK + i], work[at + 8 * BLOCK + i], work[at + 12 * BLOCK + i]
        )
        a[i] = w
        b[i] = x
        c[i] = y
        d[i] = z


def lose(memory, work, begins, ends, poles, low, first, count):
    """Reads the lines with the loss of a pass, and reflects each four that are side by side.

    The loss is a lowpass of one pole, and the part of all that the treble keeps; there is none where it is frozen. Its
    parts go in a line from those at the begin of the block to those at its end.
    """
    for k in range(0, LINES, 8):  # eight recursions at a time, so that none waits for the one before
        at = PLACE * BLOCK + k
        a, b = memory.part(int(work[at]), count), memory.part(int(work[at + 1]), count)
        c, d = memory.part(int(work[at + 2]), count), memory.part(int(work[at + 3]), count)
        e, f = memory.part(int(work[at + 4]), count), memory.part(int(work[at + 5]), count)
        g, h = memory.part(int(work[at + 6]), count), memory.part(int(work[at + 7]), count)
        p, q, r, s, t, u, v, w = (
            low[k],
            low[k + 1],
            low[k + 2],
            low[k + 3],
            low[k + 4],
            low[k + 5],
            low[k + 6],
            low[k + 7],
        )
        at = k * BLOCK
        for i in range(count):
            pole = poles[first + i]
            work[at + i] = p
            work[at + BLOCK + i] = q
            work[at + 2 * BLOCK + i] = r
            work[at + 3 * BLOCK + i] = s
            work[at + 4 * BLOCK + i] = t
            work[at + 5 * BLOCK + i] = u
            work[at + 6 * BLOCK + i] = v
            work[at + 7 * BLOCK + i] = w
            p, q, r, s = p + pole * (a[i] - p), q + pole * (b[i] - q), r + pole * (c[i] - r), s + pole * (d[i] - s)
            t, u, v, w = t + pole * (e[i] - t), u + pole * (f[i] - u), v + pole * (g[i] - v), w + pole * (h[i] - w)
        low[k], low[k + 1], low[k + 2], low[k + 3] = p, q, r, s
        low[k + 4], low[k + 5], low[k + 6], low[k + 7] = t, u, v, w
    for k in range(0, LINES, 4):
        at = PLACE * BLOCK + k
        a, b = memory.part(int(work[at]), count), memory.part(int(work[at + 1]), count)
        c, d = memory.part(int(work[at + 2]), count), memory.part(int(work[at + 3]), count)
        low_a, low_b, low_c, low_d = begins[k], begins[k + 1], begins[k + 2], begins[k + 3]
        rise_a, rise_b, rise_c, rise_d = ends[k] - low_a, ends[k + 1] - low_b, ends[k + 2] - low_c, ends[k + 3] - low_d
        j = LINES + k
        high_a, high_b, high_c, high_d = begins[j], begins[j + 1], begins[j + 2], begins[j + 3]
        up_a, up_b, up_c, up_d = ends[j] - high_a, ends[j + 1] - high_b, ends[j + 2] - high_c, ends[j + 3] - high_d
        at = k * BLOCK
        for i in range(count):
            free, pole, part = 1.0 - work[HOLD * BLOCK + i], poles[first + i], work[PART * BLOCK + i]
            w, x, y, z = reflect(
                shelf(a[i], work[at + i], pole, low_a + rise_a * part, high_a + up_a * part, free),
                shelf(b[i], work[at + BLOCK + i], pole, low_b + rise_b * part, high_b + up_b * part, free),
                shelf(c[i], work[at + 2 * BLOCK + i], pole, low_c + rise_c * part, high_c + up_c * part, free),
                shelf(d[i], work[at + 3 * BLOCK + i], pole, low_d + rise_d * part, high_d + up_d * part, free),
            )
            work[at + i] = w
            work[at + BLOCK + i] = x
            work[at + 2 * BLOCK + i] = y
            work[at + 3 * BLOCK + i] = z


def shelf(x, before, pole, low, high, free):
    """A frame that keeps the part `low` of what is below the corner, and `high` of the rest; all where not free.

    What is below the corner is the mean of what the lowpass had before this frame and has after it.
    """
    slow = before + 0.5 * (pole * (x - before))
    return x - free * ((1.0 - high) * x - (low - high) * slow)


def turn_and_add(memory, lines, line, spare, work, turns, state, first, count):
    """Reflects each four lines that are four apart, turns two pairs into each other, adds what comes in, and writes."""
    for k in range(4):
        at, heads = line + k, state.heads
        a, b = written(memory, lines, heads, at, count), written(memory, lines, heads, at + 4, count)
        c, d = written(memory, lines, heads, at + 8, count), written(memory, lines, heads, at + 12, count)
        came = memory.part(spare + LINES * BLOCK, LINES * BLOCK)
        cosine, sine, at = turns[k], turns[4 + k], k * BLOCK
        feed, more = state.begins[2 * LINES], state.ends[2 * LINES] - state.begins[2 * LINES]
        for i in range(count):
            w, x, y, z = reflect(
                work[at + i], work[at + 4 * BLOCK + i], work[at + 8 * BLOCK + i], work[at + 12 * BLOCK + i]
            )
            co, si = cosine[first + i], sine[first + i]
            free = (feed + more * work[PART * BLOCK + i]) * (1.0 - work[HOLD * BLOCK + i])
            a[i] = co * w - si * x + free * came[at + i]
            b[i] = si * w + co * x + free * came[at + 4 * BLOCK + i]
            c[i] = co * y + si * z + free * came[at + 8 * BLOCK + i]
            d[i] = co * z - si * y + free * came[at + 12 * BLOCK + i]


def octave_up(memory, begin, size, head, frame, grain, side):
    """The sound of the room, an octave higher: two grains that are read at twice the speed."""
    total = 0.0
    for k in range(2):
        place = (frame + (2 * k + side) * (grain // 4)) % grain
        total += hann(place / grain) * memory[begin + (head - BLOCK - grain + place) % size]
    return total


def band(x, side, deep, bright, rate):
    """A frame without what an octave higher would rumble or fold back."""
    y = highpass(x, lowpass_coefficient(DEEP, rate), deep, side)
    corner = corner_coefficient(BRIGHT, rate)
    for k in range(2):
        y = state_variable(y, corner, 1.8478 if k == 0 else 0.7654, bright, 4 * side + 2 * k)[0]
    return y
