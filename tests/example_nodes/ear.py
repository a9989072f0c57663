"""The live input.

    mic: {ear: {channel: 1}}
"""

from waves.node import Node, param


class Ear(Node):
    channel: int = param(0, unit="channels", minimum=0)

    @staticmethod
    def render(out, channel, live):
        for i in range(out.size):
            out[i] = live[channel][i]
