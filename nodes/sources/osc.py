"""Oscillator: a periodic wave, or noise.

    tone: {osc: {type: saw, freq: 110, amp: 0.3, duration: 2, release: 0.1}}
    vibrato: {osc: {freq: 5, range: [430, 450]}}

Steps and corners are band-limited, of minimum phase (see `waves.dsp.minblep`): a step begins on its frame, and goes
beyond its end by up to 22 % of its height, 26 % in a narrow pulse. The ends of a `range` are where the flat parts lie.
From 40 Hz on the wave is 3 frames late, 0.07 ms; below 20 Hz all is exact. Aliases re the fundamental from 100 Hz to
8 kHz, and what is lost at 15 kHz, at a rate of 44.1 kHz:

| `quality` | below 10 kHz | below 20 kHz | at 15 kHz | cost at 110 Hz / 2 kHz |
| --- | --- | --- | --- | --- |
| `draft` | -65 dB | -50 dB | 2.5 dB | 1 / 1 |
| `good` | -80 dB | -70 dB | 0.5 dB | 1 / 1 |
| `best` | -95 dB | -90 dB | 0.2 dB | 1 / 1.1 |

Each edge lies where the whole phase meets it, of `freq`, `phase` and `pulse_width`, drawn through the last four frames.
"""

import math
from typing import Any

import numpy as np
from pydantic import field_validator

from waves.dsp.maths import clip, floor, frames, increment, sine, turns
from waves.dsp.minblep import BEFORE, LONGEST, step_table
from waves.node import Choice, Constants, Floats, Node, Signal, Signals, State, param

from ._fades import fade
from ._random_shapes import noise, perlin, wander
from ._shapes import FALL, SUMS, gather, keep, saw, smooth, square, triangle

Shape = Choice["sin", "cos", "tri", "sqr", "saw", "ramp", "noise", "perlin", "wander", "none"]
AUDIBLE = 20.0  # Hz; slower shapes keep their exact steps and corners
count = range  # the kernel has a parameter of that name


class Osc(Node):
    type: Shape = param("sin", description="Shape; ramp falls, noise is Gaussian, perlin and wander move by `scale`.")
    freq: Signal = param(1.0, unit="Hz", description="Frequency; 0 stands still, negative runs backwards.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")
    phase: Signal = param(0.0, unit="rad", description="Added to the phase: phase modulation.")
    pulse_width: Signal = param(0.5, unit="cycles", minimum=0.0, maximum=1.0, description="High part of sqr.")
    range: Signals = param([], description="Two signals that -1 and 1 are mapped to.")
    attack: Signal = param(0.0, unit="s", minimum=0.0, description="Time to fade in.")
    release: Signal = param(0.0, unit="s", minimum=0.0, description="Time to fade out before the end.")
    duration: Signal = param(math.inf, unit="s", minimum=0.0, description="Time after which it has ended.")
    scale: float = param(1.0, unit="Hz", minimum=0.0, description="Changes per second of perlin and wander.")
    seed: int = param(0, unit="number", description="Of noise, perlin and wander; 0: the node's own.")
    naive: bool = param(False, description="The raw shape, not band-limited.")
    quality: Choice["draft", "good", "best"] = param("good", description="Of the steps and corners.")
    freq_interpolation: Choice["linear", "smooth", "step"] = param("linear", description="No effect.")
    amp_interpolation: Choice["linear", "smooth", "step"] = param("linear", description="No effect.")

    aliases = ("oscillator", "vco", "wave", "synth")

    @field_validator("range")
    @classmethod
    def _has_two_ends(cls, values: Any) -> Any:
        if len(values) not in (0, 2):
            raise ValueError(f"expected two values, the lowest and the highest, got {len(values)}")
        return values

    constant = ("freq", "phase")
    arrays = {"table": "f8"}
    scratch = 7
    crossfaded = ("phase", "pulse_width", "range", "attack", "release", "duration")
    factors = ("amp",)

    class state(State):
        phase: float = 0.0  # turns, 0 <= phase < 1
        elapsed: int = 0  # frames
        walk: float = 0.0  # of wander
        rise: float = 0.0  # frames, the attack
        fall: float = 0.0  # frames, the release
        risen: float = 0.0  # frames of the attack that are over
        arrived: bool = False  # whether the attack is over
        end: float = 0.0  # frames, the duration
        released: float = -1.0  # frame at which the release began, -1 before
        origin: float = 0.0  # level that the release began at
        known: int = -1  # frame up to which the following are known
        rises: Floats[BEFORE]  # turns, the last phases
        falls: Floats[BEFORE]  # turns, the same less the width
        sums: Floats[LONGEST]  # what smooths past edges in the next frames

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"table": step_table(constants.quality)}

    @staticmethod
    def render(
        out,
        type,
        freq,
        amp,
        phase,
        pulse_width,
        range,
        attack,
        release,
        duration,
        scale,
        seed,
        naive,
        table,
        state,
        rate,
        work,
    ):
        size = out.size
        begin = state.elapsed
        at = state.phase
        steady = True
        for i in count(size):
            steady &= freq[i] == freq[0]
        if steady:
            for i in count(size):
                out[i] = at
                at += increment(freq[0], rate)
        else:  # sums are exact, so both ways give the same phases; here only one addition waits for the one before
            for i in count(size):
                out[i] = increment(freq[i], rate)
            for i in count(size):
                pace = out[i]
                out[i] = at
                at += pace
        turned = floor(at)
        edged = type == Shape.sqr or type == Shape.saw or type == Shape.ramp or type == Shape.tri
        if edged:
            sharp = math.inf if naive else AUDIBLE / rate  # turns per frame up to which nothing is smoothed
            gather(out, freq, phase, pulse_width, sharp, state, rate, work)
            factor, shift, height = 1.0, 0.5, -2.0
            if type == Shape.sqr:
                square(out, work)
                shift, height = 0.0, 2.0
            elif type == Shape.tri:
                triangle(out, work)
                factor, height = 2.0, 4.0
            else:
                sign = 1.0 if type == Shape.saw else -1.0
                saw(out, sign, work)
                height *= sign
            for k in count(2 if type == Shape.sqr else 1):
                smooth(size, k * FALL, factor, shift, height, type == Shape.tri, table, work)
                height = -height
            for i in count(size):
                out[i] += work[SUMS + i]
            keep(size, turned, state, work)
        state.phase = at - turned
        state.elapsed = begin + size

        if type == Shape.sin or type == Shape.cos:
            offset = 0.25 if type == Shape.cos else 0.0
            for i in count(size):
                out[i] = sine(out[i] + turns(phase[i]) + offset)
        elif type == Shape.perlin:
            perlin(out, seed, begin, scale / rate)
        elif type == Shape.none:
            for i in count(size):
                out[i] = 0.0
        elif type == Shape.noise:
            noise(out, seed, begin, rate)
        elif type == Shape.wander:
            state.walk = wander(out, seed, begin, state.walk, scale, rate)

        end = frames(duration[0], rate)
        fade(out, attack, release, begin, end, state, rate)
        if range.size == 2:
            low = range[0]
            high = range[1]
            for i in count(size):
                out[i] = low[i] + (high[i] - low[i]) * (0.5 + 0.5 * amp[i] * out[i])
        else:
            for i in count(size):
                out[i] = amp[i] * out[i]
        for i in count(int(clip(end - begin, 0.0, size)), size):
            out[i] = 0.0
        return begin + size >= end
