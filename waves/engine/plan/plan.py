"""From a graph to a plan for the compiled engine.

A plan has two lists of rows, the transition from the plan it was built upon and the settled one. Rows point into the
registry's records, so that nothing is copied for what stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from waves import abi
from waves.abi import COPY, PLAN, ROW
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import Kernel
from waves.engine.graph.diff import Transition, compare
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.renaming import rename_graph, seeds_of, with_seeds
from waves.engine.plan.row_assembly import Bus, assemble
from waves.engine.plan.row_words import Rows
from waves.engine.plan.state_binding import Present, StateBinding
from waves.engine.plan.state_registry import Memory, Record, Registry, address_of
from waves.engine.plan.tail_counters import tail_copies
from waves.node import Node

Array = np.ndarray[Any, Any]


@dataclass(eq=False, slots=True)
class Plan:
    """What the engine plays: its header's address, and everything the addresses in it point to."""

    graph: Graph
    parent: Plan | None
    states: dict[str, Record]
    memories: dict[str, Memory]
    transition: Transition | None
    settled: Rows
    moving: Rows | None
    copies: Array
    header: Array
    returned: set[str] = field(default_factory=set)  # rows with the state that they left with
    moved: set[str] = field(default_factory=set)  # keys before of states and rings that have others now
    keep: Any = None  # the transport that it waits for

    def wait_for_beat(self, transport: Record, beats: float) -> None:
        """Wait for a place in the music of the transport that plays, however its tempo moves. Before it is offered."""
        self.header.view(np.float64)[PLAN.index("boundary")] = beats
        for word, name in (("beats", "beats"), ("beats_frame", "frame"), ("bpm", "bpm")):
            at = transport.values.dtype.fields[name][1]
            self.header[PLAN.index(word)] = transport.address + int(at)
        self.keep = transport

    @property
    def address(self) -> int:
        return address_of(self.header)


def needed(graph: Graph) -> list[Kernel]:
    """The kernels of a graph, each node with all its variants."""
    return [kernel for kind in dict.fromkeys(kinds(graph)) for kernel in kernel_cache.variants(kind)]


def kinds(graph: Graph) -> Iterator[type[Node]]:
    """The types of the rows, those of voices too."""
    for row in graph.rows.values():
        if row.voice:
            yield from kinds(row.voice.graph)
        else:
            yield row.kind


def build_plan(
    graph: Graph,
    playing: Plan | None,
    registry: Registry,
    bus: Bus,
    fade: int,
    forget: Callable[[Row], bool] = lambda row: False,
    restart: bool = False,
    at: int = -1,
) -> Plan:
    """A plan upon the one that plays; `fade` in frames, 0 cuts. Rows that `forget` names begin anew.

    With `restart` the piece's clock does too. It comes in at frame `at` of the piece, else with the next block.
    """
    fade = fade if playing else 0
    transition, present = None, Present({}, {}, {})
    keys: Mapping[str, str] = {}
    if playing:
        before = rename_graph(playing.graph, graph)
        graph = with_seeds(graph, seeds_of(before.graph), forget)
        transition, keys = compare(before.graph, graph, max(fade, 1)), before.names
        before.tell(transition)
        present = Present(
            {keys.get(key, key): before.record(key, record) for key, record in playing.states.items()},
            {keys.get(key, key): memory for key, memory in playing.memories.items()},
            before.graph.rows,
        )
        if transition.is_idle:
            fade = 0
    binding = StateBinding(graph, present, transition, bool(fade), registry, forget)
    header = np.zeros(len(PLAN), np.int64)
    settled = assemble(graph, binding.of, bus, address_of(header))
    moving = assemble(transition.moving, binding.of, bus, address_of(header)) if transition and fade else None
    if playing and transition and transition.before:
        # Into what plays next only: a voice that starts during the transition is not to end by what stood there before.
        first, now = (moving, transition.moving) if moving else (settled, graph)
        if not restart:
            binding.copies += tail_copies(playing.settled, transition.before, first, now, keys)
    copies = np.array(binding.copies, np.int64).reshape(-1, len(COPY))
    values: dict[str, int] = {
        "parent": playing.address if playing else 0,
        "at": at,
        "fade": fade,
        "restart": int(restart),
        "copies": address_of(copies),
        "copies_count": len(copies),
    }
    for prefix, rows in (("", settled), ("moving_", moving)):
        if rows:
            values[f"{prefix}rows"], values[f"{prefix}count"] = rows.address, len(rows.offsets)
            values[f"{prefix}outputs"] = address_of(rows.outputs)
            values[f"{prefix}end"] = rows.address + rows.offsets[graph.end] + abi.offset(ROW, "status")
    for name, value in values.items():
        header[PLAN.index(name)] = value
    own = (binding.states, binding.memories)
    moved = {key for key, now in keys.items() if now != key and any(now in found for found in own)}
    return Plan(graph, playing, *own, transition, settled, moving, copies, header, binding.returned, moved)
