"""Expression: a value calculated from names that are written beside it.

    tone: {expression: {exp: low + 0.3 * high, low: {osc: {freq: 110}}, high: {osc: {freq: 330}}}}

Each value can use the names before it.
"""

from waves.node import Node, Signal, Signals, param


class Expression(Node):
    exp: Signal = param(unit="value", description="The expression; its value is the sound.")
    signals: Signals = param([], unit="value", description="Any names, each with a value.")

    @classmethod
    def expand(cls, build):
        for name in build.names:
            build.bind(name)
        return build.input("exp")
