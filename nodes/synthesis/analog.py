"""Analog: an oscillator as in an analogue synthesizer: hard sync, a sub-oscillator, feedback, and a pitch that drifts.

    lead:
      analog: {freq: a2, type: saw, sync: {lfo: {shape: tri, interval: 2 * bar, range: [1.2, 6]}}, amp: 0.25}
    bass: {filter: {cutoff: 900, peak: 0.5, signal: {analog: {freq: a1, sub: 0.6, drift: 8, amp: 0.25}}}}
    growl: {analog: {freq: e1, type: sin, feedback: {osc: {freq: 0.3, range: [0, 1]}}, amp: 0.4}}

With `sync` the wave is so many times as fast as `freq`, and begins anew with each period of it: the pitch stays, and
the timbre sings. `sub` is a square an octave below, beside the wave. `feedback` bends the phase of `sin` by what it
gave: at 1 it is nearly a saw. `drift` are cents by which the pitch strays by chance, another way in each note.

Steps and corners are band-limited, also where the wave begins anew: with a `freq` of 1 kHz and any `sync` aliases are
below -80 dB up to 10 kHz, -70 dB up to 20 kHz at 44.1 kHz, re the lowest partial; of `sin` up to a `sync` of 2.5. It is
3 frames late, and `pulse_width` is read once in a period of the wave.

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
    arrays = {"table": "f8", "bows": "f8"}
    crossfaded = ("sync",)
    scratch = 7
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
        return {"table": table, "bows": bow_table(table)}

    @staticmethod
    def render(out, type, freq, sync, sub, feedback, drift, pulse_width, amp, seed, table, bows, state, rate, work):
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
                before, rises = value(type, state.phase, state.width, bend), slope(type, state.phase, bend)
                state.phase, state.width = 0.0, clip(pulse_width[i], 0.0, 1.0)
                high = value(type, 0.0, state.width, bend) - before
                add(work, SUMS + i, since, high, step * (slope(type, 0.0, bend) - rises), table)
                if type == Type.sin:
                    add_bow(work, SUMS + i, since, -high * (math.tau * step) * (math.tau * step), bows)
                state.half = -state.half
                add(work, SUBS + i, since, 2.0 * state.half, 0.0, table)
                edges(type, state, pulse_width[i], step * since, step, 0.0, i, table, work)
            state.master = master
            x = value(type, state.phase, state.width, bend)
            if type == Type.sin:
                state.back[1], state.back[0] = state.back[0], x
            work[LATE + i] = x
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


def add_bow(work, place, since, bow, bows):
    """Adds what smooths a curvature that grows by `bow` in a frame and frame, `since` frames ago."""
    frames = bows.size // (PHASES + 1)
    row = since * PHASES
    first = min(int(row), PHASES - 1)
    rest = row - first
    rows = bows.part(first * frames, 2 * frames)
    for j in range(frames):
        work[place + j] += bow * (rows[j] + rest * (rows[frames + j] - rows[j]))


def bow_table(table):
    """The smoothing of a curvature that grows by 1: the integral of that of a corner, which falls to 0 at its end."""
    frames = step_frames(table)
    corner = table[(PHASES + 1) * frames :].reshape(PHASES + 1, frames)
    grid = np.append(corner[:PHASES].T.ravel(), corner[PHASES, -1])
    bow = np.concatenate([[0.0], np.cumsum(0.5 * (grid[1:] + grid[:-1]))]) / PHASES
    bow -= bow[-1] * (0.5 - 0.5 * np.cos(np.pi * np.arange(bow.size) / (bow.size - 1)))
    return bow[np.arange(PHASES + 1)[:, None] + PHASES * np.arange(frames)].ravel()


def value(type, phase, width, bend):
    """The wave at a phase from 0 to 1."""
    x = 0.0
    if type == Type.sin:
        x = sine(phase + bend)
    elif type == Type.tri:
        x = 1.0 - 4.0 * abs(turn(phase + 0.25) - 0.5)
    elif type == Type.sqr:
        x = 1.0 if phase < width else -1.0
    elif type == Type.saw:
        x = 2.0 * phase - 1.0
    return x


def slope(type, phase, bend):
    """The slope of the wave there, in a turn."""
    x = 0.0
    if type == Type.sin:
        x = math.tau * sine(phase + bend + 0.25)
    elif type == Type.tri:
        x = 4.0 if turn(phase + 0.25) < 0.5 else -4.0
    elif type == Type.saw:
        x = 2.0
    elif type == Type.sqr:
        x = 0.0
    return x
