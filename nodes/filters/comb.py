"""Comb: an echo so short that it is a tone, in tune; a resonator for drums and noise, or a string for what strikes it.

    struck: {comb: {freq: c3, decay: 2, damping: 0.6, signal: {osc: {type: noise, amp: 0.5, duration: 0.01}}}}
    metal: {comb: {freq: 311, feedback: -0.9, mix: 0.6,
                   signal: {osc: {type: noise, amp: {osc: {freq: 2, range: [0, 0.2]}}}}}}

`feedback` in place of `decay` is the part that comes back each time; below 0 the tone is an octave lower, and hollow.
With `damping` 0.5 what is above 2 kHz is gone in half the time. The part of a frame in the loop is an allpass, tuned at
`freq`, so that nothing is lost in it. A noise is as loud as it came in; an offset stays outside.
(Moorer: About this reverberation business, 1979; Jaffe, Smith: Extensions of the Karplus-Strong plucked-string
algorithm, 1983.)
"""

import math
from typing import Any

from pydantic import model_validator

from waves.dsp.filters.allpass import tuned_coefficient
from waves.dsp.filters.one_pole import dc_block, lowpass, lowpass_coefficient
from waves.dsp.filters.state_variable import corner_coefficient
from waves.dsp.maths import clip, finite
from waves.dsp.powers import power
from waves.dsp.units import db_to_factor
from waves.node import Floats, Node, Signal, State, param

LOWEST = 20.0  # Hz
HIGHEST = 0.2  # of the rate
DECAY = 1.0  # s, where nothing is given
MOST = 0.99999  # of the output that goes in again
BRIGHT = 2000.0  # Hz, from where damping works
DULLEST = 0.99  # damping


class Comb(Node):
    signal: Signal = param(description="The sound that is echoed.")
    freq: Signal = param(unit="Hz", minimum=LOWEST, maximum=8000.0, description="Pitch of the tone.")
    decay: Signal = param(None, unit="s", minimum=0.001, description="Time to fall by 60 dB; else 1 s.")
    feedback: Signal = param(
        None, unit="factor", minimum=-1.0, maximum=1.0, description="Part of the output that goes in again."
    )
    damping: Signal = param(
        0.0,
        unit="factor",
        minimum=0.0,
        maximum=1.0,
        description="Part of the decay by which high frequencies are gone sooner.",
    )
    mix: Signal = param(1.0, unit="factor", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the comb.")

    aliases = ("resonator",)
    rings = {"loop": 1}
    crossfaded = ("freq",)
    slow = ("pitch", "length", "keep", "loss", "level")

    class state(State):
        last: float = 0.0  # what the allpass gave
        low: Floats[1]
        dc: Floats[1]

    @model_validator(mode="after")
    def _one_of_them(self) -> Any:
        if {"decay", "feedback"} <= self.model_fields_set:
            raise ValueError("takes 'decay' or 'feedback', not both")
        return self

    @staticmethod
    def lengths(constants, rate):
        return {"loop": 1.1 / LOWEST}

    @staticmethod
    def slowly(freq, decay, feedback, damping, rate):
        pitch = clip(freq, LOWEST, HIGHEST * rate)
        if feedback == feedback:  # it is given
            keep = MOST * clip(feedback, -1.0, 1.0)
        else:
            keep = min(db_to_factor(-60.0 / (pitch * clip(finite(decay, DECAY), 0.001, 1e6))), MOST)
        dull = clip(damping, 0.0, DULLEST)
        loss = 1.0 - power(abs(keep), dull / (1.0 - dull))
        ratio = corner_coefficient(pitch, rate) / corner_coefficient(BRIGHT, rate)
        late = (math.atan(ratio) - math.atan(ratio * (1.0 - loss))) / math.tau  # turns, of what damps
        return pitch, (1.0 - late) * rate / pitch, keep, loss, math.sqrt(1.0 - keep * keep)

    @staticmethod
    def render(out, signal, mix, pitch, length, keep, loss, level, loop, state, rate):
        bright = lowpass_coefficient(BRIGHT, rate)
        for i in range(out.size):
            whole = int(length[i] - 0.5)
            out[i] = tuned_coefficient(length[i] - whole, pitch[i], rate)
        y = state.last
        for i in range(out.size):
            whole = int(length[i] - 0.5)
            y = out[i] * (loop.at(whole) - y) + loop.at(whole + 1)
            dull = y + loss[i] * (lowpass(y, bright, state.low) - y)
            dry = finite(signal[i], 0.0)
            sum = dc_block(dry, rate, state.dc) + keep[i] * dull
            loop.push(sum)
            out[i] = dry + clip(mix[i], 0.0, 1.0) * (level[i] * sum - dry)
        state.last = y
