"""Snare: a snare drum, a skin with two pitches and wires that rattle; from a soft brush to a hard crack.

    backbeat: {snare: {amp: 0.8, trigger: {osc: {type: sqr, freq: 1.5}}}}
    tight: {snare: {freq: 240, decay: 0.12, tone: 0.8, snap: 0.7, amp: 0.7 * v}}
    roll: {play: "tight*16", v: ".3 .4 .5 .6 .7 .8 .9 1", cycle: 2}

Without `trigger` it is struck once, as it begins, and ends when it is silent. The skin has the partials `freq` and 1.83
`freq`, as a drum of 14 inches has 182 and 330 Hz; they begin `sweep` semitones higher, and arrive within 50 ms by 60
dB. The wires are noise, two octaves wide, from 600 Hz on at `tone` 0 and from 6 kHz on at 1; `snap` is their share.
Lower partial and wires fall by 60 dB in `decay`, the upper one in half of it.
(Fletcher, Rossing: The Physics of Musical Instruments, 1998, chapter 18.)
"""

import math

from waves.dsp.filters.one_pole import lowpass, lowpass_coefficient
from waves.dsp.filters.state_variable import corner_coefficient, state_variable
from waves.dsp.maths import clip, finite, increment, sine
from waves.dsp.panning import equal_power
from waves.dsp.powers import exp
from waves.node import Floats, Node, Signal, State, param

from ._strikes import FALL, between, ease, hiss, is_struck, lasting

RISE = 0.0003  # s
ARRIVES = 0.05  # s until the pitch is there, by 60 dB
UPPER = 1.83  # ratio of the upper partial
DULL, BRIGHT = 600.0, 6000.0  # Hz, from where the wires sound
SKIN, WIRES = 0.65, 0.35  # levels


class Snare(Node):
    freq: Signal = param(182.0, unit="Hz", minimum=40.0, maximum=2000.0, description="Pitch of the skin.")
    decay: Signal = param(0.25, unit="s", minimum=0.01, maximum=10.0, description="Time to fall by 60 dB.")
    sweep: Signal = param(
        6.0, unit="semitones", minimum=0.0, maximum=36.0, description="Of its beginning above its pitch."
    )
    tone: Signal = param(0.4, unit="position", minimum=0.0, maximum=1.0, description="The wires: 0 dark, 1 bright.")
    snap: Signal = param(0.5, unit="position", minimum=0.0, maximum=1.0, description="0 only the skin, 1 only wires.")
    trigger: Signal = param(None, unit="gate", description="Strikes where it rises through 0.5.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    aliases = ("sd", "sn", "snare drum", "rimshot")
    slow = ("fall", "corner", "smooth", "skin", "wires")
    crossfaded = ("trigger",)
    waits = ("trigger",)
    hushed = True

    class state(State):
        begun: bool = False
        before: float = 0.0  # last value of the trigger
        level: float = 0.0
        above: float = 0.0  # part of `sweep` that is left
        since: float = 0.0  # frames since the strike
        turn: float = 0.0  # of the lower partial
        upper: float = 0.0  # turn of the upper one
        last: float = 0.0  # what it gave
        left: float = 0.0  # of what was cut by the last strike
        count: int = 0  # of the noise
        wires: Floats[2]
        soft: Floats[1]
        numbered = ("count",)

    @staticmethod
    def slowly(decay, tone, snap, rate):
        fall = exp(-FALL / (clip(finite(decay, 0.25), 0.01, 10.0) * rate))
        skin, wires = equal_power(finite(snap, 0.5))
        low = between(DULL, BRIGHT, tone)
        width = min(5.3 * low, 20_000.0)  # Hz, of as much noise
        wires *= WIRES * math.sqrt(22_050.0 / width)
        return fall, corner_coefficient(low, rate), lowpass_coefficient(4.0 * low, rate), SKIN * skin, wires

    @staticmethod
    def render(out, freq, sweep, trigger, amp, fall, corner, smooth, skin, wires, state, rate, seed):
        alone = trigger[0] != trigger[0]
        close, gone, pace = exp(-FALL / (ARRIVES * rate)), exp(-1.0 / (RISE * rate)), 1.0 / (RISE * rate)
        for i in range(out.size):
            if is_struck(trigger[i], state.before, alone, state.begun):
                state.left = state.last
                state.level, state.above = 1.0, 1.0
                state.since, state.turn, state.upper = 0.0, 0.0, 0.0
            state.begun = True
            state.before = finite(trigger[i], 0.0)

            high = exp(math.log(2.0) / 12.0 * clip(finite(sweep[i], 0.0), 0.0, 36.0) * state.above)
            pitch = min(clip(finite(freq[i], 182.0), 40.0, 2000.0) * high, 0.2 * rate)
            state.turn += increment(pitch, rate)
            state.turn -= 1.0 if state.turn >= 1.0 else 0.0
            state.upper += increment(UPPER * pitch, rate)
            state.upper -= 1.0 if state.upper >= 1.0 else 0.0
            _, _, rattle = state_variable(hiss(seed, state.count, rate), corner[i], 1.414, state.wires)
            rattle = lowpass(rattle, smooth[i], state.soft)
            state.count += 1
            body = 0.7 * sine(state.turn) + 0.4 * state.level * sine(state.upper)
            wave = state.level * ease(state.since * pace) * (skin[i] * body + wires[i] * rattle) + state.left
            state.last = wave
            state.level *= fall[i]
            state.above *= close
            state.left *= gone
            state.since += 1.0
            out[i] = finite(amp[i], 0.0) * wave if lasting(state.level) else 0.0
        return alone and not lasting(state.level)
