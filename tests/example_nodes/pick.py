"""One of its values by chance, another one where `trigger` rises.

    tune: {osc: {amp: 0.3, freq: {pick: {values: [c4, eb4, g4, bb4], weights: [3, 1, 2, 1], trigger: eighth_tick}}}}
"""

from waves.dsp.maths import finite, uniform
from waves.node import Node, Signal, Signals, State, param


class Pick(Node):
    values: Signals = param([440.0], unit="value", description="What is picked from.")
    weights: Signals = param([], unit="factor", description="How likely each is; without them all alike.")
    trigger: Signal = param(unit="gate", description="Where it rises through 0.5, another one.")

    waits = ()
    tail = False

    class state(State):
        chosen: int = -1
        count: int = 0
        before: float = 0.0

    @staticmethod
    def render(out, values, weights, trigger, state, seed):
        for i in range(out.size):
            now = finite(trigger[i], 0.0)
            if (now >= 0.5 and state.before < 0.5) or state.chosen < 0:
                state.chosen = chosen(weights, values.size, i, uniform(seed, state.count))
                state.count += 1
            state.before = now
            out[i] = values[state.chosen][i]


def chosen(weights, count, i, chance):
    """The number of a value; `chance` is from 0 to 1."""
    left = 0.0
    for k in range(count):
        left += chance * weight(weights, k, i)
    for k in range(count - 1):
        left -= weight(weights, k, i)
        if left < 0.0:
            return k
    return count - 1


def weight(weights, k, i):
    return max(finite(weights[k][i], 0.0), 0.0) if k < weights.size else 1.0
