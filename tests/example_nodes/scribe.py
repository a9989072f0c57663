"""Writes into a ring that others share, and reads what was written `frames` ago.

    loop: {scribe: {name: tape, signal: {osc: {freq: 440}}}}
"""

from waves.node import Node, Shared, Signal, param


class Scribe(Node):
    name: Shared = param("tape", description="Name of the ring.")
    signal: Signal = param(0.0, unit="value")
    write: bool = param(True, description="Whether it writes.")
    frames: int = param(1, unit="frames", minimum=1)

    @staticmethod
    def lengths(constants, rate):
        return {"name": 0.05}

    @staticmethod
    def render(out, name, signal, write, frames):
        for i in range(out.size):
            if write:
                name.push(signal[i])
                out[i] = name.at(frames)
            else:
                out[i] = name.at(frames + out.size - 1 - i)
