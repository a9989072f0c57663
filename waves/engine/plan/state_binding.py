"""Gives every row of the next plan its state and its ring: those that play, parked ones, or new ones."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from waves.abi import COPY_BYTES, COPY_RING
from waves.engine.graph.diff import GHOST, Transition
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.state_registry import Memory, Record, Registry, address_of
from waves.engine.plan.voice_memory import PoolLayout, PoolRecord, carry
from waves.node import Node

Copy = tuple[int, ...]


class Bound(NamedTuple):
    """What a row points to: addresses, or offsets from a base that is not known yet."""

    address: int
    bytes: int
    ring: int = 0
    mask: int = 0
    counter: int = 0
    pool: PoolLayout | None = None
    old: tuple[int, PoolLayout] | None = None  # of a pool in transition: what its ghosts point to
    keep: Any = None


def bound(record: Record, memory: Memory | None, old: Record | None = None) -> Bound:
    """A row on a record of its own."""
    pool = record.layout if isinstance(record, PoolRecord) else None
    before = (old.address, old.layout) if isinstance(old, PoolRecord) else None
    keep = (record, memory, old)
    size = 0 if pool else record.values.nbytes  # a pool is never reset as a whole
    if memory is None:
        return Bound(record.address, size, pool=pool, old=before, keep=keep)
    ring, counter = address_of(memory.data), address_of(memory.counter)
    return Bound(record.address, size, ring, memory.mask, counter, keep=keep)


class Present(NamedTuple):
    """What plays: states and rings by the keys that they have in the next plan."""

    states: dict[str, Record]
    memories: dict[str, Memory]
    rows: dict[str, Row]


class StateBinding:
    """`states` and `memories` of the next plan by key, and what the commit copies into them."""

    def __init__(
        self,
        graph: Graph,
        present: Present,
        transition: Transition | None,
        fades: bool,
        registry: Registry,
        forget: Callable[[Row], bool],
    ):
        self.present, self.registry = present, registry
        self.states: dict[str, Record] = {}
        self.memories: dict[str, Memory] = {}
        self.ghosts: dict[str, Bound] = {}
        self.copies: list[Copy] = []
        self.returned: set[str] = set()
        for row in graph.rows.values():
            fresh = forget(row)
            changed = transition is not None and row.key in transition.changed
            twice = changed and (fades or row.kind.adopted is not Node.adopted)
            if transition and fades and row.key in transition.voices:
                twice = twice or runs_twice(transition.voices[row.key])
            if row.state not in self.states:
                self.states[row.state] = record_for(row) if fresh else self.state(row, twice)
            if row.memory and row.memory not in self.memories:
                shared = row.memory != row.state
                self.memories[row.memory] = Memory(row.ring) if fresh else self.memory(row, twice and not shared)

    def state(self, row: Row, twice: bool) -> Record:
        old: Record | None
        old, channel = self.old(self.present.states, row.state)
        if old is None:
            if found := self.registry.returning(row.state, row.kind):
                self.returned.add(row.key)
            return found or record_for(row)
        if not row.voice and old.fits(row.kind) and not channel and not twice:
            return old
        record = record_for(row)
        if row.voice and old.values.dtype == record.values.dtype and not twice:
            return old
        decided = self.adopted(row, old, record)
        before, after = old.values.dtype, record.values.dtype
        if decided:
            fields = dict(after.fields or {}).items()
            after = np.dtype([(f"decided {name}" if name in decided else name, one[0]) for name, one in fields])
        for source, target, size in carry(before, after, old.address, record.address):
            self.copies.append((COPY_BYTES, source, target, size, 0, 0, 0, 0, 0))
        return record

    def adopted(self, row: Row, old: Record, record: Record) -> set[str]:
        """Let the kind decide what becomes of its state under other settings; the fields that it wrote."""
        was = self.present.rows.get(row.key)
        if row.kind.adopted is Node.adopted or was is None or was.kind is not row.kind:
            return set()
        names = record.values.dtype.names or ()
        state = SimpleNamespace(**{name: old.values[name][0].copy() for name in names})
        before: Any = SimpleNamespace(**was.settings)
        after: Any = SimpleNamespace(**row.settings)
        row.kind.adopted(state, before, after)
        decided = {name for name in names if not np.array_equal(getattr(state, name), old.values[name][0])}
        for name in decided:
            record.values[name] = getattr(state, name)
        return decided

    def memory(self, row: Row, twice: bool) -> Memory:
        old: Memory | None
        old, channel = self.old(self.present.memories, row.memory)
        if old is None:
            old, channel = self.registry.parked_memories.get(row.memory), False
        if old is None:
            return Memory(row.ring)
        if old.frames == row.ring and not channel and not twice:
            return old
        return self.copy(old, row.ring)

    def old(self, found: dict[str, Any], key: str) -> tuple[Any, bool]:
        """What plays under a key; for a channel that is added, what its first channel has."""
        if key in found or "#" not in key:
            return found.get(key), False
        return found.get(key.rpartition("#")[0]), True

    def copy(self, old: Memory, frames: int) -> Memory:
        """A ring copied ahead; its last frames are copied at the commit."""
        new, seen = old.copied(frames)
        rings = (address_of(old.data), address_of(new.data), 0)
        counters = (old.mask, address_of(old.counter), new.mask, address_of(new.counter))
        self.copies.append((COPY_RING, *rings, *counters, seen))
        return new

    def of(self, row: Row) -> Bound:
        """What a row is bound to."""
        if row.key.startswith(GHOST):
            if row.key not in self.ghosts:
                memory = self.present.memories.get(row.memory)
                if memory and row.memory != row.state:  # a shared ring has one writer, the next plan
                    memory = self.copy(memory, memory.frames)
                self.ghosts[row.key] = bound(self.present.states[row.state], memory)
            return self.ghosts[row.key]
        if row.state not in self.states:  # a fade, which remembers nothing
            return self.ghosts.setdefault("", bound(Record(row.kind), None))
        old = self.present.states.get(row.state) if row.voice else None
        return bound(self.states[row.state], self.memories.get(row.memory), old)


def record_for(row: Row) -> Record:
    """A state of its own for a row that has just begun."""
    return PoolRecord(row) if row.voice else Record(row.kind)


def runs_twice(inner: Transition) -> bool:
    """Whether any row of a voice does, at any depth."""
    return bool(inner.changed) or any(map(runs_twice, inner.voices.values()))
