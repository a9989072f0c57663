"""Oscillator: a periodic wave, or noise.

    tone: {osc: {type: saw, freq: 110, amp: 0.3, duration: 2, release: 0.1}}
    vibrato: {osc: {freq: 5, range: [430, 450]}}

Steps and corners are smoothed over four frames by a cubic B-spline (see `waves.dsp.edges`). Aliases of
a saw at 5 kHz stay below -60 dB under 10 kHz, and nothing overshoots, but 10 kHz is 3 dB lower.

Where `phase` or `pulse_width` moves, the slope and the bend of the whole phase place each step, drawn on
from the last six frames. What jumps, or moves faster than about 8 kHz, cannot be drawn on: there only
`freq` counts.
"""

import math
from typing import Any

from pydantic import field_validator

from waves.dsp.maths import clip, frames, increment, sine, turn, turns
from waves.node import Choice, Floats, Node, Signal, Signals, State, param

from ._fades import fade
from ._moved_shapes import HISTORY, gather, moved_saw, moved_square, moved_triangle, moves
from ._random_shapes import noise, perlin, wander
from ._shapes import saw, square, triangle

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
    freq_interpolation: Choice["linear", "smooth", "step"] = param("linear", description="No effect.")
    amp_interpolation: Choice["linear", "smooth", "step"] = param("linear", description="No effect.")

    aliases = ("oscillator", "vco", "lfo", "wave", "synth")

    @field_validator("range")
    @classmethod
    def _has_two_ends(cls, values: Any) -> Any:
        if len(values) not in (0, 2):
            raise ValueError(f"expected two values, the lowest and the highest, got {len(values)}")
        return values

    constant = ("freq", "phase")
    scratch = 4
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
        phases: Floats[HISTORY]  # rad, the last of `phase`
        widths: Floats[HISTORY]  # cycles, the last of `pulse_width`

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
        state.phase = turn(at)
        state.elapsed = begin + size
        sharp = 0.5 if naive else AUDIBLE / rate  # turns per frame up to which nothing is smoothed

        stepped = type == Shape.sqr or type == Shape.saw or type == Shape.ramp
        moved = moves(phase, size, state.phases, begin) if stepped or type == Shape.tri else False
        if type == Shape.sqr:
            moved |= moves(pulse_width, size, state.widths, begin)
        if moved:
            gather(phase, pulse_width, size, state, work)
        if naive:
            moved = False

        if type == Shape.sin or type == Shape.cos:
            offset = 0.25 if type == Shape.cos else 0.0
            for i in count(size):
                out[i] = sine(out[i] + turns(phase[i]) + offset)
        elif moved and type == Shape.tri:
            moved_triangle(out, freq, work, sharp, rate)
        elif moved and type == Shape.sqr:
            moved_square(out, freq, work, sharp, rate)
        elif moved and stepped:
            moved_saw(out, freq, work, 1.0 if type == Shape.saw else -1.0, sharp, rate)
        elif type == Shape.tri:
            triangle(out, freq, phase, sharp, rate)
        elif type == Shape.sqr:
            square(out, freq, phase, pulse_width, sharp, rate)
        elif type == Shape.saw or type == Shape.ramp:
            saw(out, freq, phase, 1.0 if type == Shape.saw else -1.0, sharp, rate)
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
