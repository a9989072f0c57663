"""The input of `frames` frames ago.

    later: {echo: {frames: 100, signal: {osc: {freq: 440}}}}
"""

from waves.node import Node, Signal, param


class Echo(Node):
    signal: Signal = param(0.0, unit="value")
    frames: Signal = param(100.0, unit="frames", minimum=1.0)
    seconds: float = param(0.1, unit="s", minimum=0.0)

    constant = ("frames",)

    @staticmethod
    def memory(constants):
        return constants.seconds

    @staticmethod
    def render(out, signal, frames, memory):
        for i in range(out.size):
            out[i] = memory.at(int(frames[i]))
            memory.push(signal[i])
