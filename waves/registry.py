"""What nodes remember, by ID: the memory that rows of a plan point to, and what is kept of nodes that left."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from waves.layout import state_default, state_dtype
from waves.node import Node

Array = np.ndarray[Any, Any]


class Record:
    """The state of one row: a record, and a ring when the node has a memory.

    From Python an object with the state's fields as attributes: `record.phase`.
    """

    __slots__ = ("address", "counter", "data", "kind", "ring", "values")

    def __init__(self, kind: type[Node], ring: int = 0):
        self.kind = kind
        self.values = state_default(kind)
        self.address = address_of(self.values)
        self.data = touched(ring) if ring else None
        self.counter = np.zeros(1, np.int64) if ring else None
        self.ring = ring

    @property
    def bytes(self) -> int:
        return self.values.nbytes + (self.data.nbytes if self.data is not None else 0)

    def __getattr__(self, name: str) -> Any:
        try:
            value = self.values[name][0]
        except (ValueError, IndexError):
            raise AttributeError(f"a {self.kind.__name__} remembers no '{name}'") from None
        return value if isinstance(value, np.ndarray) else value.item()

    def fits(self, kind: type[Node]) -> bool:
        """Whether the record can serve a node of this kind as it is."""
        return self.values.dtype == state_dtype(kind) and self.kind.__name__ == kind.__name__


def touched(frames: int) -> Array:
    """Zeros whose pages exist: the first write on the sound thread must not fault."""
    data = np.empty(frames)
    data.fill(0.0)
    return data


def address_of(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]
    return address


class Registry:
    """States by key (the node's ID, and `#1` for its second channel), of what plays and of what was parked."""

    def __init__(self, parking_bytes: int = 64_000_000, parking_nodes: int = 1000):
        self.states: dict[str, Record] = {}
        self.parked: OrderedDict[str, Record] = OrderedDict()
        self.parking_bytes, self.parking_nodes = parking_bytes, parking_nodes

    def get_state(self, node_id: str) -> Record | None:
        """The state of what plays, by ID, or by an explicit id that is unambiguous without its path."""
        if node_id in self.states:
            return self.states[node_id]
        found = [record for key, record in self.states.items() if key.endswith(f"/{node_id}")]
        return found[0] if len(found) == 1 else None

    def create_state(self, node_id: str, kind: type[Node], ring: int = 0) -> Record:
        """A state of its own for a node that has just begun."""
        record = self.states[node_id] = Record(kind, ring)
        return record

    def returning(self, key: str, kind: type[Node], ring: int) -> Record | None:
        """The parked state of a node that comes back, if it goes on from there."""
        record = self.parked.get(key)
        if record is None or kind.idle_on_return or not record.fits(kind) or record.ring != ring:
            return None
        return record

    def committed(self, states: Mapping[str, Record]) -> None:
        """Take over the states of the plan that now plays; what left is parked, the oldest dropped first."""
        for key, record in self.states.items():
            if key not in states:
                self.parked[key] = record
        for key in states:
            self.parked.pop(key, None)
        self.states = dict(states)
        while self.parked and self._too_much(self.parked.values()):
            self.parked.popitem(last=False)

    def _too_much(self, parked: Iterable[Record]) -> bool:
        return len(self.parked) > self.parking_nodes or sum(r.bytes for r in parked) > self.parking_bytes

    def clear(self) -> None:
        """Forget everything."""
        self.states.clear()
        self.parked.clear()
