"""The input of `frames` frames ago.

    later: {echo: {frames: 100, signal: {osc: {freq: 440}}}}
"""

from waves.node import Node, Signal, param


class Echo(Node):
    signal: Signal = param(0.0, unit="value")
    frames: Signal = param(100.0, unit="frames", minimum=1.0)
    seconds: float = param(0.1, unit="s", minimum=0.0)

    rings = {"line": 1}
    constant = ("frames",)

    @staticmethod
    def lengths(constants, rate):
        return {"line": constants.seconds}

    @staticmethod
    def render(out, signal, frames, line):
        for i in range(out.size):
            out[i] = line.at(int(frames[i]))
            line.push(signal[i])
