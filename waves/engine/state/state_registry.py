"""Registry: the state records and memories of nodes by key, of the plan that plays and of dropped nodes (parked).

The rows of a plan point into this memory; it is written by the sound thread while the plan plays.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Mapping
from typing import Any

import numpy as np

from waves.engine.graph.graph import Row
from waves.engine.state.copies import address_of
from waves.engine.state.kept_memory import KeptMemory, owner_of
from waves.node import Node
from waves.node_types.library.signature import state_default_shared, state_dtype

Array = np.ndarray[Any, Any]


class Record:
    """The state of one row: `values` of shape (1,), a structured array with the fields of the type's `State`.

    From Python also an object with these fields as attributes: `record.phase`. Any thread may read it; while its plan
    plays only the sound thread writes it, so that a reader may see values of two neighbouring blocks.
    """

    __slots__ = ("address", "kind", "values")

    def __init__(self, kind: type[Node]):
        self.kind = kind
        self.values = state_default_shared(kind).copy()
        self.address = address_of(self.values)

    def __getattr__(self, name: str) -> Any:
        try:
            value = self.values[name][0]
        except (ValueError, IndexError):
            raise AttributeError(f"a {self.kind.__name__} remembers no '{name}'") from None
        return value if isinstance(value, np.ndarray) else value.item()

    def fits(self, row: Row) -> bool:
        """Whether a row can continue on this record as it is: same type, same fields."""
        return self.values.dtype == state_dtype(row.kind) and self.kind.__name__ == row.kind.__name__


class Registry:
    """State records and memories by key: of the plan that plays, and parked ones.

    Changed on the build thread only; any thread may read. Memories are ring buffers and buffers.

    The key of a state is the node's ID, with `#1` for its second channel. That of a memory has a name too, as
    `graph.Memory` says.
    """

    def __init__(self, parking_megabytes: float = 64.0, parking_nodes: int = 1000):
        """As `limit_parking`."""
        self.states: dict[str, Record] = {}
        self.memories: dict[str, KeptMemory] = {}
        self.parked: OrderedDict[str, Record | None] = OrderedDict()  # None: only memories are parked
        self.parked_memories: dict[str, KeptMemory] = {}
        self.limit_parking(parking_megabytes, parking_nodes)
        self.clears = 0
        """Number of calls of `clear`: a replay calls it at the same commits."""

    def limit_parking(self, megabytes: float, nodes: int) -> None:
        """Park so much memory and so many nodes at most, from the next commit on."""
        self.parking_bytes, self.parking_nodes = megabytes * 1e6, nodes

    def get_state(self, node_id: str) -> Record | None:
        """The state of a node that plays, by ID, or by an explicit id that is unambiguous without its path."""
        if node_id in self.states:
            return self.states[node_id]
        found = [record for key, record in self.states.items() if key.endswith(f"/{node_id}")]
        return found[0] if len(found) == 1 else None

    def create_state(self, node_id: str, kind: type[Node] | None = None) -> Record:
        """The state of a node that plays, else a new one, which is parked until a node of this type has the ID.

        Without a `kind`, the type is that of the parked state. Raises LookupError if nothing says the type.
        """
        if (record := self.get_state(node_id)) and kind in (None, record.kind):
            return record
        parked = self.parked.get(node_id)
        kind = kind or (parked.kind if parked else None)
        if kind is None:
            raise LookupError(f"no node had the ID '{node_id}' yet: give the kind of its state")
        fresh = self.parked[node_id] = Record(kind)
        return fresh

    def returning(self, row: Row) -> Record | None:
        """The parked state of a row that returns, unless its type starts again (`idle_on_return`)."""
        record = self.parked.get(row.state_key)
        if record is None or row.kind.idle_on_return or not record.fits(row):
            return None
        return record

    def commit(
        self, states: Mapping[str, Record], memories: Mapping[str, KeptMemory], renamed: Container[str] = ()
    ) -> None:
        """Take over the states of the plan that plays now; park those that it has not, the oldest dropped first.

        `renamed`: keys under which the same states and memories were known before. Nothing is parked under them.
        """
        if states == self.states and memories == self.memories:  # nothing comes or goes
            return
        for key in self.states:
            if key not in states and key not in renamed:
                self.parked[key] = self.states[key]
        for key, memory in self.memories.items():
            if key not in memories and key not in renamed:
                self.parked.setdefault(owner_of(key), None)
                self.parked_memories[key] = memory
        living = {*states, *map(owner_of, memories)}
        for key in living:
            self.parked.pop(key, None)
        for key in [key for key in self.parked_memories if owner_of(key) in living]:  # also of another type before
            del self.parked_memories[key]
        self.states, self.memories = dict(states), dict(memories)
        if len(self.parked) <= self.parking_nodes and self.parked_bytes <= self.parking_bytes:
            return
        owned: dict[str, list[str]] = {}
        for key in self.parked_memories:
            owned.setdefault(owner_of(key), []).append(key)
        while len(self.parked) > self.parking_nodes or self.parked_bytes > self.parking_bytes:
            oldest, _ = self.parked.popitem(last=False)
            for key in owned.get(oldest, ()):
                del self.parked_memories[key]

    @property
    def parked_bytes(self) -> int:
        """Memory of everything that is parked."""
        states = sum(record.values.nbytes for record in self.parked.values() if record)
        return states + sum(memory.nbytes for memory in self.parked_memories.values())

    def clear(self) -> None:
        """Forget everything that is parked."""
        self.clears += 1
        self.parked.clear()
        self.parked_memories.clear()
