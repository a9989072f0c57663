"""Multiply: the sum of several copies of a sound, each a little different.

    choir:
      multiply:
        number: 7
        signal:
          track:
            pan: 2 * (i - 1) / (n - 1) - 1
            signal: {osc: {type: saw, freq: a2 * st(0.1 * (i - 4)), phase: rand() * tau, amp: 0.3 / n}}
    chord: {multiply: {items: [c4, eb4, g4], signal: {osc: {type: tri, freq: item, amp: 0.2}}}}

In each copy `i` is its number, from 1, `n` the number of copies, and `item` the value of its item. Each draws
random numbers of its own, and an `id` in it is its own too. With another number of copies those that stay go on as
they are.
"""

from waves.language.build.copies_builder import copied
from waves.node import Node, Signal, Signals, param


class Multiply(Node):
    signal: Signal = param(description="The sound that is copied.")
    number: float = param(None, unit="number", minimum=1, maximum=1000, description="Copies; a fraction is left out.")
    items: Signals = param([], unit="any", description="Instead of `number`: a copy for each value of this list.")

    aliases = ("voices", "copies", "unison")

    @classmethod
    def expand(cls, build):
        return copied(build)
