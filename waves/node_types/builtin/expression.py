"""Nodes that the language writes itself: expressions, interpolated lists and the mono of a source."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from waves.dsp.maths import clip, finite, floor, rint, scrambled, sine, uniform
from waves.node import BLOCK, Channels, Constants, Node, Signal, Signals, State, param

WIDTH = 5  # integers of an instruction: operation, target register, up to three operands
REGISTERS = 128  # at most in one expression

(LOAD, TIME, RATE, DRAW, ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULO, POWER, LESS, EQUAL) = range(12)
(WHERE, MINIMUM, MAXIMUM, FLOOR, ROUND, ROOT, EXP, LOG, LOG2, LOG10, SINE, TANGENT) = range(12, 24)

# The functions below are the arithmetic of floating-point numbers, but where plain Python would raise.


def quotient(a: float, b: float) -> float:
    return a / b if b != 0.0 else a * math.inf


def whole(x: float) -> float:
    return floor(x) if abs(x) < 1e15 else x


def nearest(x: float) -> float:
    return rint(x) if abs(x) < 1e15 else x


def remainder(a: float, b: float) -> float:
    return a - b * whole(quotient(a, b))


def exponential(x: float) -> float:
    return math.exp(x) if x < 709.78 else x * math.inf


def logarithm(x: float, base: int) -> float:
    """To base 2 or 10, natural with 0."""
    if x > 0.0:
        return math.log2(x) if base == 2 else math.log10(x) if base == 10 else math.log(x)
    return -math.inf if x == 0.0 else math.nan


def root(x: float) -> float:
    return math.sqrt(x) if x >= 0.0 else math.nan


def power(a: float, b: float) -> float:
    """`a ** b`: NaN for a fractional power of a negative number."""
    if b == 2.0:
        return a * a
    if a == 0.0:
        return 1.0 if b == 0.0 else (0.0 if b > 0.0 else math.inf)
    if not (abs(a) < math.inf and abs(b) < math.inf) or (a < 0.0 and whole(b) != b):
        return math.nan
    if b * math.log(abs(a)) > 709.78:
        return math.inf if a > 0.0 or whole(b * 0.5) == b * 0.5 else -math.inf
    return math.pow(a, b)


class Expression(Node):
    """A value calculated frame by frame: `amp: 0.2 + 0.1 * sin(t * tau)`.

    The kernel is a machine of vector instructions: each is one loop over the frames, from registers of a
    block each to another register, so that any edit of an expression is data and compiles nothing.
    `program.Program` has what the parameters take. The last instruction's target is the output.
    """

    instructions: tuple[int, ...] = param(description="`WIDTH` integers for each.")
    inputs: Signals = param(description="Constants and sources, in the order of the program.")
    ends_with: Signals = param([], description="Those that the whole is multiplied by.")
    hold: int = param(2048, unit="frames", minimum=1, description="Time for which a drawn number holds.")

    arrays: ClassVar[dict[str, str]] = {"code": "i8"}
    scratch: ClassVar[int] = REGISTERS
    factors: ClassVar[tuple[str, ...]] = ("ends_with",)

    class state(State):
        frames: int = 0  # since the start of the node
        draws: int = 0  # holds of `rand` begun; a voice that starts again keeps it, to draw anew

        keeps: ClassVar[tuple[str, ...]] = ("draws",)

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"code": np.array(constants.instructions, np.int64)}

    @staticmethod
    def render(out, inputs, code, work, state, rate, seed, hold):  # type: ignore[no-untyped-def]
        size = out.size
        first = int(state.frames)
        draws = int(state.draws)
        hold = max(hold, 1)
        fresh = -first % hold  # the frame of this block, if it has so many, where the next hold begins
        d = 0
        for k in range(0, code.size, WIDTH):
            op = code[k]
            # The allocator never makes an operand the target: loops over distinct registers are vectorised.
            d = int(code[k + 1]) * BLOCK
            a = int(code[k + 2]) * BLOCK
            b = int(code[k + 3]) * BLOCK
            c = int(code[k + 4]) * BLOCK
            if op == LOAD:
                source = inputs[int(code[k + 2])]
                for i in range(size):
                    work[d + i] = source[i]
            elif op == TIME:
                for i in range(size):
                    work[d + i] = (first + i) / rate
            elif op == RATE:
                for i in range(size):
                    work[d + i] = rate
            elif op == DRAW:
                stream = scrambled(seed) + int(code[k + 2]) * 0x1E3779B9
                draw = draws - 1
                begin = 0
                end = fresh
                while begin < size:
                    end = min(end, size)
                    drawn = uniform(stream, draw)
                    for i in range(begin, end):
                        work[d + i] = drawn
                    begin = end
                    end += hold
                    draw += 1
            elif op == ADD:
                for i in range(size):
                    work[d + i] = work[a + i] + work[b + i]
            elif op == SUBTRACT:
                for i in range(size):
                    work[d + i] = work[a + i] - work[b + i]
            elif op == MULTIPLY:
                for i in range(size):
                    work[d + i] = work[a + i] * work[b + i]
            elif op == DIVIDE:
                for i in range(size):
                    work[d + i] = quotient(work[a + i], work[b + i])
            elif op == MODULO:
                for i in range(size):
                    work[d + i] = remainder(work[a + i], work[b + i])
            elif op == POWER:
                for i in range(size):
                    work[d + i] = power(work[a + i], work[b + i])
            elif op == LESS:
                for i in range(size):
                    work[d + i] = 1.0 if work[a + i] < work[b + i] else 0.0
            elif op == EQUAL:
                for i in range(size):
                    work[d + i] = 1.0 if work[a + i] == work[b + i] else 0.0
            elif op == WHERE:
                for i in range(size):
                    work[d + i] = work[c + i] if work[a + i] == 0.0 else work[b + i]
            elif op == MINIMUM:
                for i in range(size):
                    work[d + i] = min(work[a + i], work[b + i])
            elif op == MAXIMUM:
                for i in range(size):
                    work[d + i] = max(work[a + i], work[b + i])
            elif op == FLOOR:
                for i in range(size):
                    work[d + i] = whole(work[a + i])
            elif op == ROUND:
                for i in range(size):
                    work[d + i] = nearest(work[a + i])
            elif op == ROOT:
                for i in range(size):
                    work[d + i] = root(work[a + i])
            elif op == EXP:
                for i in range(size):
                    work[d + i] = exponential(work[a + i])
            elif op == LOG:
                for i in range(size):
                    work[d + i] = logarithm(work[a + i], 0)
            elif op == LOG2:
                for i in range(size):
                    work[d + i] = logarithm(work[a + i], 2)
            elif op == LOG10:
                for i in range(size):
                    work[d + i] = logarithm(work[a + i], 10)
            elif op == SINE:
                for i in range(size):
                    work[d + i] = sine(finite(work[a + i], 0.0) / math.tau)
            elif op == TANGENT:
                for i in range(size):
                    work[d + i] = math.tan(finite(work[a + i], 0.0))
        for i in range(size):
            out[i] = work[d + i]
        if fresh < size:
            state.draws = draws + 1 + (size - 1 - fresh) // hold
        state.frames = first + size


class Curve(Node):
    """An interpolated list: `cutoff: [[150, 0.1], 2000]` over the `duration` around it, then held."""

    values: Signals = param(description="Values at the positions.")
    positions: Signals = param(description="Positions of the values, ascending, as fractions of the duration.")
    duration: Signal = param(unit="s", minimum=0.0, description="Time from position 0 to 1.")

    crossfaded: ClassVar[tuple[str, ...]] = ("values", "positions", "duration")

    class state(State):
        frames: int = 0  # since the start of the node

    @staticmethod
    def render(out, values, positions, duration, state, rate):  # type: ignore[no-untyped-def]
        last = values.size - 1
        first = state.frames
        k = 0  # the point at or before the present position
        i = 0
        while i < out.size:  # a run of frames between two points; where these are is read at its start
            whole = clip(duration[i] * rate, 1e-9, 1e15)
            while k < last and positions[k + 1][i] * whole <= first + i:
                k += 1
            a = values[k]
            b = values[min(k + 1, last)]
            begin = positions[k][i] * whole
            end = positions[min(k + 1, last)][i] * whole
            stop = out.size
            scale = 0.0
            if k < last:
                limit = begin if first + i < begin else end
                stop = min(stop, i + max(int(min(math.ceil(limit) - (first + i), 64.0)), 1))
                scale = 1.0 / (end - begin) if end > begin and first + i >= begin else 0.0
            for j in range(i, stop):
                level = a[j]
                out[j] = level + (first + j - begin) * scale * (b[j] - level)
            i = stop
        state.frames += out.size


class Mono(Node):
    """The average of all channels: `to_mono(lead)`."""

    signal: Channels = param(description="Source with any number of channels.")

    @staticmethod
    def render(out, signal):  # type: ignore[no-untyped-def]
        for i in range(out.size):
            total = 0.0
            for channel in range(signal.size):
                total += signal[channel][i]
            out[i] = total / signal.size


class PointError(ValueError):
    """One sentence on what is wrong with the value at `index` of an interpolated list."""

    def __init__(self, sentence: str, index: int):
        super().__init__(sentence)
        self.index = index


def curve_points(items: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Values and positions (0 to 1, ascending) of an interpolated list.

    Pair form, when all but the first and last are `[value, position]`: a bare first one is at 0, a bare
    last one at 1. Plain form else: evenly spread. What is no number stands as it is. Raises PointError.
    """
    if not items:
        raise PointError("an interpolated list needs at least one value", 0)
    pairs = [isinstance(item, list) for item in items]
    if not all(pairs[1:-1]):
        if any(pairs):
            k = pairs.index(True)
            raise PointError(f"value {k + 1} of the list has a position, so all between the ends need one", k)
        return list(items), [k / (len(items) - 1) for k in range(len(items))]
    values, positions = [], []
    for k, item in enumerate(items):
        if isinstance(item, list) and len(item) != 2:
            sentence = f"value {k + 1} of the list: expected [value, position], got {len(item)} entries"
            raise PointError(sentence, k)
        value, position = item if isinstance(item, list) else (item, 0.0 if k == 0 else 1.0)
        if isinstance(position, int | float) and not 0.0 <= position <= 1.0:
            sentence = f"a position is a part of the duration, 0 to 1, got {position}"
            raise PointError(f"value {k + 1} of the list: {sentence}", k)
        values.append(value)
        positions.append(position)
    known = [(position, k) for k, position in enumerate(positions) if isinstance(position, int | float)]
    for (before, _), (position, k) in pairwise(known):
        if position < before:
            raise PointError("the positions of the list must ascend", k)
    return values, positions
