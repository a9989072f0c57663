"""A room: eight delay lines that move a little, each fed by all of them.

    room: {reverb: {decay: 3, size: 0.7, mix: 0.3, signal: {osc: {freq: 330, amp: 0.4, duration: 0.2}}}}

A feedback delay network; each line loses 60 dB in `decay` seconds. (Jot, Chaigne: Digital delay networks for designing
artificial reverberators, 1991.)
"""

import math

from waves.dsp.maths import clip, finite, sine
from waves.node import Channels, Floats, Node, Signal, State, param

LINES = 8
LENGTHS = (0.0297, 0.0371, 0.0411, 0.0437, 0.0533, 0.0617, 0.0683, 0.0797)  # s, at size 1
SPEEDS = (0.31, 0.37, 0.43, 0.47, 0.53, 0.59, 0.61, 0.67)  # Hz
SWING = 0.0003  # s by which a line moves
SIGNS = (1.0, 1.0, 1.0, 1.0, -1.0, -1.0, 1.0, 1.0)


class Reverb(Node):
    signal: Channels = param(description="What sounds in the room.")
    decay: Signal = param(2.0, unit="s", minimum=0.01, description="Time to fall by 60 dB.")
    size: Signal = param(1.0, unit="factor", minimum=0.1, maximum=2.0, description="Of the room.")
    damping: Signal = param(0.3, unit="factor", minimum=0.0, maximum=1.0, description="How much faster treble falls.")
    mix: Signal = param(0.3, unit="factor", minimum=0.0, maximum=1.0, description="0 the input, 1 the room.")

    channels = ("left", "right")
    rings = {"lines": LINES}
    slow = {"ages": LINES, "gains": LINES}
    crossfaded = ("size",)

    class state(State):
        low: Floats[LINES]

    @staticmethod
    def lengths(constants, rate):
        return {"lines": 2.0 * LENGTHS[-1] + 2.0 * SWING}

    @staticmethod
    def slowly(decay, size, clock, rate, ages, gains):
        room, time = clip(finite(size, 1.0), 0.1, 2.0), max(finite(decay, 2.0), 0.01)
        for k in range(LINES):
            seconds = LENGTHS[k] * room + SWING * (1.0 + sine(SPEEDS[k] * clock / rate))
            ages[k] = seconds * rate
            gains[k] = math.exp(-6.907755 * seconds / time) / math.sqrt(LINES)

    @staticmethod
    def render(left, right, signal, damping, mix, lines, ages, gains, state):
        for i in range(left.size):
            dark = 0.9 * clip(finite(damping[i], 0.3), 0.0, 1.0)
            low = state.low
            for k in range(LINES):
                heard = lines[k].between(ages[k][i])
                low[k] = heard + dark * (low[k] - heard)
            fed = mixed(
                gains[0][i] * low[0],
                gains[1][i] * low[1],
                gains[2][i] * low[2],
                gains[3][i] * low[3],
                gains[4][i] * low[4],
                gains[5][i] * low[5],
                gains[6][i] * low[6],
                gains[7][i] * low[7],
            )
            dry_left, dry_right = finite(signal[0][i], 0.0), finite(signal[1][i], 0.0)
            for k in range(LINES):
                lines[k].push(fed[k] + SIGNS[k] * (dry_left if k % 2 == 0 else dry_right))
            wet = clip(finite(mix[i], 0.3), 0.0, 1.0)
            left[i] = dry_left + wet * (0.5 * (low[0] + low[2] + low[4] + low[6]) - dry_left)
            right[i] = dry_right + wet * (0.5 * (low[1] + low[3] + low[5] + low[7]) - dry_right)


def mixed(a, b, c, d, e, f, g, h):
    """The Hadamard matrix, without its factor."""
    a, b, c, d, e, f, g, h = a + b, a - b, c + d, c - d, e + f, e - f, g + h, g - h
    a, b, c, d, e, f, g, h = a + c, b + d, a - c, b - d, e + g, f + h, e - g, f - h
    return a + e, b + f, c + g, d + h, a - e, b - f, c - g, d - h
