"""Compress: makes loud parts softer, all channels alike; `key: $kick` measures another sound.

    glued: {compress: {threshold: -24, ratio: 4, attack: 0.01, signal: {mix: {
             drum: {sequencer: {interval: 0.5, steps: [{osc: {freq: 55, amp: 0.35, duration: 0.2, release: 0.1}}]}},
             pad: {osc: {type: saw, freq: 110, amp: 0.08}}}}}}

The level is the highest of all channels in the last 10 ms, so that a tone is made softer without being bent. Above
`threshold` it rises by 1 dB for each `ratio` dB; `knee` is the width in dB of the bend between. `attack` and `release`
are the times for 63 % of the way down and up, in dB. With `lookahead` the sound is late by it, and the gain is there
before a beat is. `$id.reduction` is the gain in dB, 0 or below.

Without `gain` the sound stays as loud as it was: it is raised by what was taken from its power in the last seconds, and
by nothing where a `key` is measured. (Giannoulis, Massberg, Reiss: Digital dynamic range compressor
design, 2012.)
"""

import math

from waves.dsp.filters.follower import follower_coefficient
from waves.dsp.maths import clip, finite
from waves.dsp.units import db_to_factor, factor_to_db
from waves.node import BLOCK, Channels, Constants, Floats, Node, Signal, State, param

from ._level import SILENT, excess, followed, highest, loudest, part_frames

MEMORY = 3.0  # s, in which the power is averaged by which the sound is raised
QUIET = 1e-14  # power of the silence in which it is raised no more
LOUDEST = 1e6  # of what is averaged
LONGEST = 0.1  # s
SHORTEST = 0.02  # s of memory at least, so that a look-ahead can be turned up
SPARE = 0.001  # s


class Compress(Node):
    signal: Channels = param(description="The sound to be compressed.")
    key: Channels = param(None, description="The sound that is measured; else the signal.")
    threshold: Signal = param(-20.0, unit="dB", description="Level from which on it works.")
    ratio: Signal = param(4.0, unit="ratio", minimum=1.0, description="dB of input for one dB of output above that.")
    attack: Signal = param(0.005, unit="s", minimum=0.0, description="Time for 63 % of the way to a lower gain.")
    release: Signal = param(0.1, unit="s", minimum=0.0, description="Time for 63 % of the way back.")
    knee: Signal = param(6.0, unit="dB", minimum=0.0, description="Width of the bend at the threshold.")
    lookahead: float = param(
        0.0, unit="s", minimum=0.0, maximum=LONGEST, description="By how much the level is known ahead."
    )
    gain: Signal = param(None, unit="dB", description="Gain behind it; else what keeps the sound as loud.")
    mix: Signal = param(
        1.0, unit="factor", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the effect."
    )

    aliases = ("compressor", "comp")
    channels = "signal"
    outputs = ("reduction",)
    rings = {"late": "signal"}
    crossfaded = ("key", "gain")  # without them the gain is another one at once
    slow = ("low", "part", "bend", "rise", "fall", "frames", "raised")
    scratch = 2

    class state(State):
        level: Floats[5]
        gain: Floats[2]
        power: float = 0.0  # averaged
        left: float = 0.0  # what the gain leaves of it

    @staticmethod
    def lengths(constants: Constants, rate: float) -> dict[str, float]:
        return {"late": max(constants.lookahead, SHORTEST) + SPARE}

    @staticmethod
    def slowly(threshold, ratio, knee, attack, release, gain, rate):
        low = clip(finite(threshold, 0.0), -120.0, 120.0)
        part = 1.0 - 1.0 / clip(finite(ratio, 1.0), 1.0, 1e9)
        bend = clip(finite(knee, 0.0), 0.0, 120.0)
        rise = follower_coefficient(finite(attack, 0.0), rate)
        fall = follower_coefficient(finite(release, 0.0), rate)
        raised = clip(finite(gain, 0.0), -120.0, 120.0)
        return low, part, bend, rise, fall, part_frames(release, rate), raised

    @staticmethod
    def render(
        out, reduction, signal, key, lookahead, gain, mix, late, low, part, bend, rise, fall, frames, raised,
        state, work, rate,
    ):  # fmt: skip
        size = reduction.size
        keyed = key[0][0] == key[0][0]
        automatic = not (keyed or gain[0] == gain[0])
        for i in range(size):
            x = loudest(key, i) if keyed else loudest(signal, i)
            work[i] = highest(x, frames[i], state.level)
            work[BLOCK + i] = min(x, LOUDEST)
        for i in range(size):
            over = excess(factor_to_db(max(work[i], SILENT)), low[i], bend[i])
            reduction[i] = part[i] * over
        for i in range(size):
            reduction[i] = -followed(reduction[i], rise[i], fall[i], state.gain)
        for i in range(size):
            work[i] = db_to_factor(reduction[i])
        if automatic:
            share = 1.0 / (MEMORY * rate)
            power, left = state.power, state.left
            for i in range(size):
                x = work[BLOCK + i]
                power += share * (x * x - power)
                x *= work[i]
                left += share * (x * x - left)
                work[i] *= math.sqrt((power + QUIET) / (left + QUIET))
            state.power, state.left = power, left
        else:
            for i in range(size):
                work[i] *= db_to_factor(raised[i])
        for i in range(size):
            work[i] = 1.0 + clip(mix[i], 0.0, 1.0) * (work[i] - 1.0)
        ahead = int(lookahead * rate + 0.5)
        for c in range(out.size):
            for i in range(size):
                late[c].push(signal[c][i])
                out[c][i] = work[i] * late[c].at(ahead + 1)
