"""Bytecode of an expression that moves: operations become instructions with registers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from waves.node_types.builtin import expression


@dataclass(frozen=True)
class Program:
    """An expression that moves, as the node `Expression` takes it; equal programs sound the same."""

    code: tuple[int, ...]
    """Instructions of `expression.WIDTH` integers; they do not depend on the values of constants."""
    inputs: tuple[Any, ...]
    """In the order of the kernel: a float for each constant, the source of each name (each object once), or a
    `MonoInput` of it where the text has `to_mono(name)`."""
    registers: int
    """Scratch memory in blocks."""
    factors: tuple[int, ...] = ()
    """Indices into `inputs` of the sources that the whole is multiplied by."""


@dataclass(frozen=True)
class MonoInput:
    """The average of all channels of a source: to be built as a node `Mono`."""

    source: Any


@dataclass(eq=False, slots=True)
class Leaf:
    """An operand that is neither a constant nor an operation: a source, the time, or random number `site`."""

    op: int
    source: Any = None
    site: int = 0


@dataclass(eq=False, slots=True)
class Operation:
    """An instruction and its operands."""

    op: int
    operands: tuple[Number, ...]


Number = float | Leaf | Operation


def allocate(operations: list[Operation], result: Leaf | Operation) -> Program:
    """Give operations their registers; a register is free again after the last operation that reads it.

    Inputs are loaded where they are read: a load costs less than a register that is kept for long.
    """
    last = {id(operand): k for k, operation in enumerate(operations) for operand in operation.operands}
    code: list[int] = []
    inputs: list[Any] = []
    places: dict[Any, int] = {}  # of each source in `inputs`
    held: dict[int, int] = {}  # register of each operation
    free: list[int] = []
    count = 0

    def take() -> int:
        nonlocal count
        if free:
            return free.pop()
        count += 1
        return count - 1

    def load(leaf: float | Leaf) -> int:
        register = take()
        if isinstance(leaf, Leaf) and leaf.op != expression.LOAD:
            code.extend((leaf.op, register, leaf.site, 0, 0))
            return register
        if isinstance(leaf, float):  # an input each: the code must not change when two constants become equal
            place, source = len(inputs), leaf
        else:
            source = leaf.source
            place = places.setdefault(_key(source), len(inputs))
        if place == len(inputs):
            inputs.append(source)
        code.extend((expression.LOAD, register, place, 0, 0))
        return register

    for k, operation in enumerate(operations):
        registers = [held[id(x)] if isinstance(x, Operation) else load(x) for x in operation.operands]
        target = take()
        code.extend((operation.op, target, *registers, *[0] * (3 - len(registers))))
        held[id(operation)] = target
        done = {
            register
            for operand, register in zip(operation.operands, registers, strict=True)
            if not isinstance(operand, Operation) or last[id(operand)] == k
        }
        free.extend(sorted(done, reverse=True))
    if isinstance(result, Leaf):
        load(result)
    factors = {places[_key(leaf.source)] for leaf in _factors(result)}
    return Program(tuple(code), tuple(inputs), count, tuple(sorted(factors)))


def _key(source: Any) -> Any:
    return ("mono", id(source.source)) if isinstance(source, MonoInput) else id(source)


def _factors(result: Leaf | Operation) -> Iterator[Leaf]:
    """The sources that make the result 0 when they are 0: in products, numerators and bases of constant powers."""
    stack: list[Number] = [result]
    while stack:
        match stack.pop():
            case Leaf(expression.LOAD) as leaf:
                yield leaf
            case Operation(expression.MULTIPLY, operands):
                stack += operands
            case Operation(expression.DIVIDE, (above, _)):
                stack.append(above)
            case Operation(expression.POWER, (base, float(power))) if power > 0.0:
                stack.append(base)
