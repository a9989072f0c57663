"""The place of each frame in its block, so that partial blocks can be seen.

    ramp: {place: {}}
"""

from waves.node import Node


class Place(Node):
    @staticmethod
    def render(out, start):
        for i in range(out.size):
            out[i] = start + i
