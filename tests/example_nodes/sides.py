"""Takes a stereo sound apart: `$id.middle` is what both channels have, `$id.side` what they do not.

    narrow: {mix: {all: {sides: {id: taken, signal: pad}}, less: -0.5 * $taken.side}}
    pad: {track: {pan: 0.4, signal: {osc: {type: saw, freq: 220, amp: 0.2}}}}
"""

from waves.node import Channels, Node, param


class Sides(Node):
    signal: Channels = param(description="The sound to be taken apart.")

    outputs = ("middle", "side")

    @staticmethod
    def render(middle, side, signal):
        for i in range(middle.size):
            left, right = signal[0][i], signal[1][i]
            middle[i] = 0.5 * (left + right)
            side[i] = 0.5 * (left - right)
