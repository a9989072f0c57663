"""What a tree becomes: rows in order of execution, one a channel, each a call of a kernel a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from waves.language.tree.tree_node import KnownParameters, Reference, TreeNode
from waves.node import Node

Array = np.ndarray[Any, Any]

IMPORT = "@"


class Output(NamedTuple):
    """One output of a row, by the row's key."""

    key: str
    index: int = 0  # type: ignore[assignment]  # a tuple's method of that name is not needed


Source = float | Output


@dataclass(eq=False, slots=True)
class Row:
    """One call of a kernel a block."""

    key: str
    kind: type[Node]
    settings: dict[str, Any]
    inputs: dict[str, Source]
    lists: dict[str, dict[str, Source]]
    arrays: dict[str, Array]
    version: tuple[Any, ...]  # what makes the same key another node: kind, settings, prepared arrays
    seed: int
    state: str  # key of the state's record
    node: TreeNode | None = None
    memory: str = ""  # key of the ring, if it has one
    ring: int = 0  # frames of it
    voice: Voice | None = None  # of a pool

    def sources(self) -> Iterator[Source]:
        """All it reads."""
        yield from self.inputs.values()
        for entries in self.lists.values():
            yield from entries.values()


@dataclass(eq=False, slots=True)
class Voice:
    """What each voice of a pool plays: its own graph, and the rows that take the values of a note.

    A source outside is an `Output` whose key begins with `IMPORT`; the pool's row reads it under that name.
    """

    graph: Graph
    given: list[list[str]]  # for each value the keys of its rows
    gates: list[str]


@dataclass(eq=False, slots=True)
class Graph:
    """Rows in order of execution, the source of each channel of the device, and rows nobody reads."""

    rows: dict[str, Row] = field(default_factory=dict)
    outputs: list[Source] = field(default_factory=list)
    sinks: list[str] = field(default_factory=list)
    end: str = ""  # the row whose end is the end of the piece
    transport: str = ""  # the row that counts its beats
    delayed: list[Reference] = field(default_factory=list)
    leaving: dict[str, str] = field(default_factory=dict)  # nodes that are going slowly, by ID, and how


def inside(id: str, pool: str) -> str:
    """The ID of a node in a voice from the pool on: `Mix.low.Osc`, `/own`; all of it where there is no pool."""
    return id.removeprefix(pool).removeprefix(".") if pool else id


def outside(key: str, pool: str) -> str:
    """The whole ID of what is `inside` a pool."""
    return f"{pool}{key}" if key.startswith("/") else f"{pool}.{key}"


Prepare = Callable[[TreeNode, KnownParameters], dict[str, Array]]


def frozen(value: Any) -> Any:
    """Settings as something that can be compared and hashed."""
    try:
        hash(value)
    except TypeError:
        if isinstance(value, dict):
            return tuple((key, frozen(value[key])) for key in sorted(value))
        return tuple(map(frozen, value))
    return value
