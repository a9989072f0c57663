"""Analog: an oscillator as in an analogue synthesizer: hard sync, a sub-oscillator, feedback, and a pitch that drifts.

    lead:
      analog: {freq: a2, type: saw, sync: {lfo: {shape: tri, interval: 2 * bar, range: [1.2, 6]}}, amp: 0.25}
    bass: {filter: {cutoff: 900, peak: 0.5, signal: {analog: {freq: a1, sub: 0.6, drift: 8, amp: 0.25}}}}
    growl: {analog: {freq: e1, type: sin, feedback: {osc: {freq: 0.3, range: [0, 1]}}, amp: 0.4}}

With `sync` the wave is so many times as fast as `freq`, and begins anew with each period of it: the pitch stays, and
the timbre sings. `sub` is a square an octave below, beside the wave. `feedback` bends the phase of `sin` by what it
gave: at 1 it is nearly a saw. `drift` are cents by which the pitch strays by chance, another way in each note.

Steps and corners are band-limited, also where the wave begins anew: with a `freq` of 1 kHz and any `sync` aliases are
below -80 dB up to 10 kHz, -70 dB up to 20 kHz at 44.1 kHz, re the lowest partial. `sin` costs 10 ns a frame more than
the others. It is 3 frames late, and `pulse_width` is read once in a period of the wave.

(Brandt: Hard sync without aliasing, 2001; Tomisawa: feedback, US patent 4,249,447, 1981.)
"""

import math

import numpy as np

from waves.dsp.maths import clip, finite, floor, sine, turn, uniform
from waves.dsp.minblep import LATE, LONGEST, PHASES, step_frames, step_table
from waves.dsp.powers import exp2
from waves.dsp.windows import hann
from waves.node import BLOCK, Choice, Floats, Node, Signal, State, param

Type = Choice["sin", "tri", "sqr", "saw"]
FASTEST = 0.49  # turns per frame
STRAYS = 1.5  # Hz, of the drift
BENDS = 0.5 / math.tau  # turns by which a feedback of 1 bends, for each of two frames
SUMS, SUBS = 3 * BLOCK, 5 * BLOCK  # places in `work`: what smooths edges of the wave, and of the sub-oscillator
TURNED = 7 * BLOCK  # place in `work`: what a sine that begins has become in the low-pass
POINTS, WEIGHTS = np.polynomial.legendre.leggauss(5)  # of the integral over a frame
POINTS, WEIGHTS = 0.5 + 0.5 * POINTS, 0.5 * WEIGHTS
FREQS = 512  # of the response of the low-pass, from 0 to half a turn per frame


class Analog(Node):
    type: Type = param("saw", description="Shape of the wave.")
    freq: Signal = param(220.0, unit="Hz", minimum=0.0, description="Pitch.")
    sync: Signal = param(
        1.0, unit="ratio", minimum=1.0, maximum=64.0, description="Frequency of the wave that begins anew with `freq`."
    )
    sub: Signal = param(0.0, unit="factor", minimum=0.0, description="Level of a square an octave below.")
    feedback: Signal = param(0.0, unit="factor", minimum=-1.0, maximum=1.0, description="Of sin, into its own phase.")
    drift: Signal = param(0.0, unit="cents", minimum=0.0, maximum=1200.0, description="The farthest that it strays.")
    pulse_width: Signal = param(0.5, unit="cycles", minimum=0.0, maximum=1.0, description="High part of sqr.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")
    seed: int = param(0, unit="number", description="Of the drift; 0: the node's own.")

    aliases = ("hard sync", "sync", "sub oscillator", "analogue")
    arrays = {"table": "f8", "pulse": "f8", "response": "f8"}
    crossfaded = ("sync",)
    scratch = 8
    factors = ("amp",)

    class state(State):
        note: int = 0
        begun: bool = False
        master: float = 0.0  # turns, of `freq`
        phase: float = 0.0  # turns, of the wave
        half: float = 1.0  # of the sub-oscillator, 1 or -1
        width: float = 0.5  # turns, high part in this period
        way: float = 0.0  # of the drift
        now: Floats[2 * LATE]  # the last frames without smoothing, of the wave and of the sub-oscillator
        sums: Floats[2 * LONGEST]  # what smooths past edges in the next frames, of both
        back: Floats[2]  # the last two frames that feed back
        numbered = ("note",)

    @staticmethod
    def prepare(constants, rate):
        table = step_table("best")
        pulse, response = sine_tables(table)
        return {"table": table, "pulse": pulse, "response": response}

    @staticmethod
    def render(
        out,
        type,
        freq,
        sync,
        sub,
        feedback,
        drift,
        pulse_width,
        amp,
        seed,
        table,
        pulse,
        response,
        state,
        rate,
        work,
    ):
        size = out.size
        for k in range(LATE):
            work[k], work[BLOCK + LATE + k] = state.now[k], state.now[LATE + k]
        for k in range(LONGEST):
            work[SUMS + k], work[SUBS + k] = state.sums[k], state.sums[LONGEST + k]
        for k in range(LONGEST, size + LONGEST):
            work[SUMS + k], work[SUBS + k] = 0.0, 0.0
        if not state.begun:
            state.begun = True
            state.width = clip(pulse_width[0], 0.0, 1.0)
        for i in range(size):
            pitch = clip(finite(freq[i], 0.0) / rate, 0.0, FASTEST)
            if drift[i] > 0.0:
                k = floor(state.way)
                here = uniform(seed, state.note + int(k))
                strays = (
                    2.0 * (here + hann(0.5 * (state.way - k)) * (uniform(seed, state.note + int(k) + 1) - here)) - 1.0
                )
                pitch = min(pitch * exp2(clip(drift[i], 0.0, 1200.0) * strays / 1200.0), FASTEST)
                state.way += STRAYS / rate
            step = min(pitch * clip(finite(sync[i], 1.0), 1.0, 64.0), FASTEST)
            bend = BENDS * clip(finite(feedback[i], 0.0), -1.0, 1.0) * (state.back[0] + state.back[1])
            master = state.master + pitch
            since = clip((master - 1.0) / pitch, 0.0, 1.0) if master >= 1.0 else 0.0
            end = state.phase + step * (1.0 - since) if master >= 1.0 else state.phase + step
            edges(type, state, pulse_width[i], end, step, since, i, table, work)
            if master >= 1.0:
                master -= 1.0
                if type == Type.sin:
                    add_sine(work, SUMS + i, since, step, state.phase, bend, pulse)
                    state.phase = 0.0
                else:
                    before, rises = value(type, state.phase, state.width), slope(type, state.phase)
                    state.phase, state.width = 0.0, clip(pulse_width[i], 0.0, 1.0)
                    high = value(type, 0.0, state.width) - before
                    add(work, SUMS + i, since, high, step * (slope(type, 0.0) - rises), table)
                state.half = -state.half
                add(work, SUBS + i, since, 2.0 * state.half, 0.0, table)
                edges(type, state, pulse_width[i], step * since, step, 0.0, i, table, work)
            state.master = master
            if type == Type.sin:
                state.back[1], state.back[0] = state.back[0], sine(state.phase + bend)
                row = min(int(2.0 * FREQS * step), FREQS - 1)
                rest = 2.0 * FREQS * step - row
                gain = response[row] + rest * (response[row + 1] - response[row])
                late = response[FREQS + 1 + row] + rest * (response[FREQS + 2 + row] - response[FREQS + 1 + row])
                work[LATE + i] = gain * sine(state.phase + bend + late)
            else:
                work[LATE + i] = value(type, state.phase, state.width)
            work[BLOCK + 2 * LATE + i] = state.half
        for k in range(LATE):
            state.now[k], state.now[LATE + k] = work[size + k], work[BLOCK + LATE + size + k]
        for k in range(LONGEST):
            state.sums[k], state.sums[LONGEST + k] = work[SUMS + size + k], work[SUBS + size + k]
        for i in range(size):
            low = finite(sub[i], 0.0) * (work[BLOCK + LATE + i] + work[SUBS + i])
            out[i] = finite(amp[i], 0.0) * (work[i] + work[SUMS + i] + low)


def edges(type, state, width, end, step, since, i, table, work):
    """Moves the phase of the wave to `end`, reached `since` frames before frame `i`, and smooths what it passes."""
    for _ in range(3):
        place = 1.0
        if type == Type.sqr:
            place = state.width if state.phase < state.width else 1.0
        elif type == Type.tri:
            place = 0.25 if state.phase < 0.25 else 0.75 if state.phase < 0.75 else 1.25
        elif type == Type.saw or type == Type.sin:
            place = 1.0
        if end >= place and step > 0.0:
            ago = clip(since + (end - place) / step, 0.0, 1.0)
            if type == Type.sqr:
                add(work, SUMS + i, ago, 2.0 if place == 1.0 else -2.0, 0.0, table)
            elif type == Type.tri:
                add(work, SUMS + i, ago, 0.0, (8.0 if place == 0.75 else -8.0) * step, table)
            elif type == Type.saw:
                add(work, SUMS + i, ago, -2.0, 0.0, table)
            state.phase = place
            if place >= 1.0:
                state.phase -= 1.0
                end -= 1.0
                if type == Type.sqr:
                    state.width = clip(width, 0.0, 1.0)
    state.phase = end


def add(work, place, since, high, bend, table):
    """Adds what smooths an edge `since` frames ago: a step, and a slope that grows by `bend` in a frame."""
    frames = step_frames(table)
    row = since * PHASES
    first = int(row)
    rest = row - first
    steps = table.part(first * frames, 2 * frames)
    bends = table.part((PHASES + 1 + first) * frames, 2 * frames)
    for j in range(frames):
        early = 1.0 if j < LATE else 0.0
        work[place + j] += high * (early + steps[j] + rest * (steps[frames + j] - steps[j]))
        work[place + j] += bend * (bends[j] + rest * (bends[frames + j] - bends[j]))


def add_sine(work, place, since, step, phase, bend, pulse):
    """Adds what is left of a sine that began anew `since` frames ago, at a phase: low-passed, less as it is `LATE`.

    A sine that begins is in the low-pass h the integral of h(u) exp(j w (t - u)) up to t: each frame turns it by w.
    """
    frames = pulse.size // (PHASES + 1) // 5
    row = since * PHASES
    first = min(int(row), PHASES - 1)
    rest = row - first
    rows = pulse.part(first * frames * 5, 10 * frames)
    c0, s0 = sine(step * (1.0 - POINTS[0]) + 0.25), sine(step * (1.0 - POINTS[0]))
    c1, s1 = sine(step * (1.0 - POINTS[1]) + 0.25), sine(step * (1.0 - POINTS[1]))
    c2, s2 = sine(step * (1.0 - POINTS[2]) + 0.25), sine(step * (1.0 - POINTS[2]))
    c3, s3 = sine(step * (1.0 - POINTS[3]) + 0.25), sine(step * (1.0 - POINTS[3]))
    c4, s4 = sine(step * (1.0 - POINTS[4]) + 0.25), sine(step * (1.0 - POINTS[4]))
    turn_re, turn_im = sine(step + 0.25), sine(step)
    re, im = 0.0, 0.0
    for j in range(frames):
        a, b = 5 * j, 5 * (frames + j)
        h0, h1, h2 = rows[a], rows[a + 1], rows[a + 2]
        h3, h4 = rows[a + 3], rows[a + 4]
        h0, h1, h2 = h0 + rest * (rows[b] - h0), h1 + rest * (rows[b + 1] - h1), h2 + rest * (rows[b + 2] - h2)
        h3, h4 = h3 + rest * (rows[b + 3] - h3), h4 + rest * (rows[b + 4] - h4)
        before = re
        re = turn_re * before - turn_im * im + c0 * h0 + c1 * h1 + c2 * h2 + c3 * h3 + c4 * h4
        im = turn_re * im + turn_im * before + s0 * h0 + s1 * h1 + s2 * h2 + s3 * h3 + s4 * h4
        work[TURNED + 2 * j], work[TURNED + 2 * j + 1] = re, im
    high_re = sine(bend + 0.25) - sine(phase + bend + 0.25)
    high_im = sine(bend) - sine(phase + bend)
    for n in range(frames):
        j = frames - 1 - n
        x, y = work[TURNED + 2 * j], work[TURNED + 2 * j + 1]
        if j >= LATE:
            x, y = x - re, y - im
        work[place + j] += high_re * y + high_im * x
        re, im = turn_re * re + turn_im * im, turn_re * im - turn_im * re


def sine_tables(table):
    """The low-pass at the points of the integral over each frame, for all phases; and its gain and phase by frequency.

    The phase is in turns, that of a delay of `LATE` frames taken away.
    """
    frames = step_frames(table)
    steps = table[: (PHASES + 1) * frames].reshape(PHASES + 1, frames)
    grid = 1.0 + np.append(steps[:PHASES].T.ravel(), steps[PHASES, -1])
    places = (np.arange(grid.size - 1) + 0.5) / PHASES  # frames
    lowpass = PHASES * np.diff(grid)
    ends = np.arange(PHASES + 1)[:, None, None] / PHASES + np.arange(frames)[None, :, None]
    pulse = np.interp(ends - 1.0 + POINTS, places, lowpass, 0.0, 0.0) * WEIGHTS
    turns = np.arange(FREQS + 1) / (2.0 * FREQS)
    response = np.fft.rfft(lowpass / PHASES, 2 * FREQS * PHASES)[: FREQS + 1]
    response *= np.exp(2j * np.pi * turns * (LATE - places[0]))
    return pulse.ravel(), np.concatenate([np.abs(response), np.unwrap(np.angle(response)) / math.tau])


def value(type, phase, width):
    """The wave at a phase from 0 to 1; of a sine see `add_sine`."""
    x = 0.0
    if type == Type.tri:
        x = 1.0 - 4.0 * abs(turn(phase + 0.25) - 0.5)
    elif type == Type.sqr:
        x = 1.0 if phase < width else -1.0
    elif type == Type.saw:
        x = 2.0 * phase - 1.0
    elif type == Type.sin:
        x = 0.0
    return x


def slope(type, phase):
    """The slope of the wave there, in a turn."""
    x = 0.0
    if type == Type.tri:
        x = 4.0 if turn(phase + 0.25) < 0.5 else -4.0
    elif type == Type.saw:
        x = 2.0
    elif type == Type.sqr or type == Type.sin:
        x = 0.0
    return x
