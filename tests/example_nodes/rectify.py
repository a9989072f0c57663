"""Rectifies: turns the negative half of a wave up, or takes it away.

    buzz: {rectify: {type: full, signal: {osc: {freq: 110, amp: 0.5}}}}
"""

from waves.node import Choice, Node, Signal, param

Type = Choice["half", "full"]


class Rectify(Node):
    signal: Signal = param(0.0, unit="value")
    type: Type = param("half", description="Negative values become 0, or positive.")

    @staticmethod
    def render(out, signal, type):
        for i in range(out.size):
            if type == Type.half:
                out[i] = max(signal[i], 0.0)
            elif type == Type.full:
                out[i] = abs(signal[i])
