"""Kick: a bass drum, whose pitch falls to that of the drum; from a soft thump to a long boom or a hard techno kick.

    four: {kick: {freq: 50, amp: 0.8, trigger: {osc: {type: sqr, freq: 2}}}}
    boom: {kick: {freq: 45, decay: 2, sweep: 12, snap: 0.1, amp: 0.8}}
    hard: {kick: {freq: 55, decay: 0.4, drive: 12, tone: 0.9, snap: 0.6, amp: 0.7}}
    beat: {play: "boom ~ hard boom", cycle: 2}

Without `trigger` it is struck once, as it begins, and ends when it is silent. The pitch begins `sweep` semitones above
`freq`, and its distance in semitones falls by 60 dB in `time`. The level falls by 60 dB in `decay`, at any `drive`.
`drive` bends the sine by tanh, but no more than lets partials fold back that are above -80 dB. `snap` is the level of
the beater, a sine that lasts 6 ms, from 700 Hz at `tone` 0 to 5.6 kHz at 1.
(Roads: The Computer Music Tutorial, 1996; the pitch that falls: Werner, Abel, Smith: A physically-informed,
circuit-bendable, digital model of the Roland TR-808 bass drum circuit, 2014.)
"""

import math

from waves.dsp.maths import clip, finite, increment, sine
from waves.dsp.powers import exp, tanh
from waves.dsp.units import db_to_factor
from waves.node import Node, Signal, State, param

from ._strikes import FALL, ease, is_struck, lasting

RISE = 0.0003  # s
BEATER = 0.006  # s to -60 dB
DULL, BRIGHT = 700.0, 5600.0  # Hz, of the beater
ALIASES = 18.0  # in the exponent of the loudest partial that folds back, -80 dB


class Kick(Node):
    freq: Signal = param(50.0, unit="Hz", minimum=20.0, maximum=1000.0, description="Pitch that it falls to.")
    decay: Signal = param(0.6, unit="s", minimum=0.01, maximum=30.0, description="Time to fall by 60 dB.")
    sweep: Signal = param(
        30.0, unit="semitones", minimum=0.0, maximum=60.0, description="Of its beginning above its pitch."
    )
    time: Signal = param(
        0.15, unit="s", minimum=0.001, maximum=10.0, description="Time in which the pitch arrives, by 60 dB."
    )
    tone: Signal = param(0.5, unit="position", minimum=0.0, maximum=1.0, description="The beater: 0 felt, 1 wood.")
    snap: Signal = param(0.25, unit="factor", minimum=0.0, maximum=1.0, description="Level of the beater.")
    drive: Signal = param(0.0, unit="dB", minimum=0.0, maximum=36.0, description="Level into the saturation.")
    trigger: Signal = param(None, unit="gate", description="Strikes where it rises through 0.5.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    aliases = ("bd", "bass drum", "thump")
    slow = ("fall", "close", "beat", "gain")
    crossfaded = ("trigger",)
    waits = ("trigger",)
    hushed = True

    class state(State):
        begun: bool = False
        before: float = 0.0  # last value of the trigger
        level: float = 0.0
        above: float = 0.0  # part of `sweep` that is left
        click: float = 0.0  # level of the beater
        since: float = 0.0  # frames since the strike
        turn: float = 0.0  # of the drum
        beater: float = 0.0  # turn of the beater
        last: float = 0.0  # what it gave
        left: float = 0.0  # of what was cut by the last strike

    @staticmethod
    def slowly(decay, time, tone, drive, rate):
        fall = exp(-FALL / (clip(finite(decay, 0.6), 0.01, 30.0) * rate))
        close = exp(-FALL / (clip(finite(time, 0.15), 0.001, 10.0) * rate))
        beat = DULL * exp(math.log(BRIGHT / DULL) * clip(finite(tone, 0.5), 0.0, 1.0))
        return fall, close, beat, db_to_factor(clip(finite(drive, 0.0), 0.0, 36.0))

    @staticmethod
    def render(out, freq, sweep, snap, trigger, amp, fall, close, beat, gain, state, rate):
        alone = trigger[0] != trigger[0]
        soon, gone = exp(-FALL / (BEATER * rate)), exp(-1.0 / (RISE * rate))
        pace = 1.0 / (RISE * rate)
        for i in range(out.size):
            if is_struck(trigger[i], state.before, alone, state.begun):
                state.left = state.last
                state.level, state.above, state.click = 1.0, 1.0, 1.0
                state.since, state.turn, state.beater = 0.0, 0.0, 0.0
            state.begun = True
            state.before = finite(trigger[i], 0.0)

            high = exp(math.log(2.0) / 12.0 * clip(finite(sweep[i], 0.0), 0.0, 60.0) * state.above)
            pitch = min(clip(finite(freq[i], 50.0), 20.0, 1000.0) * high, 0.2 * rate)
            wave, click = sine(state.turn), sine(state.beater)
            state.turn += increment(pitch, rate)
            state.turn -= 1.0 if state.turn >= 1.0 else 0.0
            state.beater += increment(min(beat[i], 0.4 * rate), rate)
            state.beater -= 1.0 if state.beater >= 1.0 else 0.0
            if gain[i] > 1.001:
                folds = exp(ALIASES * pitch / rate)
                bent = min(gain[i], math.pi / (folds - 1.0 / folds))  # so that exp of its poles is above -80 dB
                most = 1.0 / tanh(bent)
                wave += clip(gain[i] - 1.0, 0.0, 1.0) * (most * tanh(bent * wave) - wave)
            wave = state.level * wave + clip(finite(snap[i], 0.0), 0.0, 1.0) * state.click * click
            wave = ease(state.since * pace) * wave + state.left
            state.last = wave
            state.level *= fall[i]
            state.above *= close[i]
            state.click *= soon
            state.left *= gone
            state.since += 1.0
            out[i] = finite(amp[i], 0.0) * wave if lasting(state.level) else 0.0
        return alone and not lasting(state.level)
