"""Chaos: movements that follow a simple rule, and never come again: around two centres, or from value to value.

    weather:
      filter:
        cutoff: {chaos: {rate: 1.5, range: [200, 3000]}}
        peak: 0.6
        signal: {osc: {type: saw, freq: a1, amp: 0.2}}
    bird: {osc: {type: tri, amp: 0.3, freq: {chaos: {type: logistic, rate: 8, growth: 3.7, range: [400, 2000]}}}}

`lorenz` is a smooth line, x of the Lorenz equations with 10, 28 and 8/3: it turns around one centre some times, then
around the other one. `rate` are turns in a second. `logistic` are steps, `rate` in a second, each `growth` x (1 - x)
after x: with a `growth` up to 3 they come to rest, from there on they go round in 2, then 4, 8 … values, and from 3.57
on they do not come again, but for windows such as 3.83, with 3 values. A `seed` begins at another place; a tiny
difference grows until nothing is the same. At any sample rate it goes the same way.

(Lorenz: Deterministic nonperiodic flow, 1963; May: Simple mathematical models with very complicated dynamics, 1976.)
"""

from pydantic import field_validator

from waves.dsp.maths import clip, finite, uniform
from waves.node import Choice, Floats, Node, Signal, Signals, State, param

from .._two_ends import two_ends

Type = Choice["lorenz", "logistic"]
count = range  # the kernel has a parameter of that name
SIGMA, RHO, BETA = 10.0, 28.0, 8.0 / 3.0
TURN = 0.7511  # time of a turn, in the mean
STEP = 0.01  # time of a step of the integration
WIDEST = 20.0  # x stays below
EDGE = 1e-6  # of the logistic map, whose ends it would never leave


class Chaos(Node):
    type: Type = param("lorenz", description="A smooth line, or steps.")
    rate: Signal = param(1.0, unit="Hz", minimum=0.0, maximum=1000.0, description="Turns or steps in a second.")
    range: Signals = param([-1.0, 1.0], unit="value", description="Values that it stays between.")
    growth: Signal = param(3.9, unit="factor", minimum=0.0, maximum=4.0, description="Of logistic: from rest to chaos.")
    seed: int = param(0, unit="number", description="The place where it begins; 0: the node's own.")

    aliases = ("lorenz", "logistic map", "strange attractor")

    _two_ends = field_validator("range")(two_ends)

    class state(State):
        count: int = 0
        begun: bool = False
        part: float = 0.0  # of the step to the next point
        last: Floats[3]  # the point before; of `logistic` the first is x
        next: Floats[3]
        numbered = ("count",)
        ranges = {"part": (0, 1e4), "last": (-100, 100), "next": (-100, 100)}

    @staticmethod
    def adopted(state, old, new):
        if old.type != new.type:
            state.begun = False

    @staticmethod
    def render(out, type, rate, range, growth, seed, state, sample_rate):
        last, next = state.last, state.next
        if not state.begun:
            state.begun = True
            state.part = 0.0
            place = uniform(seed, state.count)
            if type == Type.lorenz:
                next[0] = next[1] = 16.0 * place - 8.0
                next[2] = RHO - 1.0
                forward(last, next)
            elif type == Type.logistic:
                last[0] = 0.1 + 0.8 * place
        pace = TURN / STEP if type == Type.lorenz else 1.0
        for i in count(out.size):
            while state.part >= 1.0:
                state.part -= 1.0
                if type == Type.lorenz:
                    forward(last, next)
                elif type == Type.logistic:
                    x = clip(growth[i], 0.0, 4.0) * last[0] * (1.0 - last[0])
                    last[0] = clip(x, EDGE, 1.0 - EDGE)
            if type == Type.lorenz:
                out[i] = 0.5 + 0.5 * clip(between(last, next, state.part) / WIDEST, -1.0, 1.0)
            elif type == Type.logistic:
                out[i] = last[0]
            state.part += clip(finite(rate[i], 0.0), 0.0, 1000.0) * pace / sample_rate
        low, high = range[0], range[1]
        for i in count(out.size):
            out[i] = low[i] + out[i] * (high[i] - low[i])


def forward(last, next):
    """The point after `next`, which becomes the last one: a step of the fourth order (Runge, Kutta)."""
    x, y, z = next[0], next[1], next[2]
    last[0], last[1], last[2] = x, y, z
    a, b, c = speed(x, y, z)
    dx, dy, dz = a, b, c
    for k in count(3):
        share = STEP if k == 2 else 0.5 * STEP
        a, b, c = speed(x + share * a, y + share * b, z + share * c)
        times = 1.0 if k == 2 else 2.0
        dx, dy, dz = dx + times * a, dy + times * b, dz + times * c
    next[0], next[1], next[2] = x + STEP / 6.0 * dx, y + STEP / 6.0 * dy, z + STEP / 6.0 * dz


def speed(x, y, z):
    """The Lorenz equations."""
    return SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z


def between(last, next, part):
    """x between two points, on the cubic with the slopes at both."""
    begin, end = STEP * SIGMA * (last[1] - last[0]), STEP * SIGMA * (next[1] - next[0])
    way = next[0] - last[0]
    return last[0] + part * (begin + part * (3.0 * way - 2.0 * begin - end + part * (begin + end - 2.0 * way)))
