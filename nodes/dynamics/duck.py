"""Duck: makes room for another sound: the gain falls by up to `depth` while `key` is loud.

    kick: {sequencer: {interval: 0.5, steps: [{osc: {freq: 55, amp: 0.5, duration: 0.15, release: 0.1}}]}}
    pumping: {mix: {kick: kick, pad: {duck: {
               key: kick, depth: 18, release: 0.25, signal: {osc: {type: saw, freq: 110, amp: 0.1}}}}}}

`key: kick` plays the sound once more, unheard; `key: $kick` measures a node with this `id` that plays already.
From `threshold` on the gain falls by 1 dB for each dB of the key, by `depth` at most: a `compress` with a key and
without an end of its ratio. `$id.reduction` is the gain in dB, 0 or below. (Giannoulis, Massberg, Reiss: Digital
dynamic range compressor design, 2012.)
"""

from waves.dsp.filters.follower import follower_coefficient
from waves.dsp.maths import clip, finite
from waves.dsp.units import db_to_factor, factor_to_db
from waves.node import Channels, Floats, Node, Signal, State, param

from ._level import SILENT, followed, highest, loudest, part_frames


class Duck(Node):
    signal: Channels = param(description="The sound that makes room.")
    key: Channels = param(description="The sound that it makes room for: its level is measured.")
    depth: Signal = param(12.0, unit="dB", minimum=0.0, description="By how much the gain falls at most.")
    threshold: Signal = param(-30.0, unit="dB", description="Level of the key from which on it falls.")
    attack: Signal = param(0.005, unit="s", minimum=0.0, description="Time for 63 % of the way down.")
    release: Signal = param(0.15, unit="s", minimum=0.0, description="Time for 63 % of the way back.")

    aliases = ("sidechain", "ducker", "ducking", "pump")
    channels = "signal"
    outputs = ("reduction",)
    slow = ("low", "most", "rise", "fall", "frames")
    tail = False

    class state(State):
        level: Floats[5]
        gain: Floats[2]

    @staticmethod
    def slowly(threshold, depth, attack, release, rate):
        low = clip(finite(threshold, 0.0), -120.0, 120.0)
        most = clip(finite(depth, 0.0), 0.0, 120.0)
        rise = follower_coefficient(finite(attack, 0.0), rate)
        fall = follower_coefficient(finite(release, 0.0), rate)
        return low, most, rise, fall, part_frames(release, rate)

    @staticmethod
    def render(out, reduction, signal, key, low, most, rise, fall, frames, state):
        size = reduction.size
        for i in range(size):
            reduction[i] = highest(loudest(key, i), frames[i], state.level)
        for i in range(size):
            reduction[i] = clip(factor_to_db(max(reduction[i], SILENT)) - low[i], 0.0, most[i])
        for i in range(size):
            reduction[i] = -followed(reduction[i], rise[i], fall[i], state.gain)
        for c in range(out.size):
            for i in range(size):
                out[c][i] = db_to_factor(reduction[i]) * finite(signal[c][i], 0.0)
