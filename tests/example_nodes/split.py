"""Sum and difference of two inputs.

    both: {split: {a: 1, b: 2}}
"""

from waves.node import Node, Signal, param


class Split(Node):
    a: Signal = param(0.0, unit="value")
    b: Signal = param(0.0, unit="value")

    channels = ("total", "difference")

    @staticmethod
    def render(total, difference, a, b):
        for i in range(total.size):
            total[i] = a[i] + b[i]
            difference[i] = a[i] - b[i]
