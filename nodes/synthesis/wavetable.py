"""Wavetable: a sound that morphs through a row of waves, from a file, by name, or drawn by points.

    growl: {wavetable: {freq: 55, table: sin / saw / sqr, amp: 0.3,
                        position: {osc: {freq: 0.4, range: [0, 1]}}}}
    drawn: {wavetable: {freq: 110, table: 0 1 0.3 0.8 -1, amp: 0.3}}

In `table` each wave is a word, `sin tri saw sqr`, or its points over one turn, with a line from each to the next; `/`
stands between two waves. A `file` has 2,048 frames for each wave, as those of other programs do, 256 waves at most; a
shorter one, or one that is no multiple of that and has 8,192 frames at most, is one wave of that length. It is read as
it is, whatever its rate, and of a stereo file the left channel. A mean is taken away.

`position` goes from the first wave, 0, to the last, 1; between two waves both are mixed, partial by partial. It plays
at twice the rate, from tables of fewer partials in each higher octave, so nothing is lost up to 20 kHz, and aliases of
saw and square are below -110 dB re the fundamental, those of a wave whose partials are all alike below -90 dB of the
whole.

(Franck, Välimäki: Higher-order integrated wavetable and sampling synthesis, 2013, on tables by octave; Unser:
Splines, a perfect fit for signal and image processing, 1999.)
"""

import math

import numpy as np

from waves.dsp.filters.halfband import down
from waves.dsp.filters.spline import weighed
from waves.dsp.interpolation import linear
from waves.dsp.maths import clip, finite, increment, turn
from waves.dsp.powers import log2
from waves.node import BLOCK, DataFile, Floats, Node, Signal, State, param

FRAMES = 2048  # of a wave in a file
LONGEST = 8192  # frames of a file that is one wave of another length
MOST = 256  # waves
PARTIALS = FRAMES // 2
LEVELS = 11  # 1024 partials, 512 and so on to 1
DENSE = 16  # frames of a table for each partial
SHORTEST = 512  # frames of a table
AROUND = 3  # frames that stand at the end again
GLIDE = 0.15  # octaves over which one table becomes the next
SUMS = 3 * BLOCK  # where the half frames stand in `work`, behind their phases


class Wavetable(Node):
    freq: Signal = param(220.0, unit="Hz", description="Pitch; negative runs backwards.")
    position: Signal = param(0.0, unit="position", minimum=0.0, maximum=1.0, description="From the first to the last.")
    table: str = param("sin / saw", description="Waves: sin, tri, saw, sqr, or points in a row.")
    file: DataFile = param(None, description="Waves of 2048 frames, in place of `table`.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    aliases = ("table", "morph")
    arrays = {"waves": "f4", "places": "i8"}
    factors = ("amp",)
    scratch = 5

    class state(State):
        phase: float = 0.0  # turns
        down: Floats[8]
        ranges = {"phase": (0.0, 1.0)}

    @staticmethod
    def prepare(constants, rate):
        spectra = drawn(constants.table) if constants.file is None else read(constants.file[0])
        spectra[:, 0] = 0.0
        made, places, begin = [], [], 0
        for level in range(LEVELS):
            partials = PARTIALS >> level
            size = max(DENSE * partials, SHORTEST)
            order = np.arange(partials + 1)
            rows = np.zeros((len(spectra), size // 2 + 1), complex)
            rows[:, : partials + 1] = spectra[:, : partials + 1] / np.sinc(order / size) ** 4  # what the spline takes
            waves = np.pad(np.fft.irfft(0.5 * size * rows), [(0, 0), (1, AROUND - 1)], "wrap")
            made.append(waves.ravel())
            places += [begin, size]
            begin += waves.size
        return {"waves": np.concatenate(made), "places": [*places, len(spectra)]}

    @staticmethod
    def render(out, freq, position, amp, waves, places, state, rate, work):
        phase = state.phase
        for i in range(out.size):
            work[i] = increment(freq[i], rate)
        for i in range(out.size):
            out[i] = phase
            phase += work[i]
        for i in range(out.size):
            work[BLOCK + 2 * i] = turn(out[i])
            work[BLOCK + 2 * i + 1] = turn(out[i] + 0.5 * work[i])
        state.phase = turn(phase)
        i = 0
        while i < out.size:  # a run of frames at one pitch
            step = work[i]
            end = i + 1
            while end < out.size and work[end] == step:
                end += 1
            halvings = clip(log2(PARTIALS * abs(step)), 0.0, LEVELS - 1.0)
            level = math.ceil(halvings)  # its highest partial is between half the rate and the rate
            share = max(1.0 - (level - halvings) / GLIDE, 0.0) if 0 < level < LEVELS - 1 else 0.0
            for j in range(2 * i, 2 * end):
                work[SUMS + j] = 0.0
            add_level(work, 2 * i, 2 * end, 1.0 - share, position, waves, places, level)
            if share > 0.0:
                add_level(work, 2 * i, 2 * end, share, position, waves, places, level + 1)
            i = end
        for i in range(out.size):
            both = down(work[SUMS + 2 * i], work[SUMS + 2 * i + 1], state.down)
            out[i] = finite(amp[i], 0.0) * both


def add_level(work, begin, end, share, position, waves, places, level):
    """Adds a share of the tables of a level, each half frame of `work` at its phase and position."""
    last = places[2 * LEVELS] - 1
    size = places[2 * level + 1]
    row = size + AROUND
    apart = row if last > 0 else 0
    rows = waves.part(places[2 * level], row * (last + 1))
    for j in range(begin, end):
        place = clip(position[j >> 1], 0.0, 1.0) * last
        k = min(int(place), max(last - 1, 0))
        at = work[BLOCK + j] * size
        whole = int(at)
        first = k * row + whole
        other = first + apart
        part = place - k
        a = linear(rows[first], rows[other], part)
        b = linear(rows[first + 1], rows[other + 1], part)
        c = linear(rows[first + 2], rows[other + 2], part)
        d = linear(rows[first + 3], rows[other + 3], part)
        work[SUMS + j] += share * weighed(a, b, c, d, at - whole)


def drawn(text):
    """The partials of waves that are words or points in a row, as complex amplitudes from 0 on."""
    order = np.arange(1, PARTIALS + 1)
    odd = order % 2
    sines = {"sin": order == 1, "saw": -2.0 / np.pi * (-1.0) ** order / order, "sqr": 4.0 / np.pi * odd / order}
    sines["tri"] = 8.0 / np.pi**2 * odd * (-1.0) ** (order // 2) / order**2
    made = []
    for wave in text.split("/"):
        points = wave.replace(",", " ").split()
        if len(points) == 1 and points[0].lower() in sines:
            made.append(np.concatenate([[0.0], -1j * sines[points[0].lower()]]))
            continue
        try:
            row = [float(point) for point in points]
        except ValueError:
            row = []
        if len(row) < 2:
            known = ", ".join(sines)
            raise ValueError(f"`table` knows {known}, and waves of two points or more, not '{wave.strip()}'")
        time = np.arange(16 * PARTIALS) / (16 * PARTIALS)
        made.append(partials_of(np.interp(time * len(row), np.arange(len(row) + 1), [*row, row[0]])))
    return limited(np.array(made))


def read(frames):
    """The partials of the waves in a file."""
    if frames.size % FRAMES == 0:
        return limited(np.array([partials_of(wave) for wave in frames.reshape(-1, FRAMES)]))
    if frames.size > LONGEST:
        raise ValueError(f"a wavetable has {FRAMES} frames for each wave, or is one wave of up to {LONGEST} frames")
    return np.array([partials_of(frames)])


def partials_of(wave):
    """The complex amplitudes of the partials of a wave of any length, from 0 on; not that at half its rate."""
    found = 2.0 / wave.size * np.fft.rfft(wave)[: (wave.size + 1) // 2]
    return np.pad(found[: PARTIALS + 1], (0, max(PARTIALS + 1 - found.size, 0)))


def limited(spectra):
    """The waves, if they are not too many."""
    if len(spectra) > MOST:
        raise ValueError(f"a wavetable has {MOST} waves at most, this has {len(spectra)}")
    return spectra
