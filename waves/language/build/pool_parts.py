"""Parts of a pool while it is built: its sounds with their notes, the voice that is made of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from waves.language.model.models import NodeModel, Note, Use
from waves.language.tree.tree_node import Template
from waves.notes import Note as StartedNote


@dataclass(eq=False, slots=True)
class Group:
    """The sounds that one pool plays, as they are written, and the notes that are started of each."""

    model: NodeModel | Use
    data: Any
    numbers: list[int] = field(default_factory=list)
    """The number of each sound in its parameter."""
    written: list[Note] = field(default_factory=list)
    started: list[list[StartedNote]] = field(default_factory=list)


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
