"""Copies of what the nodes remember, taken between two blocks.

The rings are copied ahead; the callback copies the records, and of the rings what was written meanwhile, as it does
for a commit.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from waves.abi import COPY, COPY_BYTES, COPY_RING, PLAN, ROW, WORD
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.plan import Plan
from waves.engine.plan.renaming import seeds_of, with_seeds
from waves.engine.plan.row_words import voices
from waves.engine.plan.state_registry import Memory, Record, Registry, address_of
from waves.engine.plan.voice_memory import PoolRecord, carry, rings_of
from waves.engine.runtime.engine import Engine

RING_BYTES = 16e6  # longer rings are copied only while nothing plays
RECORD_BYTES = 4e6  # of records in all that the callback copies at once: half a millisecond
PATIENCE = 1.0  # seconds for the callback to take a copy
LOOK = 0.001  # seconds between two looks

Array = np.ndarray[Any, Any]


@dataclass(eq=False, slots=True)
class Snapshot:
    """States by key with the name of their kind, rings by key; `about` is plain data that is kept with them."""

    states: dict[str, tuple[str, Array]] = field(default_factory=dict)
    memories: dict[str, Memory] = field(default_factory=dict)
    ends: Array = field(default_factory=lambda: np.zeros(0, np.int64))  # of rows, in the order of `ends_of`
    limiter: Array = field(default_factory=lambda: np.zeros(0, np.uint8))
    about: dict[str, Any] = field(default_factory=dict)
    left_out: int = 0  # records and rings that were too large
    entries: list[tuple[int, ...]] = field(default_factory=list)
    of: Any = None  # what it is copied from, as long as the callback may

    @property
    def bytes(self) -> int:
        arrays = [array for _, array in self.states.values()] + [one.data for one in self.memories.values()]
        return sum(array.nbytes for array in arrays)

    def part(self, keys: Container[str]) -> Snapshot:
        """Only some of the keys."""
        states = {key: one for key, one in self.states.items() if key in keys}
        memories = {key: one for key, one in self.memories.items() if key in keys}
        return Snapshot(states, memories, about=self.about)

    def park(self, registry: Registry, playing: Plan | None, graph: Graph) -> Snapshot:
        """Park what nodes of the graph that do not play remembered, so that they go on from there; what was parked."""
        living = {*playing.states, *playing.memories} if playing else set()
        returning = [row for row in graph.rows.values() if row.state not in living]
        part = self.part({name for row in returning for name in (row.state, row.memory)} - living)
        for row in returning:
            kind, values = part.states.get(row.state, ("", None))
            record = Record(row.kind)
            if values is not None and kind == row.kind.__name__ and values.dtype == record.values.dtype:
                record.values[:] = values
                registry.parked[row.state] = record
        for key, memory in part.memories.items():
            registry.parked.setdefault(key, None)
            registry.parked_memories[key] = memory.copied(memory.frames)[0]
        return part

    def seeded(self, graph: Graph) -> Graph:
        """A graph with the seeds that its nodes began with."""
        return with_seeds(graph, self.about.get("seeds", {}))

    def restore(self, plan: Plan) -> int:
        """Write the states into a plan that does not play yet, by name where a kind has other fields; how many."""
        count = 0
        for key, record in plan.states.items():
            kind, values = self.states.get(key, ("", record.values))
            if kind == record.kind.__name__:
                count += 1
                for source, target, size in carry(
                    values.dtype, record.values.dtype, address_of(values), record.address
                ):
                    ctypes.memmove(target, source, size)
        for key, memory in plan.memories.items():
            if saved := self.memories.get(key):
                memory.data[:] = saved.copied(memory.frames)[0].data
                memory.counter[:] = saved.counter
        places = ends_of(plan)
        if places.size == self.ends.size:  # the rows of the same text
            plan.settled.words[places] = self.ends
        return count


def ends_of(plan: Plan) -> Array:
    """Where in the words of a plan stands which rows have ended, and how long they are quiet; voices too."""
    words = plan.settled.words
    places: list[int] = []

    def walk(at: int, rows: Iterable[Row]) -> None:
        for row in rows:
            places.extend(at + ROW.index(name) for name in ("status", "quiet", "since"))
            if row.voice:
                for program in voices(words, at):
                    walk(program, row.voice.graph.rows.values())
            at += int(words[at + ROW.index("bytes")]) // WORD

    walk(0, plan.graph.rows.values())
    return np.array(places, np.int64)


def prepared(plan: Plan, wanted: Callable[[Record], bool] = lambda record: True) -> Snapshot:
    """A snapshot whose entries the callback still has to copy: its rings are copied ahead."""
    made = Snapshot(of=plan)
    total = 0
    for key, record in plan.states.items():
        if not wanted(record):
            continue
        if isinstance(record, PoolRecord):
            copy, entries, whole = _pool(record)
            made.left_out += not whole
        else:
            copy = record.values.copy()
            entries = [_bytes(record.values, copy)]
        size = sum(entry[COPY.index("bytes")] for entry in entries)
        if total + size > RECORD_BYTES:
            made.left_out += 1
            continue
        total += size
        made.states[key] = (record.kind.__name__, copy)
        made.entries += entries
    for key, memory in plan.memories.items():
        if memory.data.nbytes > RING_BYTES:
            made.left_out += 1
            continue
        ring, seen = memory.copied(memory.frames)
        made.memories[key] = ring
        ends = (memory.mask, address_of(memory.counter), ring.mask, address_of(ring.counter))
        made.entries.append((COPY_RING, address_of(memory.data), address_of(ring.data), 0, *ends, seen))
    return made


def _bytes(source: Array, target: Array) -> tuple[int, ...]:
    return (COPY_BYTES, address_of(source), address_of(target), source.nbytes, 0, 0, 0, 0, 0)


def _pool(record: PoolRecord) -> tuple[Array, list[tuple[int, ...]], bool]:
    """The copy of a pool, the rings of voices that sound copied ahead; its entries, and whether the rings are in it."""
    copy = np.zeros(1, record.values.dtype)
    source, target = record.values.view(np.uint8), copy.view(np.uint8)
    base, to = record.address, address_of(copy)
    rings = sorted(rings_of(record.layout, source))
    entries: list[tuple[int, ...]] = []
    whole = sum(8 * (mask + 1) for _, mask, _, sounds in rings if sounds) <= RING_BYTES
    at = 0
    for first, mask, counter, sounds in rings:
        entries.append((COPY_BYTES, base + at, to + at, first - at, 0, 0, 0, 0, 0))
        at = first + 8 * (mask + 1)
        if whole:
            seen = int(source[counter : counter + 8].view(np.int64)[0])
            if sounds:
                target[first:at] = source[first:at]
            ends = (mask, base + counter, mask, to + counter)
            entries.append((COPY_RING, base + first, to + first, 0, *ends, seen))
    entries.append((COPY_BYTES, base + at, to + at, source.size - at, 0, 0, 0, 0, 0))
    for _, _, place, size, *_ in entries:  # the callback must find its pages there
        target[place - to : place - to + size] = 0
    return copy, entries, whole


def with_copies(plan: Plan, snapshot: Snapshot) -> None:
    """Let the commit of a plan copy what plays until then. Before the plan is offered."""
    more = np.array(snapshot.entries, np.int64).reshape(-1, len(COPY))
    plan.copies = np.concatenate([plan.copies, more])
    plan.header[PLAN.index("copies")] = address_of(plan.copies)
    plan.header[PLAN.index("copies_count")] = len(plan.copies)


def take(engine: Engine, ended: Callable[[], bool] = lambda: False) -> Snapshot | None:
    """What plays, with the limiter and the clock, as it is between two blocks; None while nothing can be taken."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not ended():
        plan, commits = engine.playing, engine.commits
        if plan is None or engine.fading or engine.is_copying():
            time.sleep(LOOK)
            continue
        made = prepared(plan)
        parts = {name: source.copy() for name, source in engine.parts.items()}
        made.entries += [_bytes(source, parts[name]) for name, source in engine.parts.items()]
        words, places = plan.settled.words.copy(), ends_of(plan)
        made.entries.append(_bytes(plan.settled.words, words))
        engine.begin_copy(np.array(made.entries, np.int64), (made, parts, words))
        while engine.is_copying() and time.monotonic() < deadline:
            time.sleep(LOOK)
        if not engine.is_copying() and engine.commits == commits:
            made.ends = words[places]
            made.about["seeds"] = seeds_of(plan.graph)
            return _with_engine(made, parts)
    return None


def still(engine: Engine) -> Snapshot | None:
    """What plays, all of it, while no device runs."""
    plan = engine.playing
    if plan is None:
        return None
    made = Snapshot()
    made.states = {key: (one.kind.__name__, one.values.copy()) for key, one in plan.states.items()}
    made.memories = {key: one.copied(one.frames)[0] for key, one in plan.memories.items()}
    made.ends = plan.settled.words[ends_of(plan)]
    made.about["seeds"] = seeds_of(plan.graph)
    return _with_engine(made, {name: source.copy() for name, source in engine.parts.items()})


def _with_engine(made: Snapshot, parts: Mapping[str, Array]) -> Snapshot:
    made.limiter = parts["limiter"]
    made.about |= Engine.position_in(parts)
    made.of = None
    return made
