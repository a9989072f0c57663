"""Clap: some hands that clap, not quite together, and the room behind them.

    hands: {clap: {amp: 0.8, trigger: {osc: {type: sqr, freq: 1}}}}
    crowd: {clap: {hands: 8, time: 0.017, decay: 0.6, tone: 0.8, amp: 0.6}}
    beat: {play: "~ crowd ~ crowd", cycle: 2}

Without `trigger` it claps once, as it begins, and ends when it is silent. It is noise around `freq`, 0.4 octaves wide
at `tone` 0 and two at 1. A hand follows the one before after `time`, and each falls meanwhile, by 12 dB at `snap` 0 and
by 60 dB at 1; the last one falls by 60 dB in `decay`. It is about as loud at any `freq` and `tone`.
(Roads: The Computer Music Tutorial, 1996; hands: Peltola, Erkut, Cook, Välimäki: Synthesis of hand clapping sounds,
2007.)
"""

import math

from waves.dsp.filters.state_variable import corner_coefficient, state_variable
from waves.dsp.maths import clip, finite
from waves.dsp.powers import exp
from waves.node import Floats, Node, Signal, State, param

from ._strikes import FALL, between, ease, hiss, is_struck, lasting

RISE = 0.0003  # s
NARROW, BROAD = 3.6, 0.7  # Q
LEAST, MOST = 0.2, 1.0  # of 60 dB, what a hand falls until the next one
LEVEL = 0.35


class Clap(Node):
    freq: Signal = param(1200.0, unit="Hz", minimum=100.0, maximum=8000.0, description="Middle of the noise.")
    decay: Signal = param(0.35, unit="s", minimum=0.01, maximum=10.0, description="Time to fall by 60 dB.")
    hands: int = param(4, unit="number", minimum=1, maximum=16, description="Hands that are heard.")
    time: Signal = param(0.011, unit="s", minimum=0.002, maximum=0.2, description="From one hand to the next.")
    tone: Signal = param(0.5, unit="position", minimum=0.0, maximum=1.0, description="0 hollow, 1 broad.")
    snap: Signal = param(0.5, unit="position", minimum=0.0, maximum=1.0, description="0 blurred, 1 dry hands.")
    trigger: Signal = param(None, unit="gate", description="Claps where it rises through 0.5.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    aliases = ("cp", "handclap", "claps")
    slow = ("fall", "drop", "corner", "damping", "gain")
    crossfaded = ("time", "trigger")
    waits = ("trigger",)
    hushed = True

    class state(State):
        begun: bool = False
        before: float = 0.0  # last value of the trigger
        level: float = 0.0
        since: float = 0.0  # frames since the last hand
        left: int = 0  # hands that are still to come
        rise: float = 0.0  # level that the last hand began at
        count: int = 0  # of the noise
        band: Floats[2]
        numbered = ("count",)
        ranges = {"left": (0, 16)}

    @staticmethod
    def slowly(freq, decay, time, tone, snap, rate):
        fall = exp(-FALL / (clip(finite(decay, 0.35), 0.01, 10.0) * rate))
        part = LEAST + (MOST - LEAST) * clip(finite(snap, 0.5), 0.0, 1.0)
        drop = exp(-part * FALL / (clip(finite(time, 0.011), 0.002, 0.2) * rate))
        middle, q = clip(finite(freq, 1200.0), 100.0, 8000.0), between(NARROW, BROAD, tone)
        width = 0.5 * math.pi * middle / q  # Hz, of as much noise
        return fall, drop, corner_coefficient(middle, rate), 1.0 / q, LEVEL / q * math.sqrt(22_050.0 / width)

    @staticmethod
    def render(out, hands, time, trigger, amp, fall, drop, corner, damping, gain, state, rate, seed):
        alone = trigger[0] != trigger[0]
        pace = 1.0 / (RISE * rate)
        for i in range(out.size):
            struck = is_struck(trigger[i], state.before, alone, state.begun)
            state.begun = True
            state.before = finite(trigger[i], 0.0)
            if struck:
                state.left = hands
            if struck or (state.left > 0 and state.since >= clip(finite(time[i], 0.011), 0.002, 0.2) * rate):
                state.left -= 1
                state.rise, state.level, state.since = state.level, 1.0, 0.0
            part = ease(state.since * pace)
            level = part * state.level + (1.0 - part) * state.rise
            _, band, _ = state_variable(level * hiss(seed, state.count, rate), corner[i], damping[i], state.band)
            state.count += 1
            out[i] = finite(amp[i], 0.0) * gain[i] * band if lasting(state.level) else 0.0
            state.level *= drop[i] if state.left > 0 else fall[i]
            state.since += 1.0
        return alone and state.left == 0 and not lasting(state.level)
