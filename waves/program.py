"""Turns the steps of an expression into a number, or into instructions for the kernel in `values`.

Constants are folded by the kernel itself, so a number means the same written out and moving.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from waves import values
from waves.names import Clock
from waves.node import BLOCK
from waves.tokens import ExpressionProblem


class Step(NamedTuple):
    """One operation: its name, the steps it takes, where it stands in the text, and what a term says."""

    op: str
    operands: tuple[int, ...]
    column: int
    end: int
    value: str | float = ""


@dataclass(frozen=True)
class Program:
    """An expression that moves, for `values.Expression`; equal programs sound the same.

    `code` are instructions of `values.WIDTH` integers; it does not depend on the constants' values.
    `inputs` are in the kernel's order: a float for each constant, else what `resolve` gave (each object
    once), or `Mono(that)` where the text has `to_mono(name)`. `registers` is the scratch in blocks.
    """

    code: tuple[int, ...]
    inputs: tuple[Any, ...]
    registers: int


@dataclass(frozen=True)
class Mono:
    """The average of all channels of a source: to be built as a node `values.Mono`."""

    source: Any


@dataclass(eq=False, slots=True)
class _Leaf:
    """What an instruction reads that is no register: a source, the clock, or a draw, with its number."""

    op: int
    source: Any = None
    site: int = 0


@dataclass(eq=False, slots=True)
class _Operation:
    """An instruction and what it takes."""

    op: int
    operands: tuple[_Number, ...]


_Number = float | _Leaf | _Operation
_Value = _Number | list[Any]

OPERATIONS = {
    "+": values.ADD,
    "-": values.SUBTRACT,
    "*": values.MULTIPLY,
    "/": values.DIVIDE,
    "%": values.MODULO,
    "**": values.POWER,
    "<": values.LESS,
    "<=": values.LESS_EQUAL,
    "==": values.EQUAL,
    "&": values.AND,
    "|": values.OR,
    "not": values.NOT,
    "where": values.WHERE,
    "min": values.MINIMUM,
    "max": values.MAXIMUM,
    "negative": values.NEGATE,
    "abs": values.ABSOLUTE,
    "sign": values.SIGN,
    "floor": values.FLOOR,
    "ceil": values.CEILING,
    "round": values.ROUND,
    "sqrt": values.ROOT,
    "exp": values.EXP,
    "log": values.LOG,
    "log2": values.LOG2,
    "log10": values.LOG10,
    "sin": values.SINE,
    "cos": values.COSINE,
    "tan": values.TANGENT,
}
CLOCKS = {Clock.TIME: values.TIME, Clock.RATE: values.RATE}
LISTS = ("mean", "rand", "std", "sum")  # functions that take one


def assemble(
    text: str, steps: Sequence[Step], resolve: Callable[[str], Any]
) -> float | list[float] | Program:
    """What an expression comes to, see `expression.Parsed.compile`."""
    assembler = _Assembler(text, steps, resolve)
    result: _Value = 0.0
    for step in steps:
        result = assembler.value(step)
        assembler.done.append(result)
    return result if isinstance(result, float | list) else _allocate(assembler.operations, result, steps[-1])


@dataclass(slots=True)
class _Assembler:
    text: str
    steps: Sequence[Step]
    resolve: Callable[[str], Any]
    done: list[_Value] = field(default_factory=list)  # the value of each step
    operations: list[_Operation] = field(default_factory=list)  # in an order in which they can be carried out
    known: dict[str, _Value] = field(default_factory=dict)  # names
    draws: int = 0

    def value(self, step: Step) -> _Value:
        if step.op == "number":
            return float(step.value)
        if step.op == "name":
            return self._named(step)
        if step.op in LISTS and step.operands and isinstance(items := self.done[step.operands[0]], list):
            if len(step.operands) > 1 or not items:
                sentence = "takes one list" if items else "of an empty list"
                raise ExpressionProblem(f"'{step.op}' {sentence}", step.column)
            return self._of_list(step, items)
        operands = [self._number(k) for k in step.operands]
        if step.op == "list":
            return list(operands)
        if step.op in LISTS and step.op != "rand":
            raise ExpressionProblem(
                f"'{step.op}' needs a list; expressions are calculated frame by frame", step.column
            )
        return self._calculate(step, operands)

    def _named(self, step: Step) -> _Value:
        name = str(step.value)
        if name not in self.known:
            found = self.resolve(name)
            if found is None:
                raise ExpressionProblem(f"unknown name '{name}'", step.column)
            if isinstance(found, int | float):
                self.known[name] = float(found)
            elif isinstance(found, list | tuple):
                self.known[name] = [float(item) for item in found]
            elif isinstance(found, Clock):
                self.known[name] = _Leaf(CLOCKS[found])
            else:
                self.known[name] = _Leaf(values.LOAD, found)
        return self.known[name]

    def _number(self, k: int) -> _Number:
        value = self.done[k]
        if isinstance(value, list):
            sentence = f"{self._quoted(self.steps[k])} is a list; only {', '.join(LISTS)} take one"
            raise ExpressionProblem(sentence, self.steps[k].column)
        return value

    def _quoted(self, step: Step) -> str:
        text = self.text[step.column : step.end]
        return f"'{text[:37]}...'" if len(text) > 40 else f"'{text}'"

    def _calculate(self, step: Step, given: list[_Number]) -> _Number:
        def make(op: str, *operands: _Number) -> _Number:
            return self._make(step, op, *operands)

        match step.op, *given:
            case "positive", x:
                return x
            case ">", a, b:
                return make("<", b, a)
            case ">=", a, b:
                return make("<=", b, a)
            case "!=", a, b:
                return make("not", make("==", a, b))
            case "//", a, b:
                return make("floor", make("/", a, b))
            case "and", a, b:
                return make("where", a, b, a)
            case "or", a, b:
                return make("where", a, a, b)
            case "clip", x, low, high:
                return make("min", make("max", x, low), high)
            case "pow", base, exponent:
                return make("*", make("sign", base), make("**", make("abs", base), exponent))
            case "db", x:
                return make("**", 10.0, make("/", x, 20.0))
            case "st", x:
                return make("**", 2.0, make("/", x, 12.0))
            case "ms", x:
                return make("/", x, 1000.0)
            case "rand", *bounds:
                low, high = (0.0, 1.0, *bounds)[-2:] if len(bounds) == 2 else (0.0, *(bounds or [1.0]))
                return make("+", low, make("*", self._draw(), make("-", high, low)))
            case "to_mono", x:
                return self._mono(step, x)
        return make(step.op, *given)

    def _make(self, step: Step, op: str, *operands: _Number) -> _Number:
        """An operation; a number when all operands are."""
        if op in ("/", "%") and operands[1] == 0.0:
            raise ExpressionProblem("division by zero", self.steps[step.operands[-1]].column)
        numbers = [operand for operand in operands if isinstance(operand, float)]
        if len(numbers) < len(operands):
            self.operations.append(_Operation(OPERATIONS[op], operands))
            return self.operations[-1]
        result = _fold(OPERATIONS[op], numbers)
        if math.isnan(result) or math.isinf(result) and all(map(math.isfinite, numbers)):
            raise ExpressionProblem(f"{self._quoted(step)} is not a finite number", step.column)
        return result

    def _draw(self) -> _Leaf:
        self.draws += 1
        return _Leaf(values.DRAW, site=self.draws - 1)

    def _mono(self, step: Step, x: _Number) -> _Number:
        if isinstance(x, _Operation):
            raise ExpressionProblem("'to_mono' takes the name of a node, not an expression", step.column)
        if isinstance(x, float) or x.op != values.LOAD:
            return x
        return _Leaf(values.LOAD, Mono(x.source))

    def _of_list(self, step: Step, items: list[_Number]) -> _Number:
        if step.op == "rand":
            draw, result = self._draw(), items[-1]
            for k in range(len(items) - 2, -1, -1):
                chosen = self._make(step, "<", draw, (k + 1) / len(items))
                result = self._make(step, "where", chosen, items[k], result)
            return result
        total = items[0]
        for item in items[1:]:
            total = self._make(step, "+", total, item)
        if step.op == "sum":
            return total
        mean = self._make(step, "/", total, float(len(items)))
        if step.op == "mean":
            return mean
        deviations = [self._make(step, "-", item, mean) for item in items]
        squares = [self._make(step, "*", deviation, deviation) for deviation in deviations]
        variance = self._of_list(step._replace(op="mean"), squares)
        return self._make(step, "sqrt", variance)


def _fold(op: int, numbers: Sequence[float]) -> float:
    """One frame of one instruction."""
    work = [0.0] * (BLOCK * 4)
    for k, number in enumerate(numbers):
        work[k * BLOCK] = number
    out = np.zeros(1)
    state = SimpleNamespace(frames=0, draws=0)
    values.Expression.render(out, (), np.array([op, 3, 0, 1, 2]), work, state, 1.0, 0)
    return float(out[0])


def _allocate(operations: list[_Operation], result: _Leaf | _Operation, whole: Step) -> Program:
    """Instructions with registers, each one free again after the last operation that reads it.

    Inputs are loaded where they are read: a load costs less than a register kept for long.
    """
    last = {id(operand): k for k, operation in enumerate(operations) for operand in operation.operands}
    code: list[int] = []
    inputs: list[Any] = []
    places: dict[Any, int] = {}  # of each source in `inputs`
    held: dict[int, int] = {}  # registers by operation
    free: list[int] = []
    count = 0

    def take() -> int:
        nonlocal count
        if free:
            return free.pop()
        count += 1
        if count > values.REGISTERS:
            raise ExpressionProblem(
                "an expression this large keeps too many values at once; split it", whole.column
            )
        return count - 1

    def load(leaf: float | _Leaf) -> int:
        register = take()
        if isinstance(leaf, _Leaf) and leaf.op != values.LOAD:
            code.extend((leaf.op, register, leaf.site, 0, 0))
            return register
        if isinstance(leaf, float):  # one each, or equal constants would change the code
            place, source = len(inputs), leaf
        else:
            source = leaf.source
            key = ("mono", id(source.source)) if isinstance(source, Mono) else id(source)
            place = places.setdefault(key, len(inputs))
        if place == len(inputs):
            inputs.append(source)
        code.extend((values.LOAD, register, place, 0, 0))
        return register

    for k, operation in enumerate(operations):
        registers = [held[id(x)] if isinstance(x, _Operation) else load(x) for x in operation.operands]
        target = take()
        code.extend((operation.op, target, *registers, *[0] * (3 - len(registers))))
        held[id(operation)] = target
        done = {
            register
            for operand, register in zip(operation.operands, registers, strict=True)
            if not isinstance(operand, _Operation) or last[id(operand)] == k
        }
        free.extend(sorted(done, reverse=True))
    if isinstance(result, _Leaf):
        load(result)
    return Program(tuple(code), tuple(inputs), count)
