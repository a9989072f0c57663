"""Snapshots: copies of all state records and memories, as they are between two blocks.

Rings and buffers are copied ahead, by the thread that asks; the sound thread then copies the records, and of the others
what was written meanwhile, as it does for a commit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from waves.abi import COPY, PLAN, ROW
from waves.dsp.limiter import LIMITER
from waves.engine.graph.graph import Graph
from waves.engine.plan.plan import Plan, copies_of
from waves.engine.plan.renaming import seeds_of, with_seeds
from waves.engine.plan.row_words import rows_at, voice_places
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.state_checks import (
    StateError,
    check_ends,
    check_limiter,
    check_memory,
    check_position,
    check_state,
)
from waves.engine.state.copies import BufferPlace, Copy, Place, address_of, copy_of_bytes, copy_of_pages, copy_of_ring
from waves.engine.state.kept_memory import KeptMemory, owner_of
from waves.engine.state.record_table import CopiedRecords, RecordTable
from waves.engine.state.state_registry import Record, Registry
from waves.engine.state.voice_memory import PoolRecord, copy_common, memories_of
from waves.node_types.library.machine_types import pages_of
from waves.problem import Problem, Problems

MEMORY_BYTES = 16e6  # larger rings and buffers are copied only while nothing plays
RECORD_BYTES = 4e6  # of records that the sound thread copies in one block: half a millisecond
TIMEOUT = 1.0  # seconds for the sound thread to make a copy
LOOK = 0.001  # seconds between two looks

Array = np.ndarray[Any, Any]


@dataclass(eq=False, repr=False, slots=True)
class Snapshot:
    """States and memories by key, and plain data that is kept with them. Any thread, one at a time.

    `states`: name of the type, and the record as structured array of shape (1,).
    """

    states: MutableMapping[str, tuple[str, Array]] = field(default_factory=dict)
    memories: dict[str, KeptMemory] = field(default_factory=dict)
    ends: Array = field(default_factory=lambda: np.zeros(0, np.int64))  # status words of rows, as `end_words` has them
    limiter: Array = field(default_factory=lambda: np.zeros(0, np.uint8))  # its record as bytes or structured array
    about: dict[str, Any] = field(default_factory=dict)  # `seeds`, `clock`, `level`, and what others add
    left_out: int = 0  # records and memories that were too large
    copies: Array = field(default_factory=lambda: copies_of([]))  # still to be made by the sound thread
    source: Any = None  # what it is copied from, kept until the copies are made
    from_file: bool = False  # its numbers are checked before the engine sees them
    from_others: bool = False  # and it was not written by this user

    @property
    def bytes(self) -> int:
        """Size of its states and memories."""
        states = self.states
        whole = states.nbytes if isinstance(states, CopiedRecords) else sum(one.nbytes for _, one in states.values())
        return whole + sum(memory.nbytes for memory in self.memories.values())

    def part(self, keys: Container[str]) -> Snapshot:
        """The states and memories of some keys."""
        states = {key: state for key, state in self.states.items() if key in keys}
        memories = {key: memory for key, memory in self.memories.items() if key in keys}
        return Snapshot(states, memories, about=self.about, from_file=self.from_file, from_others=self.from_others)

    def park(self, registry: Registry, playing: Plan | None, graph: Graph) -> Snapshot:
        """Park the states of nodes of a graph that do not play, so that they continue from there.

        The part that was parked. Build thread only.
        """
        living = {*playing.states, *playing.memories} if playing else set()
        returning = [row for row in graph.rows.values() if row.state_key not in living]
        keys = {key for row in returning for key in (row.state_key, *(memory.key for memory in row.memories))}
        part = self.part(keys - living)
        for row in returning:
            kind, values = part.states.get(row.state_key, ("", None))
            record = Record(row.kind)
            if values is not None and kind == row.kind.__name__ and row.voice is None:
                copy_common(values, record)
                if self._is_safe(check_state, row, record.values, self.from_others):
                    registry.parked[row.state_key] = record
        for key, memory in part.memories.items():
            copy = memory.duplicate()
            if self._is_safe(check_memory, copy, self.from_others):
                registry.parked.setdefault(owner_of(key), None)
                registry.parked_memories[key] = copy
        return part

    def _is_safe(self, check: Callable[..., None], *values: Any) -> bool:
        """Whether something of it may play: anything that this process copied, of a file what passes the check."""
        if not self.from_file:
            return True
        try:
            check(*values)
        except StateError:
            return False
        return True

    def with_seeds(self, graph: Graph) -> Graph:
        """A graph with the seeds that its nodes played with."""
        return with_seeds(graph, self.about.get("seeds", {}))

    def restore(self, plan: Plan) -> int:
        """Write the states into a plan that does not play yet, by field name; how many there were.

        Raises Problems when one that was read from a file has a number out of its range: the plan must not play then.
        """
        count = 0
        for key, record in plan.states.items():
            kind, values = self.states.get(key, ("", record.values))
            if kind == record.kind.__name__:
                count += 1
                copy_common(values, record)
            if isinstance(record, PoolRecord):
                record.leave_stream()
        for key, memory in plan.memories.items():
            if saved := self.memories.get(key):
                memory.restore(saved)
        places = end_words(plan)
        if places.size == self.ends.size:  # the rows of the same text
            plan.settled.words[places] = self.ends
        if self.from_file:
            with _as_problem():
                self._check_engine()
                for row in plan.graph.rows.values():
                    if row.state_key in plan.states:
                        check_state(row, plan.states[row.state_key].values, self.from_others)
                for memory in plan.memories.values():
                    check_memory(memory, self.from_others)
        return count

    def check(self, graph: Graph) -> None:
        """Check that the states may be restored into a plan of a graph. Raises Problems."""
        with _as_problem():
            self._check_engine()
            for row in graph.rows.values():
                record = PoolRecord(row) if row.voice else Record(row.kind)
                kind, values = self.states.get(row.state_key, ("", record.values))
                if kind == row.kind.__name__:
                    copy_common(values, record)
                    check_state(row, record.values, self.from_others)

    def check_engine(self) -> None:
        """Check all but the records of nodes, which only a graph explains. Raises Problems."""
        with _as_problem():
            self._check_engine()

    def _check_engine(self) -> None:
        check_position(self.about.get("clock", 0), self.about.get("level", 0.0))
        check_ends(self.ends)
        for memory in self.memories.values():
            check_memory(memory, self.from_others)
        if self.limiter.nbytes == LIMITER.itemsize:
            check_limiter(self.limiter.view(LIMITER))


@contextmanager
def _as_problem() -> Iterator[None]:
    """Turn a StateError into Problems."""
    try:
        yield
    except StateError as error:
        raise Problems(Problem(f"the saved state cannot be used: {error}")) from None


def end_words(plan: Plan) -> Array:
    """Indices in the settled words of what says whether a row has ended: three per row, voices too; int64."""
    words = plan.settled.words
    places: list[int] = []

    def add(graph: Graph, first: int) -> None:
        for at, row in rows_at(words, graph, first):
            places.extend(at + ROW.index(name) for name in ("status", "quiet", "since"))
            if row.voice:
                for voice in voice_places(words, at):
                    add(row.voice.graph, voice)

    add(plan.graph, 0)
    return np.array(places, np.int64)


def prepare_snapshot(plan: Plan, returning: bool = False) -> Snapshot:
    """A snapshot of a plan that plays, its memories copied; its `copies` are still to be made. Any thread.

    `returning`: only of nodes that go on with their state when they return.
    """
    if returning not in plan.tables:
        plan.tables[returning] = RecordTable(plan.states, returning, RECORD_BYTES)
    table = plan.tables[returning]
    snapshot, total = Snapshot(source=plan, left_out=table.left_out), table.bytes
    snapshot.states, of_records = table.copied()
    more: list[Copy] = []
    for key, record in table.pools.items():
        values, copies, whole = _pool_copy(record)
        snapshot.left_out += not whole
        size = sum(copy[COPY.index("bytes")] for copy in copies)
        if total + size > RECORD_BYTES:
            snapshot.left_out += 1
            continue
        total += size
        snapshot.states[key] = (record.kind.__name__, values)
        more += copies
    for key, memory in plan.memories.items():
        if not memory.is_saved:
            continue
        if memory.nbytes > MEMORY_BYTES:
            snapshot.left_out += 1
            continue
        snapshot.memories[key], copy = memory.copied(memory.size)
        more.append(copy)
    snapshot.copies = np.concatenate([of_records, copies_of(more)])
    return snapshot


def _copy_whole(source: Array, target: Array) -> Copy:
    return copy_of_bytes(address_of(source), address_of(target), source.nbytes)


def _pool_copy(record: PoolRecord) -> tuple[Array, list[Copy], bool]:
    """A copy of a pool's memory, the copies still to be made, and whether the memories of its voices are in it.

    Those of voices that sound are copied ahead; the bytes between them are left to the sound thread. A voice may begin
    meanwhile: so the counters and stamps are read before it is asked which voices sound, and the sound thread adds all
    that a voice writes which did not sound then.
    """
    values = np.zeros(1, record.values.dtype)
    source, target = record.values.view(np.uint8), values.view(np.uint8)
    base, to = record.address, address_of(values)
    seen = {place.data: _seen(place, source) for place, _ in memories_of(record.layout, source)}
    places = sorted(memories_of(record.layout, source), key=lambda found: found[0].data)
    copies: list[Copy] = []
    whole = sum(place.bytes for place, sounds in places if sounds and place.is_saved) <= MEMORY_BYTES
    at = 0
    for place, sounds in places:
        copies.append(copy_of_bytes(base + at, to + at, place.data - at))
        at = place.data + place.bytes
        if whole and place.is_saved:
            if sounds:
                target[place.data : at] = source[place.data : at]
            since = seen[place.data]
            if isinstance(place, BufferPlace):
                copies.append(copy_of_pages(place.moved(base), place.moved(to), since))
            else:
                copies.append(copy_of_ring(place.moved(base), place.moved(to), since))
    copies.append(copy_of_bytes(base + at, to + at, source.size - at))
    for _, _, first, size, *_ in copies:  # so that the pages exist: the sound thread must not wait for the system
        target[first - to : first - to + size] = 0
    return values, copies, whole


def _seen(place: Place, source: Array) -> int:
    """The frames in a ring of a voice, or the latest stamp of a buffer; `source` are the bytes of the pool."""
    if isinstance(place, BufferPlace):
        return max(int(source[place.pages : place.pages + 8 * pages_of(place.size)].view(np.int64).max()), 1)
    return int(source[place.counter : place.counter + 8].view(np.int64)[0])


def copy_at_commit(plan: Plan, snapshot: Snapshot) -> None:
    """Let the commit of a plan make the copies of a snapshot of the plan before it.

    Build thread only, before the plan is offered.
    """
    plan.copies = np.concatenate([plan.copies, snapshot.copies])
    plan.header[PLAN.index("copies")] = address_of(plan.copies)
    plan.header[PLAN.index("copies_count")] = len(plan.copies)


def take_playing(engine: Engine, ended: Callable[[], bool] = lambda: False) -> Snapshot | None:
    """A snapshot of the plan that plays, of the limiter and the clock, all between the same two blocks.

    Waits for the sound thread, at most a second, and not once `ended` is true; None if no snapshot could be taken.
    Any thread but the sound thread, one at a time.
    """
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and not ended():
        plan, commits = engine.playing, engine.commits
        if plan is None or engine.fading or engine.is_copying():
            time.sleep(LOOK)
            continue
        snapshot = prepare_snapshot(plan)
        parts = {name: source.copy() for name, source in engine.parts.items()}
        words, places = plan.settled.words.copy(), end_words(plan)
        more = [_copy_whole(source, parts[name]) for name, source in engine.parts.items()]
        more.append(_copy_whole(plan.settled.words, words))
        snapshot.copies = np.concatenate([snapshot.copies, copies_of(more)])
        engine.begin_copy(snapshot.copies, (snapshot, parts, words))
        while engine.is_copying() and time.monotonic() < deadline:
            time.sleep(LOOK)
        if not engine.is_copying() and engine.commits == commits:
            snapshot.ends = words[places]
            snapshot.about["seeds"] = seeds_of(plan.graph)
            return _with_engine(snapshot, parts)
    return None


def take_stopped(engine: Engine) -> Snapshot | None:
    """A snapshot of everything, however large, while no device runs; None if no plan plays. Any thread."""
    plan = engine.playing
    if plan is None:
        return None
    snapshot = Snapshot()
    snapshot.states = {key: (record.kind.__name__, record.values.copy()) for key, record in plan.states.items()}
    snapshot.memories = {key: kept.duplicate() for key, kept in plan.memories.items() if kept.is_saved}
    snapshot.ends = plan.settled.words[end_words(plan)]
    snapshot.about["seeds"] = seeds_of(plan.graph)
    return _with_engine(snapshot, {name: source.copy() for name, source in engine.parts.items()})


def _with_engine(snapshot: Snapshot, parts: Mapping[str, Array]) -> Snapshot:
    """The snapshot with the limiter, the clock and the level of copies of the engine's parts."""
    snapshot.limiter = parts["limiter"]
    snapshot.about |= Engine.position_in(parts)
    snapshot.source = None
    return snapshot
