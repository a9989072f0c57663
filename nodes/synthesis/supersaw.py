"""Supersaw: one wide sound of many saws, each a little out of tune.

    wall: {supersaw: {freq: a2, detune: 0.25, amp: 0.2}}
    hoover: {filter: {cutoff: 2000, signal: {supersaw: {freq: a1, voices: 12, detune: 0.6, spread: 1, amp: 0.3}}}}

The lowest saw is `detune` below `freq`, the highest a 33rd less above it, and those between lie closer to the middle,
so that no two pairs beat alike. Neighbours in pitch stand on different sides. Each saw begins somewhere in its turn,
another one for each note. All together are as loud as one `osc` of that `amp`, and reach up to the root of `voices`
times as high.

Steps are band-limited as those of `osc` with `quality: good`: aliases of a saw are below -80 dB up to 10 kHz, -70 dB
up to 20 kHz. (Szabo: How to emulate the super saw, 2010.)
"""

import math

from waves.dsp.maths import clip, finite, floor, increment, turn, uniform
from waves.dsp.minblep import BEFORE, LATE, LONGEST, add_edges, step_table
from waves.dsp.panning import equal_power
from waves.dsp.powers import exp2
from waves.node import BLOCK, Floats, Node, Signal, State, param

MOST = 16  # saws
CLOSER = 1.5  # exponent by which the places of the saws are drawn to the middle
UNEVEN = 0.97  # of the distances above the middle
AUDIBLE = 20.0  # Hz; slower saws keep their exact steps
SUMS, SHARES, STEPS = 2 * BLOCK, 4 * BLOCK, 5 * BLOCK  # places in `work`, behind the phases


class Supersaw(Node):
    freq: Signal = param(220.0, unit="Hz", description="Pitch of the middle.")
    voices: int = param(7, unit="voices", minimum=1, maximum=MOST, description="Saws.")
    detune: Signal = param(0.2, unit="semitones", minimum=0.0, maximum=12.0, description="Distance of the lowest.")
    spread: Signal = param(0.7, unit="factor", minimum=0.0, maximum=1.0, description="Width from left to right.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude of one saw that is as loud.")
    seed: int = param(0, unit="number", description="Of the places where the saws begin; 0: the node's own.")

    aliases = ("hypersaw",)
    channels = ("left", "right")
    arrays = {"table": "f8"}
    scratch = 6
    factors = ("amp",)

    class state(State):
        begun: bool = False
        note: int = 0
        phases: Floats[MOST]  # turns
        past: Floats[MOST * BEFORE]  # turns, the last phases of each
        sums: Floats[MOST * LONGEST]  # what smooths past steps in the next frames, of each
        numbered = ("note",)

    @staticmethod
    def prepare(constants, rate):
        return {"table": step_table("good")}

    @staticmethod
    def render(left, right, freq, voices, detune, spread, amp, seed, table, state, rate, work):
        size = left.size
        for i in range(size):
            left[i] = 0.0
            right[i] = 0.0
        level = math.sqrt(2.0 / voices)
        for k in range(voices):
            place = 2.0 * k / (voices - 1) - 1.0 if voices > 1 else 0.0
            away = abs(place) ** CLOSER / 12.0 * (UNEVEN if place > 0.0 else -1.0)
            for i in range(size):
                step = freq[i] * exp2(away * clip(detune[i], 0.0, 12.0))
                work[STEPS + i] = increment(step, rate)
            phase = state.phases[k] if state.begun else uniform(seed, MOST * state.note + k)
            for i in range(size):
                work[BEFORE + i] = phase
                phase += work[STEPS + i]
            state.phases[k] = turn(phase)
            for j in range(BEFORE):  # what has not played yet came from before in the same way
                before = work[BEFORE] - (BEFORE - j) * work[STEPS]
                work[j] = state.past[BEFORE * k + j] if state.begun else before
            for j in range(BEFORE):
                state.past[BEFORE * k + j] = work[size + j] - floor(phase)
            for j in range(LONGEST):
                work[SUMS + j] = state.sums[LONGEST * k + j]
            for j in range(LONGEST, size + LONGEST):
                work[SUMS + j] = 0.0
            for i in range(size):
                work[SHARES + i] = clip(abs(work[STEPS + i]) * rate / AUDIBLE - 1.0, 0.0, 1.0)
            add_edges(work, 0, size, SHARES, SUMS, table, -2.0, False)
            for j in range(LONGEST):
                state.sums[LONGEST * k + j] = work[SUMS + size + j]

            side = place if min(k, voices - 1 - k) % 2 == 0 else -place
            for i in range(size):
                now = work[BEFORE + i]
                late = now - work[SHARES + i] * (now - work[BEFORE + i - LATE])
                x = level * finite(amp[i], 0.0) * (2.0 * (late - floor(now)) - 1.0 + work[SUMS + i])
                one, other = equal_power(0.5 + 0.5 * clip(spread[i], 0.0, 1.0) * side)
                left[i] += one * x
                right[i] += other * x
        state.begun = True
