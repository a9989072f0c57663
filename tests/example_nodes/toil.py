"""Takes as long as it is told to: for the trial of what a piece asks of the processor.

    slow: {toil: {rounds: 1000, signal: {osc: {freq: 220}}}}
"""

import math

from waves.node import Node, Signal, param


class Toil(Node):
    signal: Signal = param(description="What is passed on.")
    rounds: int = param(100, unit="number", minimum=0, description="Sines that are calculated for each frame.")

    @staticmethod
    def render(out, signal, rounds):
        for i in range(out.size):
            x = signal[i]
            for _ in range(rounds):
                x = math.sin(x)
            out[i] = signal[i] + 1e-9 * x
