"""Fails, or gives no number, while `when` is above 0.

    bad: {mishap: {way: nan, when: 1}}
"""

from waves.node import Choice, Floats, Node, Signal, State, param

Way = Choice["nan", "infinite", "raise", "zero"]


class Mishap(Node):
    way: Way = param("nan", description="What goes wrong.")
    when: Signal = param(0.0, unit="gate")
    signal: Signal = param(0.0, unit="value")

    class state(State):
        total: float = 0.0
        history: Floats[4]

    @staticmethod
    def render(out, way, when, signal, state):
        wrong = when[0] > 0.0
        if wrong and way == Way.raise_:
            raise ValueError("mishap")
        for i in range(out.size):
            state.history[i % 4] = signal[i]
            if wrong and way == Way.nan:
                state.total = state.total + (when[i] - when[i]) / (when[i] - when[i])
            if wrong and way == Way.infinite:
                state.total = state.total + 1.0 / (when[i] - when[i])
            if wrong and way == Way.zero:
                state.total = state.total + i // int(when[i] - when[i])
            out[i] = state.total + state.history[i % 4]
