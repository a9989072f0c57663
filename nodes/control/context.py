"""Context: gives names to values, for all expressions inside `signal`.

    hat: {context: {v: 1, signal: {osc: {type: noise, amp: 0.3 * v, duration: 0.05}}}}
    loud_and_soft: {mix: {a: {hat: {v: 0.8}}, b: {hat: {v: 0.2}}}}

Each value can use the names before it. A sound with a context at its top has these names as parameters.
"""

from waves.node import Node, Signal, Signals, param


class Context(Node):
    signal: Signal = param(unit="value", description="The sound; it and everything inside can use the names.")
    signals: Signals = param([], unit="value", description="Any names, each with a value.")

    aliases = ("let", "with")
    pass_through = True

    @classmethod
    def expand(cls, build):
        for name in build.names:
            build.bind(name)
        return build.input("signal")
