"""Squeezes the loud parts of a sound, all channels alike; `key: $kick` lets a kick drum push the sound down.

    glued: {squeeze: {threshold: -20, ratio: 4, signal: {osc: {type: saw, freq: 110, amp: 0.5}}}}
"""

import math

from waves.dsp.maths import finite
from waves.node import Channels, Node, State, param


class Squeeze(Node):
    signal: Channels = param(description="The sound to be compressed.")
    key: Channels = param(None, description="The sound that is measured; without it the signal.")
    threshold: float = param(-20.0, unit="dB", maximum=0.0, description="Level from which on it works.")
    ratio: float = param(4.0, unit="factor", minimum=1.0, description="dB of input for one dB of output above that.")
    attack: float = param(0.005, unit="s", minimum=0.0001, description="Time to follow a rise.")
    release: float = param(0.1, unit="s", minimum=0.001, description="Time to follow a fall.")

    channels = "signal"
    outputs = ("reduction",)
    rings = {"late": "signal"}
    tail = False

    class state(State):
        level: float = 0.0

    @staticmethod
    def lengths(constants, rate):
        return {"late": 0.01}

    @staticmethod
    def render(out, reduction, signal, key, threshold, ratio, attack, release, late, state, rate):
        ahead = int(attack * rate) if attack < 0.01 else int(0.01 * rate)
        rise, fall = 1.0 - math.exp(-1.0 / (attack * rate)), 1.0 - math.exp(-1.0 / (release * rate))
        slope = 1.0 / ratio - 1.0
        has_key = key[0][0] == key[0][0]
        level = state.level
        for i in range(reduction.size):
            loudest = 0.0
            for c in range(key.size if has_key else signal.size):
                loudest = max(loudest, abs(finite(key[c][i] if has_key else signal[c][i], 0.0)))
            level += (rise if loudest > level else fall) * (loudest - level)
            above = max(20.0 * math.log10(max(level, 1e-6)) - threshold, 0.0)
            reduction[i] = slope * above
            gain = 10.0 ** (0.05 * reduction[i])
            for c in range(out.size):
                late[c].push(finite(signal[c][i], 0.0))
                out[c][i] = gain * late[c].at(ahead + 1)
        state.level = level
