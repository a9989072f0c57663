"""Ladder: a lowpass that saturates and, from a resonance of 1 on, sings by itself, as in the synthesizers of Moog.

    acid: {ladder: {resonance: 0.85, drive: 12, cutoff: {osc: {freq: 0.2, range: [200, 2500]}},
                    signal: {osc: {type: saw, amp: 0.2, freq: {automation: {
                              interval: 0.15, steps: [55, 55, 110, 65.4]}}}}}}
    whistle: {ladder: {resonance: 1.1, signal: 0, cutoff: {automation: {interval: 0.4, steps: [a4, c5, e5]}}}}

Four poles with one corner, and their output is taken from what goes in: so at `resonance` 0 it is 12 dB down at
`cutoff`, and from 1 on it sings there, in tune within 1 cent up to 19 kHz. `slope: 12` is what comes out of two of the
poles. What goes in and what comes back are bent together, as a pair of transistors does; `drive` is the level into that
curve, and behind it a saw with peaks of -12 dB is as loud as it was. With resonance the bass becomes softer, by 4 dB at
most, in the circuit by 14. `cutoff` is held below 0.45 of the rate.

The loop has no delay: it is solved for each frame, at twice the rate, so that partials hardly fold back. Aliases of a
sine of 1 kHz are below -100 dB at a `drive` of 24, of one of 5 kHz below -90 dB at 9.
(Zavalishin: The Art of VA Filter Design, 2018; D'Angelo, Välimäki: Generalized Moog ladder filter, 2014.)
"""

import math
from typing import Any

from pydantic import model_validator

from waves.dsp.filters.halfband import down, up
from waves.dsp.filters.one_pole import lowpass_coefficient
from waves.dsp.maths import clip, finite, uniform
from waves.dsp.units import db_to_factor
from waves.node import BLOCK, Floats, Node, Signal, State, param

HIGHEST = 0.45  # of the rate
LOUDEST = 100.0  # value, of an input
LEVEL = 0.25  # peak of a saw that stays as loud
NOISE = 1e-6  # value, from which it begins to sing


class Ladder(Node):
    signal: Signal = param(description="The sound to be filtered.")
    cutoff: Signal = param(unit="Hz", minimum=0.0, description="The corner, and the pitch at which it sings.")
    resonance: Signal = param(0.0, unit="factor", minimum=0.0, maximum=1.2, description="It sings from 1 on.")
    drive: Signal = param(0.0, unit="dB", minimum=0.0, maximum=48.0, description="Level into the saturation.")
    slope: int = param(24, unit="dB", minimum=12, maximum=24, description="Per octave: 12 or 24.")

    aliases = ("moog", "acid filter")
    constant = ("cutoff",)
    hushed = True
    slow = ("into", "behind")
    scratch = 3

    class state(State):
        poles: Floats[4]
        up: Floats[8]
        down: Floats[8]

    @model_validator(mode="after")
    def _one_of_two(self) -> Any:
        if self.slope not in (12, 24):
            raise ValueError(f"'slope' is 12 or 24, not {self.slope}")
        return self

    @staticmethod
    def slowly(drive):
        into = db_to_factor(clip(finite(drive, 0.0), 0.0, 48.0))
        return into, math.sqrt(power(LEVEL) / power(into * LEVEL))

    @staticmethod
    def render(out, signal, cutoff, resonance, slope, into, behind, state, seed, clock, rate, work):
        size = out.size
        for i in range(size):
            work[i] = lowpass_coefficient(clip(cutoff[i], 0.0, HIGHEST * rate), 2.0 * rate)
        for i in range(size):
            hiss = NOISE * (2.0 * uniform(seed, clock + i) - 1.0) if resonance[i] >= 1.0 else 0.0
            out[i] = into[i] * clip(finite(signal[i], 0.0), -LOUDEST, LOUDEST) + hiss
        for i in range(size):
            work[BLOCK + 2 * i], work[BLOCK + 2 * i + 1] = up(out[i], state.up)

        first, second, third, fourth = state.poles[0], state.poles[1], state.poles[2], state.poles[3]
        for j in range(2 * size):
            g = work[j >> 1]
            feedback = 4.0 * clip(resonance[j >> 1], 0.0, 1.2)
            share = feedback * g * g * g * g  # of what comes back, from this frame
            alone = 1.0 / (1.0 + share)
            a, b, c, d = (1.0 - g) * first, (1.0 - g) * second, (1.0 - g) * third, (1.0 - g) * fourth
            x = work[BLOCK + j] - feedback * (((a * g + b) * g + c) * g + d)
            y = x * alone  # as if nothing were bent, and one step of Newton from there
            bend = 1.0 / math.sqrt(1.0 + y * y)
            y -= (y + share * y * bend - x) / (1.0 + share * bend * bend * bend)
            one = a + g * (y / math.sqrt(1.0 + y * y))
            two = b + g * one
            three = c + g * two
            four = d + g * three
            first, second = 2.0 * one - first, 2.0 * two - second
            third, fourth = 2.0 * three - third, 2.0 * four - fourth
            work[BLOCK + j] = two if slope == 12 else four
        state.poles[0], state.poles[1], state.poles[2], state.poles[3] = first, second, third, fourth

        for i in range(size):
            level = behind[i] * (1.0 + 2.0 * clip(resonance[i], 0.0, 1.2))
            out[i] = level * down(work[BLOCK + 2 * i], work[BLOCK + 2 * i + 1], state.down)


def power(peak):
    """The power that the saturation makes of a saw with such a peak."""
    return 1.0 - math.atan(peak) / peak
