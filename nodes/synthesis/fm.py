"""FM: up to four operators, sines that bend each other's phase: bells, electric pianos, brass, basses.

    bell: {fm: {freq: 220, algorithm: 5, amp: 0.15,
                ratios: [1, 3.5, 2.76, 7.1],
                levels: [1, 2.0, 0.40, 1.5],
                decays: [3, 1.5, 1.50, 0.5]}}
    bass: {fm: {freq: 55, levels: [1, {osc: {freq: 0.5, range: [1, 6]}}], feedback: 0.5, amp: 0.2}}

Each list has a number for each operator, in order; as many operators play as `levels` has numbers. `ratios` are their
frequencies beside `freq`. The level of an operator that is heard is its amplitude, that of one that bends another is by
how many radians it does, the index of modulation. Who bends whom, and who is heard (in brackets), is the `algorithm`:

| | | | |
| --- | --- | --- | --- |
| 1 | 4 > 3 > 2 > (1) | 5 | 2 > (1), 4 > (3) |
| 2 | 3 and 4 > 2 > (1) | 6 | 4 > (1) and (2) and (3) |
| 3 | 3 > 2 > (1), 4 > (1) | 7 | 4 > (3), (1), (2) |
| 4 | 2 > (1), 4 > 3 > (1) | 8 | (1), (2), (3), (4) |

The last operator bends itself by `feedback` too: at 1 its wave is nearly a saw. Each has an envelope: it rises in
`attacks` seconds to its level, falls in `decays` to `sustains` times that, and after the fall of `gate` in `releases`
to 0. What a list leaves out is as its last number; an empty one of `sustains` is 0 with `decays`, else 1. Without a
`gate` the sound is over when all that is heard has decayed to 0, with that of a note after its release. It plays at
twice the rate, so that less folds back.

(Chowning: The synthesis of complex audio spectra by means of frequency modulation, 1973; Tomisawa: feedback, US
patent 4,249,447, 1981.)
"""

import math
from typing import Any

import numpy as np
from pydantic import field_validator, model_validator

from waves.dsp.filters.halfband import down
from waves.dsp.maths import CURVE, CURVE_END, clip, finite, increment, sine, turn
from waves.dsp.powers import exp
from waves.node import BLOCK, Floats, Node, Numbers, Signal, Signals, State, param

MOST = 4  # operators
MODULATORS = (
    *(0b0010, 0b0100, 0b1000, 0),
    *(0b0010, 0b1100, 0, 0),
    *(0b1010, 0b0100, 0, 0),
    *(0b0110, 0, 0b1000, 0),
    *(0b0010, 0, 0b1000, 0),
    *(0b1000, 0b1000, 0b1000, 0),
    *(0, 0, 0b1000, 0),
    *(0, 0, 0, 0),
)
"""Of each algorithm and operator the operators that bend it, the first as the lowest bit."""
HEARD = (0b0001, 0b0001, 0b0001, 0b0001, 0b0101, 0b0111, 0b0111, 0b1111)
"""Of each algorithm the operators that are heard."""
ATTACK, RELEASE = 0.002, 0.1  # s, where a list is empty
LARGEST = 100.0  # of a level
RINGS = 512  # frames after the end of all envelopes in which the filter falls silent
SHAPES, SUMS = 2 * MOST * BLOCK, 3 * MOST * BLOCK  # places in `work`: operators, their levels, and what is heard


class Fm(Node):
    freq: Signal = param(220.0, unit="Hz", description="Pitch.")
    algorithm: int = param(1, unit="number", minimum=1, maximum=8, description="Of operators that bend others.")
    ratios: Signals = param([1.0], unit="ratio", description="Frequencies of the operators beside `freq`.")
    levels: Signals = param([1.0, 1.0], unit="factor", description="Amplitudes; in rad where one bends another.")
    attacks: Numbers = param([], unit="s", minimum=0.0, description="Times to rise; if empty 0.002.")
    decays: Numbers = param([], unit="s", minimum=0.0, description="Times to fall to `sustains`.")
    sustains: Numbers = param([], unit="factor", minimum=0.0, description="Parts of the levels that are held.")
    releases: Numbers = param([], unit="s", minimum=0.0, description="Times to fall to 0; if empty 0.1.")
    feedback: Signal = param(0.0, unit="factor", minimum=-1.0, maximum=1.0, description="Of the last operator.")
    gate: Signal = param(None, unit="gate", description="It is held while at 0.5 or above; without one for ever.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude of all.")
    end: bool = param(True, description="Whether it ends when silent; false where its `gate` may rise again.")

    aliases = ("dx", "operators", "phase modulation")
    arrays = {"times": "f8"}
    scratch = 3 * MOST + 2
    crossfaded = ("gate",)
    factors = ("amp",)

    class state(State):
        since: float = 0.0  # frames since the gate rose
        released: float = -1.0  # frames since it fell; -1 while it is held
        open: bool = False
        phases: Floats[MOST]  # turns
        now: Floats[MOST]  # the envelopes
        origin: Floats[MOST]  # where they began, at the last rise or fall of the gate
        back: Floats[2]  # the last two frames of the operator that bends itself
        down: Floats[8]

    @field_validator("ratios", "levels", "attacks", "decays", "sustains", "releases")
    @classmethod
    def _is_of_operators(cls, values: Any) -> Any:
        if len(values) > MOST:
            raise ValueError(f"there are {MOST} operators at most, got {len(values)} numbers")
        return values

    @model_validator(mode="before")
    @classmethod
    def _end_without_gate(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {"end": "gate" not in values, **values}

    @staticmethod
    def prepare(constants, rate):
        def each(numbers, empty):
            given = [*numbers, *[numbers[-1] if len(numbers) else empty] * MOST]
            return given[:MOST]

        decays = len(constants.decays) > 0
        times = [each(constants.attacks, ATTACK), each(constants.decays, 0.0)]
        times += [each(constants.sustains, 0.0 if decays else 1.0), each(constants.releases, RELEASE)]
        return {"times": np.concatenate(times)}

    @staticmethod
    def render(out, freq, algorithm, ratios, levels, feedback, gate, amp, end, times, state, rate, work):
        size, count = out.size, levels.size
        gated = gate[0] == gate[0]
        over = 0.0  # frames after which all that is heard has decayed, or been released
        for k in range(count):
            if HEARD[algorithm - 1] >> k & 1:
                lasts = times[k] + times[MOST + k] if times[2 * MOST + k] == 0.0 else math.inf
                over = max(over, rate * (times[3 * MOST + k] if gated else lasts) + RINGS)
        ended = end == 1 and (state.released if gated else state.since) >= over
        begin = 0
        while begin < size:  # frames without an edge of the gate
            is_open = gate[begin] >= 0.5 if gated else True
            end = begin + 1
            while end < size and (not gated or (gate[end] >= 0.5) == is_open):
                end += 1
            if is_open != state.open:
                state.open = is_open
                for k in range(MOST):
                    state.origin[k] = state.now[k]
                state.since, state.released = (0.0, -1.0) if is_open else (state.since, 0.0)
            for k in range(count):
                rise, fall, leave = rate * times[k], rate * times[MOST + k], rate * times[3 * MOST + k]
                held, origin, place = times[2 * MOST + k], state.origin[k], SHAPES + k * BLOCK
                if is_open:
                    for i in range(begin, end):
                        t = state.since + (i - begin)
                        rising = 1.0 - (1.0 - origin) * falls(t, rise)
                        falling = held + (1.0 - held) * falls(t - rise, fall)
                        work[place + i] = rising if t < rise else falling
                else:
                    for i in range(begin, end):
                        work[place + i] = origin * falls(state.released + (i - begin), leave)
                state.now[k] = work[place + end - 1]
            state.since += end - begin
            if not is_open:
                state.released += end - begin
            begin = end

        for j in range(2 * size):
            work[SUMS + j] = 0.0
        for m in range(count):
            k = count - 1 - m
            place = 2 * k * BLOCK
            last = min(k, ratios.size - 1)
            phase = state.phases[k]
            for i in range(size):
                step = increment(freq[i] * (ratios[last][i] if last >= 0 else 1.0), rate)
                work[place + 2 * i] = phase
                work[place + 2 * i + 1] = phase + 0.5 * step
                phase += step
            state.phases[k] = turn(phase)
            bends = MODULATORS[MOST * (algorithm - 1) + k]
            for other in range(k + 1, count):
                if bends >> other & 1:
                    for j in range(2 * size):
                        work[place + j] += work[2 * other * BLOCK + j] / math.tau
            if m == 0:
                one, two = state.back[0], state.back[1]
                for j in range(2 * size):
                    turns = clip(finite(feedback[j >> 1], 0.0), -1.0, 1.0) * (one + two) / (2.0 * math.tau)
                    one, two = work[SHAPES + k * BLOCK + (j >> 1)] * sine(work[place + j] + turns), one
                    work[place + j] = one
                state.back[0], state.back[1] = one, two
            else:
                for j in range(2 * size):
                    work[place + j] = work[SHAPES + k * BLOCK + (j >> 1)] * sine(work[place + j])
            for j in range(2 * size):
                work[place + j] *= clip(finite(levels[k][j >> 1], 0.0), -LARGEST, LARGEST)
            if HEARD[algorithm - 1] >> k & 1:
                for j in range(2 * size):
                    work[SUMS + j] += work[place + j]
        for i in range(size):
            heard = down(work[SUMS + 2 * i], work[SUMS + 2 * i + 1], state.down)
            out[i] = 0.0 if ended else finite(amp[i], 0.0) * heard
        return ended


def falls(frames, length):
    """From 1 to 0 as an envelope does, in so many frames; 0 from then on, at once for a length of 0."""
    x = clip(frames / max(length, 1e-3), 0.0, 1.0)
    return (exp(-CURVE * x) - CURVE_END) / (1.0 - CURVE_END) if frames < length else 0.0
