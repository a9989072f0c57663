"""Follow: the level of a sound as a signal that moves something else.

    kick: {osc: {freq: [150, 50], amp: [0.5, 0], duration: 0.2}}
    pumped:
      mix:
        drum: {sequencer: {id: drum, interval: beat, steps: [kick]}}
        pad:
          osc: {type: saw, freq: a2, amp: {follow: {signal: 2 * $drum, range: [0.2, 0.02], release: 0.2}}}

The size of the sound, of its loudest channel, is held below 1, and followed by 63 % of a rise in `attack`, of a
fall in `release`. `range` is what a level of 0 and one of 1 become. `peak` follows the waveform, as a sampler's
meter does, `rms` its power: steadier, and nearer to what is heard.

(Giannoulis, Massberg, Reiss: Digital dynamic range compressor design, 2012: the smooth branching detector.)
"""

import math

from pydantic import field_validator

from waves.dsp.filters.follower import follow, follower_coefficient
from waves.dsp.maths import finite
from waves.node import Channels, Choice, Floats, Node, Signal, Signals, State, param

from .._two_ends import two_ends

Type = Choice["peak", "rms"]
count = range  # the kernel has a parameter of that name


class Follow(Node):
    signal: Channels = param(description="The sound whose level is followed.")
    range: Signals = param([0.0, 1.0], unit="value", description="Values for a level of 0 and of 1.")
    attack: Signal = param(0.01, unit="s", minimum=0.0, description="Time for 63 % of a rise.")
    release: Signal = param(0.1, unit="s", minimum=0.0, description="Time for 63 % of a fall.")
    type: Type = param("peak", description="The waveform without its sign, or its power.")

    aliases = ("envelope follower", "amplitude", "rms")
    slow = ("rise", "fall")

    _two_ends = field_validator("range")(two_ends)

    class state(State):
        level: Floats[1]

    @staticmethod
    def slowly(attack, release, rate):
        return follower_coefficient(finite(attack, 0.0), rate), follower_coefficient(finite(release, 0.0), rate)

    @staticmethod
    def render(out, signal, range, rise, fall, type, state):
        for i in count(out.size):
            size = 0.0
            for channel in count(signal.size):
                size = max(size, abs(finite(signal[channel][i], 0.0)))
            size = min(size, 1.0)
            if type == Type.peak:
                out[i] = follow(size, rise[i], fall[i], state.level)
            elif type == Type.rms:
                out[i] = math.sqrt(follow(size * size, rise[i], fall[i], state.level))
        low, high = range[0], range[1]
        for i in count(out.size):
            out[i] = low[i] + out[i] * (high[i] - low[i])
