"""What a name in an expression means: names around it, ids, vars, and what is built in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from waves.expression import ExpressionProblem, Program, parse
from waves.models import Finding, Given, Place, Sound
from waves.names import Clock, builtin
from waves.parameters import written
from waves.problem import did_you_mean

NOTE_NAMES = ("freq", "f", "note", "amp", "a", "velocity", "v", "gate")


@dataclass(frozen=True, slots=True)
class Word:
    """A var that is no number, for `select`."""

    text: str


@dataclass(eq=False, slots=True)
class Instance[S]:
    """One use of a sound: the ids that are written in it name nodes of this use."""

    path: str
    sound: Sound | None
    outer: Instance[S] | None = None
    nodes: dict[str, S] = field(default_factory=dict)
    """What is built, by id; filled while the tree grows."""

    def around(self) -> list[Instance[S]]:
        """This instance and those around it, innermost first."""
        return [self] + (self.outer.around() if self.outer else [])
