"""Hat: a hi-hat, closed or open by its `decay`; metal that rings in no key, and air.

    closed: {hat: {amp: 0.8, trigger: {osc: {type: sqr, freq: 6}}}}
    open: {hat: {decay: 0.8, tone: 0.3, amp: 0.6}}
    shut: {hat: {decay: 0.06, snap: 0.7, amp: 0.7 * v}}
    beat: {play: "shut shut open shut", v: "1 .5 .8 .6", cycle: 0.8}

Without `trigger` it is struck once, as it begins, and ends when it is silent. The metal is three pairs of sines, the
phase of one moved by the other, at ratios to `freq` that belong to no scale; it has no partial that would fold back.
`metal` is its share, the rest is noise. Both sound above 2.5 kHz at `tone` 0 and above 10 kHz at 1, and fall by 60 dB
in `decay`. `snap` makes the first 8 ms up to twice as loud as the rest.
(Chowning: The synthesis of complex audio spectra by means of frequency modulation, 1973.)
"""

import numpy as np

from waves.dsp.filters.state_variable import corner_coefficient, state_variable
from waves.dsp.maths import clip, finite, increment, sine
from waves.dsp.panning import equal_power
from waves.dsp.powers import exp
from waves.node import Floats, Node, Signal, State, param

from ._strikes import FALL, between, ease, hiss, is_struck, lasting

RISE = 0.0003  # s
FIRST = 0.008  # s of `snap`, to -60 dB
DULL, BRIGHT = 2500.0, 10_000.0  # Hz, from where it sounds
PAIRS = 3
CARRIERS = np.array([6.65, 8.57, 10.93])  # ratios to `freq`
MOVERS = np.array([1.71, 2.183, 1.271])
MOST = 2.5 / (2.0 * np.pi)  # turns by which a phase is moved
WIDE = 4.0  # partials beside the carrier, beyond those that the movement itself makes
HIGHEST = 0.46  # of the rate, where the highest partial lies
METAL, AIR = 0.7, 0.4  # levels


class Hat(Node):
    freq: Signal = param(800.0, unit="Hz", minimum=100.0, maximum=4000.0, description="Pitch of the metal.")
    decay: Signal = param(0.12, unit="s", minimum=0.01, maximum=10.0, description="Time to fall by 60 dB.")
    tone: Signal = param(0.6, unit="position", minimum=0.0, maximum=1.0, description="0 dark, 1 bright.")
    metal: Signal = param(0.6, unit="position", minimum=0.0, maximum=1.0, description="0 only air, 1 only metal.")
    snap: Signal = param(0.3, unit="factor", minimum=0.0, maximum=1.0, description="More of its beginning.")
    trigger: Signal = param(None, unit="gate", description="Strikes where it rises through 0.5.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    aliases = ("hh", "hihat", "cymbal", "oh")
    slow = ("fall", "corner", "ring", "air")
    crossfaded = ("trigger",)
    waits = ("trigger",)
    hushed = True

    class state(State):
        begun: bool = False
        before: float = 0.0  # last value of the trigger
        level: float = 0.0
        first: float = 0.0  # level of the first moment
        since: float = 0.0  # frames since the strike
        last: float = 0.0  # what it gave
        left: float = 0.0  # of what was cut by the last strike
        count: int = 0  # of the noise
        carriers: Floats[PAIRS]  # turns
        movers: Floats[PAIRS]  # turns
        high: Floats[2]
        numbered = ("count",)

    @staticmethod
    def slowly(decay, tone, metal, rate):
        fall = exp(-FALL / (clip(finite(decay, 0.12), 0.01, 10.0) * rate))
        air, ring = equal_power(finite(metal, 0.6))
        return fall, corner_coefficient(between(DULL, BRIGHT, tone), rate), METAL * ring, AIR * air

    @staticmethod
    def render(out, freq, snap, trigger, amp, fall, corner, ring, air, state, rate, seed):
        alone = trigger[0] != trigger[0]
        soon, gone, pace = exp(-FALL / (FIRST * rate)), exp(-1.0 / (RISE * rate)), 1.0 / (RISE * rate)
        for i in range(out.size):
            if is_struck(trigger[i], state.before, alone, state.begun):
                state.left = state.last
                state.level, state.first, state.since = 1.0, 1.0, 0.0
            state.begun = True
            state.before = finite(trigger[i], 0.0)

            pitch = clip(finite(freq[i], 800.0), 100.0, 4000.0)
            metal = 0.0
            for k in range(PAIRS):
                carrier, mover = CARRIERS[k] * pitch, MOVERS[k] * pitch
                state.carriers[k] += increment(min(carrier, HIGHEST * rate), rate)
                state.carriers[k] -= 1.0 if state.carriers[k] >= 1.0 else 0.0
                state.movers[k] += increment(min(mover, HIGHEST * rate), rate)
                state.movers[k] -= 1.0 if state.movers[k] >= 1.0 else 0.0
                moved = clip(((HIGHEST * rate - carrier) / mover - WIDE) / 6.2831853, 0.0, MOST)
                heard = clip(20.0 * (HIGHEST - carrier / rate), 0.0, 1.0)
                metal += heard * sine(state.carriers[k] + moved * sine(state.movers[k]))
            wave = ring[i] / PAIRS * metal + air[i] * hiss(seed, state.count, rate)
            state.count += 1
            _, _, wave = state_variable(wave, corner[i], 1.414, state.high)
            loud = 1.0 + clip(finite(snap[i], 0.0), 0.0, 1.0) * state.first
            wave = state.level * ease(state.since * pace) * loud * wave + state.left
            state.last = wave
            state.level *= fall[i]
            state.first *= soon
            state.left *= gone
            state.since += 1.0
            out[i] = finite(amp[i], 0.0) * wave if lasting(state.level) else 0.0
        return alone and not lasting(state.level)
