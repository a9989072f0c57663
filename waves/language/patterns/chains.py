"""Chains of transforms as they are written, and the task of one while it is applied."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import lcm
from typing import NamedTuple

from waves.language.patterns.line import Line, LineNote, Numbers, Surroundings
from waves.language.patterns.syntax import Pattern


@dataclass(frozen=True, slots=True)
class Transform:
    """One transform as it is written."""

    name: str
    number: Pattern
    """Its number or numbers; of a transform with a condition those in front of it."""
    chain: Chain = ()
    """For a transform with a condition what is done then."""
    key: str = ""
    """A name for its draws."""
    numbers: tuple[Pattern, ...] = ()
    """Further numbers."""


Chain = tuple[Transform, ...]


class Task(NamedTuple):
    """A transform with all that it needs but the line."""

    one: Transform
    numbers: Numbers
    around: Surroundings
    change: Callable[[Line], Line]
    """Applies the chain of the transform."""


def has_transform(chain: Chain, name: str) -> bool:
    """Whether a chain has a transform of a name, or one of its transforms has it in its own chain."""
    return any(one.name == name or has_transform(one.chain, name) for one in chain)


def together(first: Line, second: Line) -> Line:
    """Two lines on top of each other."""

    def make(cycle: int) -> Iterator[LineNote]:
        yield from first.cycle(cycle)
        yield from second.cycle(cycle)

    longest = max(first.longest, second.longest)
    return Line(lcm(first.cycles, second.cycles), longest, make, first.reads + second.reads)
