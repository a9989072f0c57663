"""Compiles the steps of an expression: constants are folded, everything else becomes operations.

Constants are folded by the kernel itself, so that a number is the same whether it is calculated here or in play.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial, reduce
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from waves.language.expression.builtin_names import TimeName
from waves.language.expression.bytecode import Leaf, MonoInput, Number, Operation, Program, allocate
from waves.language.expression.tokenizer import ExpressionProblem
from waves.node import BLOCK
from waves.node_types.builtin import expression


class Step(NamedTuple):
    """One operation: its name, the steps it takes, its place in the text, and the value of a term."""

    op: str
    operands: tuple[int, ...]
    column: int
    end: int
    value: str | float = ""


Operand = Number | list[Any]

OPERATIONS = {
    "+": expression.ADD,
    "-": expression.SUBTRACT,
    "*": expression.MULTIPLY,
    "/": expression.DIVIDE,
    "//": expression.FLOOR_DIVIDE,
    "%": expression.MODULO,
    "**": expression.POWER,
    "<": expression.LESS,
    "==": expression.EQUAL,
    "where": expression.WHERE,
    "min": expression.MINIMUM,
    "max": expression.MAXIMUM,
    "floor": expression.FLOOR,
    "round": expression.ROUND,
    "sqrt": expression.ROOT,
    "exp": expression.EXP,
    "log": expression.LOG,
    "log2": expression.LOG2,
    "log10": expression.LOG10,
    "sin": expression.SINE,
    "tan": expression.TANGENT,
}
TIME_OPERATIONS = {TimeName.TIME: expression.TIME, TimeName.RATE: expression.RATE}

COMPOSED: dict[str, Callable[..., Number]] = {  # operations made of others, by `make(operation, *operands)`
    "positive": lambda make, x: x,
    "negative": lambda make, x: make("-", 0.0, x),
    "abs": lambda make, x: make("max", x, make("-", 0.0, x)),
    "sign": lambda make, x: make("where", make("==", x, x), make("-", make("<", 0.0, x), make("<", x, 0.0)), x),
    "ceil": lambda make, x: make("-", 0.0, make("floor", make("-", 0.0, x))),
    "cos": lambda make, x: make("sin", make("+", x, math.pi / 2)),
    ">": lambda make, a, b: make("<", b, a),
    "<=": lambda make, a, b: make("+", make("<", a, b), make("==", a, b)),
    ">=": lambda make, a, b: make("+", make("<", b, a), make("==", a, b)),
    "!=": lambda make, a, b: make("==", make("==", a, b), 0.0),
    "not": lambda make, x: make("==", x, 0.0),
    "&": lambda make, a, b: make("==", make("+", make("==", a, 0.0), make("==", b, 0.0)), 0.0),
    "|": lambda make, a, b: make("==", make("*", make("==", a, 0.0), make("==", b, 0.0)), 0.0),
    "and": lambda make, a, b: make("where", a, b, a),
    "or": lambda make, a, b: make("where", a, a, b),
    "clip": lambda make, x, low, high: make("min", make("max", x, low), high),
    "db": lambda make, x: make("**", 10.0, make("/", x, 20.0)),
    "st": lambda make, x: make("**", 2.0, make("/", x, 12.0)),
    "ms": lambda make, x: make("/", x, 1000.0),
}
COMPOSED["pow"] = lambda make, a, b: make("*", COMPOSED["sign"](make, a), make("**", COMPOSED["abs"](make, a), b))
EMPTY_LIST = "takes a list with at least one value"
SMALLEST = sys.float_info.min
LISTS = ("mean", "rand", "std", "sum")  # functions that take a list


def assemble(text: str, steps: Sequence[Step], resolve: Callable[[str], Any]) -> float | list[float] | Program:
    """The value of an expression, or its program: see `parser.Parsed.compile`."""
    assembler = _Assembler(text, steps, resolve)
    for step in steps:
        assembler.values.append(assembler.value(step))
    result = assembler.values[-1]
    if isinstance(result, float | list):
        return result
    program = allocate(assembler.operations, result)
    if program.registers > expression.REGISTERS:
        raise ExpressionProblem("this expression needs too many values at the same time; split it")
    return program


@dataclass(slots=True)
class _Assembler:
    text: str
    steps: Sequence[Step]
    resolve: Callable[[str], Any]
    values: list[Operand] = field(default_factory=list)  # of each step
    operations: list[Operation] = field(default_factory=list)  # in an order in which they can be carried out
    names: dict[str, Operand] = field(default_factory=dict)  # that are looked up
    draws: int = 0  # of random numbers

    def value(self, step: Step) -> Operand:
        """The value of a step whose operands are known."""
        if step.op == "number":
            return float(step.value)
        if step.op == "name":
            return self._named(step)
        if step.op in LISTS and step.operands and isinstance(items := self.values[step.operands[0]], list):
            if len(step.operands) > 1 or not items:
                sentence = "takes one list" if items else EMPTY_LIST
                raise ExpressionProblem(f"'{step.op}' {sentence}", step.column)
            return self._of_list(step, items)
        operands = [self._number(k) for k in step.operands]
        if step.op == "list":
            return list(operands)
        if step.op in LISTS and step.op != "rand":
            raise ExpressionProblem(f"'{step.op}' needs a list; expressions are calculated frame by frame", step.column)
        return self._calculate(step, operands)

    def _named(self, step: Step) -> Operand:
        name = str(step.value)
        if name not in self.names:
            meaning = self.resolve(name)
            if meaning is None:
                raise ExpressionProblem(f"unknown name '{name}'", step.column)
            if isinstance(meaning, int | float):
                self.names[name] = float(meaning)
            elif isinstance(meaning, list | tuple):
                self.names[name] = [float(item) for item in meaning]
            elif isinstance(meaning, TimeName):
                self.names[name] = Leaf(TIME_OPERATIONS[meaning])
            else:
                self.names[name] = Leaf(expression.LOAD, meaning)
        return self.names[name]

    def _number(self, k: int) -> Number:
        value = self.values[k]
        if isinstance(value, list):
            sentence = f"{self._quoted(self.steps[k])} is a list; only {', '.join(LISTS)} take one"
            raise ExpressionProblem(sentence, self.steps[k].column)
        return value

    def _quoted(self, step: Step) -> str:
        text = self.text[step.column : step.end]
        return f"'{text[:37]}...'" if len(text) > 40 else f"'{text}'"

    def _calculate(self, step: Step, operands: list[Number]) -> Number:
        if step.op == "rand" and len(operands) == 2:
            width = self._make(step, "-", operands[1], operands[0])
            return self._make(step, "+", operands[0], self._make(step, "*", self._draw(), width))
        if step.op == "rand":
            return self._make(step, "*", self._draw(), operands[0]) if operands else self._draw()
        if step.op == "to_mono":
            return self._mono(step, operands[0])
        if step.op in ("min", "max"):
            return reduce(partial(self._make, step, step.op), operands)
        if step.op in COMPOSED:
            return COMPOSED[step.op](partial(self._make, step), *operands)
        return self._make(step, step.op, *operands)

    def _make(self, step: Step, op: str, *operands: Number) -> Number:
        """The result of an operation: a number when all operands are numbers, else the operation.

        It is NaN where an operand is, which only the value of a mistake can be.
        """
        if any(operand != operand for operand in operands):
            return math.nan
        if op in ("/", "//", "%") and operands[1] == 0.0:
            raise ExpressionProblem("division by zero", self.steps[step.operands[-1]].column)
        numbers = [operand for operand in operands if isinstance(operand, float)]
        if len(numbers) < len(operands):
            self.operations.append(Operation(OPERATIONS[op], operands))
            return self.operations[-1]
        result = _fold(OPERATIONS[op], *map(_normal, numbers))
        if math.isnan(result) or (math.isinf(result) and all(map(math.isfinite, numbers))):
            raise ExpressionProblem(f"{self._quoted(step)} is not a finite number", step.column)
        return result

    def _draw(self) -> Leaf:
        self.draws += 1
        return Leaf(expression.DRAW, site=self.draws - 1)

    def _mono(self, step: Step, x: Number) -> Number:
        if isinstance(x, Operation):
            raise ExpressionProblem("'to_mono' takes the name of a node, not an expression", step.column)
        if isinstance(x, float) or x.op != expression.LOAD:
            return x
        return Leaf(expression.LOAD, MonoInput(x.source))

    def _of_list(self, step: Step, items: list[Number]) -> Number:
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


@lru_cache(1024)  # lengths as `8 * bar` are calculated anew for each save
def _fold(op: int, *numbers: float) -> float:
    """The result of one instruction for one frame, from numbers as the sound thread has them, of which none is -0."""
    work = [0.0] * (BLOCK * 4)
    for k, number in enumerate(numbers):
        work[k * BLOCK] = number
    out = np.zeros(1)
    state = SimpleNamespace(frames=0, draws=0)
    render: Callable[..., None] = expression.Expression.render
    render(out, (), np.array([op, 3, 0, 1, 2]), work, state, 1.0, 0, 1)
    return _normal(float(out[0]))


def _normal(number: float) -> float:
    """A number as the sound thread has it: those nearest to 0 are 0 there."""
    return 0.0 if abs(number) < SMALLEST else number
