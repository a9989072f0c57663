"""What nodes remember, by ID: the memory that rows of a plan point to, and what is kept of nodes that left."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Mapping
from typing import Any

import numpy as np

from waves.node import Node
from waves.node_types.library.signature import state_default_shared, state_dtype

Array = np.ndarray[Any, Any]


class Record:
    """The state of one row. From Python an object with the state's fields as attributes: `record.phase`."""

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

    def fits(self, kind: type[Node]) -> bool:
        """Whether the record can serve a node of this kind as it is."""
        return self.values.dtype == state_dtype(kind) and self.kind.__name__ == kind.__name__


class Memory:
    """A ring of frames: `data` of a power of two; the count of frames written so far, and of those before its begin."""

    __slots__ = ("counter", "data")

    def __init__(self, frames: int):
        self.data = touched(frames)
        self.counter = np.zeros(2, np.int64)

    @property
    def frames(self) -> int:
        return self.data.size

    @property
    def mask(self) -> int:
        return self.data.size - 1

    def copied(self, frames: int) -> tuple[Memory, int]:
        """The newest frames in a ring of another size, and the count when the copy began.

        What is written meanwhile has a higher count, so it is known and can be copied again.
        """
        copy, seen = Memory(frames), int(self.counter[0])
        at = seen - min(frames, self.frames)
        while at < seen:  # in pieces that lie in a row in both
            last = min(seen, *(at + ring.frames - (at & ring.mask) for ring in (self, copy)))
            to, of = at & copy.mask, at & self.mask
            copy.data[to : to + last - at] = self.data[of : of + last - at]
            at = last
        copy.counter[:] = seen, self.counter[1]
        return copy, seen


def touched(frames: int) -> Array:
    """Zeros whose pages exist: the first write on the sound thread must not fault."""
    data = np.empty(frames)
    data.fill(0.0)
    return data


def address_of(array: Array) -> int:
    return array.ctypes.data


class Registry:
    """States and rings by key, of what plays and of what was parked.

    The key of a state is the node's ID, with `#1` for its second channel; a ring has the key of its state, or
    `shared:name` when nodes share it.
    """

    def __init__(self, parking_bytes: float = 64e6, parking_nodes: int = 1000):
        self.states: dict[str, Record] = {}
        self.memories: dict[str, Memory] = {}
        self.parked: OrderedDict[str, Record | None] = OrderedDict()
        self.parked_memories: dict[str, Memory] = {}
        self.parking_bytes, self.parking_nodes = parking_bytes, parking_nodes

    def get_state(self, node_id: str) -> Record | None:
        """The state of what plays, by ID, or by an explicit id that is unambiguous without its path."""
        if node_id in self.states:
            return self.states[node_id]
        found = [record for key, record in self.states.items() if key.endswith(f"/{node_id}")]
        return found[0] if len(found) == 1 else None

    def create_state(self, node_id: str, kind: type[Node] | None = None) -> Record:
        """The state of a node that plays, else a new one, kept until a node of this kind comes under the ID.

        Without a `kind` it is that of the node which left the ID. Raises LookupError when nothing tells the kind.
        """
        if (record := self.get_state(node_id)) and kind in (None, record.kind):
            return record
        parked = self.parked.get(node_id)
        kind = kind or (parked.kind if parked else None)
        if kind is None:
            raise LookupError(f"no node had the ID '{node_id}' yet: give the kind of its state")
        fresh = self.parked[node_id] = Record(kind)
        return fresh

    def returning(self, key: str, kind: type[Node]) -> Record | None:
        """The parked state of a node that comes back, if it goes on from there."""
        record = self.parked.get(key)
        if record is None or kind.idle_on_return or not record.fits(kind):
            return None
        return record

    def committed(
        self, states: Mapping[str, Record], memories: Mapping[str, Memory], moved: Container[str] = ()
    ) -> None:
        """Take over what the plan that now plays points to; what left is parked, the oldest dropped first.

        `moved` are keys of what plays under others now: whoever comes under such a key is another node.
        """
        for key in [*self.states, *self.memories]:
            if key not in states and key not in memories and key not in moved:
                self.parked[key] = self.states.get(key)
                if key in self.memories:
                    self.parked_memories[key] = self.memories[key]
        for key in [*states, *memories]:
            self.parked.pop(key, None)
            self.parked_memories.pop(key, None)
        self.states, self.memories = dict(states), dict(memories)
        while len(self.parked) > self.parking_nodes or self.parked_bytes > self.parking_bytes:
            key, _ = self.parked.popitem(last=False)
            self.parked_memories.pop(key, None)

    @property
    def parked_bytes(self) -> int:
        states = sum(record.values.nbytes for record in self.parked.values() if record)
        return states + sum(memory.data.nbytes for memory in self.parked_memories.values())

    def clear(self) -> None:
        """Forget the states and rings that are kept for nodes which left."""
        self.parked.clear()
        self.parked_memories.clear()
