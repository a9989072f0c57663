"""String: a plucked string, in tune.

    harp: {string: {freq: 220, trigger: {osc: {type: sqr, freq: 2}}, decay: 3, bright: 4000}}

A loop of one period with a lowpass and an allpass that makes up the part of a frame. (Jaffe, Smith: Extensions of the
Karplus-Strong plucked-string algorithm, 1983.)
"""

from waves.dsp.filters.allpass import allpass, tuned_coefficient
from waves.dsp.filters.one_pole import dc_block, lowpass, lowpass_coefficient, lowpass_delay, lowpass_level
from waves.dsp.maths import clip, finite, uniform
from waves.dsp.units import db_to_factor
from waves.node import Floats, Node, Signal, State, param

LOWEST = 20.0  # Hz


class String(Node):
    freq: Signal = param(220.0, unit="Hz", minimum=LOWEST, description="Pitch.")
    trigger: Signal = param(1.0, unit="gate", description="Plucks where it rises through 0.5.")
    decay: Signal = param(3.0, unit="s", minimum=0.01, description="Time to fall by 60 dB, if `bright` lets it.")
    bright: Signal = param(6000.0, unit="Hz", minimum=100.0, description="Corner of the lowpass in the loop.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")

    rings = {"loop": 1}
    constant = ("freq", "bright")
    hushed = True

    class state(State):
        before: float = 0.0  # last value of the trigger
        left: float = 0.0  # frames of noise to come
        count: int = 0  # of all noise
        damper: Floats[1]
        tuner: Floats[1]
        dc: Floats[1]

    @staticmethod
    def lengths(constants, rate):
        return {"loop": 1.2 / LOWEST}

    @staticmethod
    def render(out, freq, trigger, decay, bright, amp, loop, state, rate, seed):
        for i in range(out.size):
            f = clip(freq[i], LOWEST, 0.2 * rate)
            if trigger[i] >= 0.5 and state.before < 0.5:
                state.left = rate / f
            state.before = finite(trigger[i], 0.0)

            g = lowpass_coefficient(max(finite(bright[i], 0.0), f), rate)
            length = rate / f - lowpass_delay(g, f, rate)
            whole = int(length - 0.5)
            y = allpass(loop.at(whole), tuned_coefficient(length - whole, f, rate), state.tuner)
            keep = db_to_factor(-60.0 / (f * max(finite(decay[i], 3.0), 0.01))) / lowpass_level(g, f, rate)
            y = min(keep, 0.99999) * lowpass(y, g, state.damper)
            if state.left > 0.0:
                y += 2.0 * uniform(seed, state.count) - 1.0
                state.count += 1
                state.left -= 1.0
            loop.push(y)
            out[i] = finite(amp[i], 0.0) * dc_block(y, rate, state.dc)
