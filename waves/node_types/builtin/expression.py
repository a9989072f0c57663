"""Expressions: the node type that calculates one, and its arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from waves.dsp.maths import clip, finite, floor, rint, scrambled, sine, uniform
from waves.dsp.powers import OCTAVE, exp, exp2, log2
from waves.node import BLOCK, COUNTS, Constants, Node, Signals, State, param

WIDTH = 5  # integers of an instruction: operation, target register, up to three operands
REGISTERS = 128  # at most in one expression

(LOAD, TIME, RATE, DRAW, ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULO, POWER, LESS, EQUAL) = range(12)
(WHERE, MINIMUM, MAXIMUM, FLOOR, ROUND, ROOT, EXP, LOG, LOG2, LOG10, SINE, TANGENT) = range(12, 24)
FLOOR_DIVIDE = 24
HOLD = 2048 / 44_100  # s, for which a random number is held unless it is set
WITHOUT_FRACTION = 2.0**52  # numbers from here on are whole
FOREVER = 1e15  # frames
LARGEST_EXPONENT = 709.7  # exp of it is finite

# Arithmetic of floating-point numbers as NumPy does it, but with one zero: -0 is 0. These functions give infinity or
# NaN where plain Python would raise.


def quotient(a: float, b: float) -> float:
    """`a / b`: infinity or NaN for b = 0."""
    return a / b if b != 0.0 else a * math.inf


def whole(x: float) -> float:
    """The floor of `x`."""
    return floor(x) if abs(x) < WITHOUT_FRACTION else x


def nearest(x: float) -> float:
    """The whole number nearest to `x`, an even one for a half."""
    return rint(x) if abs(x) < WITHOUT_FRACTION else x


def exact_remainder(a: float, b: float) -> float:
    """The remainder of a division towards 0, exact, with the sign of a; NaN for b = 0."""
    if b == 0.0:
        return math.nan
    rest = abs(a) % abs(b)
    return -rest if a < 0.0 else rest


def remainder(a: float, b: float) -> float:
    """`a % b`, with the sign of b, always nearer to 0 than b; NaN for b = 0."""
    rest = exact_remainder(a, b)
    if rest != 0.0 and (rest < 0.0) != (b < 0.0):
        rest += b
        if rest == b:  # rounded up
            rest = b * (1.0 - 2.0**-53)
    return rest


def floor_quotient(a: float, b: float) -> float:
    """`a // b`, the whole number that belongs to `a % b`; infinity or NaN for b = 0."""
    if b == 0.0:
        return quotient(a, b)
    rest = exact_remainder(a, b)
    exact = (a - rest) / b  # whole but for rounding
    count = whole(exact)
    count += 1.0 if exact - count > 0.5 else 0.0
    return count - 1.0 if rest != 0.0 and (rest < 0.0) != (b < 0.0) else count


def lower(a: float, b: float) -> float:
    """The lower of two numbers; NaN if one of them is."""
    return a if a < b or a != a else b


def higher(a: float, b: float) -> float:
    """The higher of two numbers; NaN if one of them is."""
    return a if a > b or a != a else b


def exponential(x: float) -> float:
    """e to the power of `x`; infinity where that is too large."""
    if x < LARGEST_EXPONENT:
        return math.exp(x)
    half = math.exp(0.5 * x) if x < 2.0 * LARGEST_EXPONENT else x * math.inf
    return half * half


def logarithm(x: float, base: int) -> float:
    """The logarithm of `x` to base 2 or 10, the natural one for 0; -infinity for 0, NaN below."""
    if x > 0.0:
        return math.log2(x) if base == 2 else math.log10(x) if base == 10 else math.log(x)
    return -math.inf if x == 0.0 else math.nan


def root(x: float) -> float:
    """The square root of `x`; NaN below 0."""
    return math.sqrt(x) if x >= 0.0 else math.nan


def power(a: float, b: float) -> float:
    """`a ** b`: NaN for a fractional power of a negative number, infinity where it is too large."""
    if b == 2.0:
        return a * a
    if b == 0.0:
        return 1.0
    if a == 0.0:
        return 0.0 if b > 0.0 else (math.inf if b < 0.0 else math.nan)
    if abs(a) < math.inf and abs(b) < math.inf:
        if a < 0.0 and whole(b) != b:
            return math.nan
        size = b * math.log(abs(a))
        if size > LARGEST_EXPONENT:
            half = math.pow(abs(a), 0.5 * b) if size < 2.0 * LARGEST_EXPONENT else math.inf
            return half * half if a > 0.0 or whole(b * 0.5) == b * 0.5 else -half * half
    return math.pow(a, b)


# The same by polynomials, which are vector instructions, where `is_quick_…` says that they are right.

QUICK = 2.0**200  # a power between 1 / QUICK and QUICK is as exact as that of NumPy, but for a rounding or two
NEAR = 2.0**-46  # relative distance from a whole number at which a result of a power is that number
LARGEST_QUICK_EXPONENT = 300.0
DECADE = math.log10(2.0)  # of an octave


def is_quick_power(a: float, b: float, result: float) -> bool:
    """Whether `result` is right, which was calculated with `exp2` and `log2`."""
    size, known = abs(result), (a > 0.0) | (whole(b) == b)
    within = (size > 1.0 / QUICK) & (size < QUICK) & (abs(a) > 1.0 / QUICK) & (abs(a) < QUICK)
    return (b == 2.0) | (known & within)


def raise_to(work: Any, d: int, a: int, b: int, size: int) -> None:
    """Powers of a block: `work[d + i] = power(work[a + i], work[b + i])`."""
    base = work[a]
    octaves = log2(base)
    squares, steady, quick = True, 1.0 / QUICK < base < QUICK, True
    for i in range(size):
        squares &= work[b + i] == 2.0
        steady &= work[a + i] == base
    for i in range(size if squares else 0):
        work[d + i] = work[a + i] * work[a + i]
    for i in range(0 if squares or not steady else size):
        work[d + i] = base * base if work[b + i] == 2.0 else snapped(exp2(octaves * work[b + i]))
        quick &= (work[d + i] > 1.0 / QUICK) & (work[d + i] < QUICK)
    if squares or (steady and quick):
        return
    for i in range(size):
        work[d + i] = log2(abs(work[a + i]))
    for i in range(size):
        work[d + i] = snapped(exp2(work[b + i] * work[d + i]))
    quick = True
    for i in range(size):
        x = work[d + i]
        x = x if (work[a + i] > 0.0) | (nearest(work[b + i] * 0.5) * 2.0 == work[b + i]) else -x
        work[d + i] = work[a + i] * work[a + i] if work[b + i] == 2.0 else x
        quick &= is_quick_power(work[a + i], work[b + i], work[d + i])
    for i in range(0 if quick else size):
        if not is_quick_power(work[a + i], work[b + i], work[d + i]):
            work[d + i] = power(work[a + i], work[b + i])


def snapped(x: float) -> float:
    """`x`, or the whole number that only rounding parts it from."""
    near = nearest(x)
    return near if abs(x - near) <= NEAR * abs(x) else x


def frames_held(hold: float, rate: float) -> float:
    """The time for which a random number is held in frames, whole where only rounding parts it from that."""
    held = clip(hold * rate, 1.0, FOREVER)
    return rint(held) if abs(held - rint(held)) < 1e-9 * held else held


def beginning(number: int, held: float) -> float:
    """The frame at which random number `number` begins, the first one at or after its time."""
    return -floor(1e-6 - number * held)


def last_draw(frame: int, held: float) -> int:
    """The random number that the frame before `frame` has; -1 at the start."""
    number = int(floor(frame / held)) + 1
    while beginning(number, held) >= frame:
        number -= 1
    return number


class Expression(Node):
    """A value calculated frame by frame: `amp: 0.2 + 0.1 * sin(t * tau)`.

    The kernel is a machine of vector instructions. Each is one loop over the frames, from registers of one block each
    to another register, so that an edit of an expression is data and compiles nothing. The parameters are made from a
    `waves.language.expression.bytecode.Program`. The target of the last instruction is the output.
    """

    instructions: tuple[int, ...] = param(description="`WIDTH` integers for each.")
    inputs: Signals = param(description="Constants and sources, in the order of the program.")
    ends_with: Signals = param([], description="Inputs that are factors of the whole expression.")
    hold: float = param(HOLD, unit="s", minimum=0.0, description="Time for which a random number is held.")

    arrays: ClassVar[dict[str, str]] = {"code": "i8"}
    scratch: ClassVar[int] = REGISTERS
    factors: ClassVar[tuple[str, ...]] = ("ends_with",)

    class state(State):
        frames: int = 0  # since the start of the node
        draws: int = 0  # random numbers so far; in a voice counted from the number of the note

        numbered: ClassVar[tuple[str, ...]] = ("draws",)
        ranges: ClassVar[Mapping[str, tuple[float, float]]] = {"frames": COUNTS, "draws": COUNTS}

    @staticmethod
    def prepare(constants: Constants, rate: float) -> dict[str, np.ndarray[Any, Any]]:
        return {"code": np.array(constants.instructions, np.int64)}

    @staticmethod
    def render(out, inputs, code, work, state, rate, seed, hold):  # type: ignore[no-untyped-def]
        size = out.size
        first = int(state.frames)
        draws = int(state.draws)
        held = frames_held(hold, rate)
        number = last_draw(first, held)
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
                draw = 0
                begin = 0
                while begin < size:
                    end = int(min(beginning(number + draw + 1, held) - first, size))
                    drawn = uniform(stream, draws - 1 + draw)
                    for i in range(begin, end):
                        work[d + i] = drawn
                    begin = end
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
            elif op == FLOOR_DIVIDE:
                for i in range(size):
                    work[d + i] = floor_quotient(work[a + i], work[b + i])
            elif op == POWER:
                raise_to(work, d, a, b, size)
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
                    work[d + i] = lower(work[a + i], work[b + i])
            elif op == MAXIMUM:
                for i in range(size):
                    work[d + i] = higher(work[a + i], work[b + i])
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
                quick = True
                for i in range(size):
                    work[d + i] = exp(work[a + i])
                    quick &= abs(work[a + i]) < LARGEST_QUICK_EXPONENT
                if not quick:
                    for i in range(size):
                        if not abs(work[a + i]) < LARGEST_QUICK_EXPONENT:
                            work[d + i] = exponential(work[a + i])
            elif LOG <= op <= LOG10:
                base = 0 if op == LOG else 2 if op == LOG2 else 10
                factor = OCTAVE if op == LOG else 1.0 if op == LOG2 else DECADE
                quick = True
                for i in range(size):
                    value = log2(work[a + i]) * factor
                    work[d + i] = value if op == LOG else snapped(value)
                    quick &= 1.0 / QUICK < work[a + i] < QUICK
                if not quick:
                    for i in range(size):
                        if not 1.0 / QUICK < work[a + i] < QUICK:
                            work[d + i] = logarithm(work[a + i], base)
            elif op == SINE:
                for i in range(size):
                    work[d + i] = sine(finite(work[a + i], 0.0) / math.tau)
            elif op == TANGENT:
                for i in range(size):
                    work[d + i] = math.tan(finite(work[a + i], 0.0))
        for i in range(size):
            out[i] = work[d + i]
        state.draws = draws + last_draw(first + size, held) - number
        state.frames = first + size
