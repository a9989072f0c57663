"""Parts of a pool while it is built: its sounds with their notes, the voice that is made of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from waves.language.model.models import NodeModel, Note, Use
from waves.language.tree.tree_node import Template
from waves.notes import Note as StartedNote
from waves.notes import Time

NEAR = 1e-8  # steps; what is nearer to the beginning of a step begins with it


@dataclass(eq=False, slots=True)
class Group:
    """The sounds that one pool plays, as they are written, and the notes that are started of each."""

    model: NodeModel | Use
    data: Any
    written: list[Note] = field(default_factory=list)
    started: list[list[StartedNote]] = field(default_factory=list)


def placed(onset: Time, steps: int) -> tuple[int, float]:
    """The step of a pass in which a note begins, and the part of it that has passed by then, 0 to below 1."""
    step = math.floor(onset)
    place = float(onset - step)
    if place < NEAR:
        place = 0.0
    elif place > 1.0 - NEAR:
        step, place = step + 1, 0.0
    return step % steps, place


@dataclass(frozen=True, slots=True)
class MadeVoice:
    """A template, and what is known of the values of its notes."""

    template: Template
    keys: tuple[str, ...]
    """Names of the values, in the order of `template.given`."""
    unused: list[str]
    """Names of the values that are given, and neither set a parameter nor are read."""
    length: float | None
    """The longest constant duration in it, infinite where it ends by itself, None without one."""

    def values(self, given: dict[str, float]) -> tuple[float, ...]:
        """The values of one note, in the order of `template.given`; NaN for those that it does not give."""
        return tuple(given.get(key, math.nan) for key in self.keys)
