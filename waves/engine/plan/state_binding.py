"""Binds rows to state: every row of the next plan gets the record and the memories that its kernel works on.

That is the memory that plays now, a copy of it, a parked one, or a new one. Build thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from waves.engine.graph.diff import GHOST, Transition
from waves.engine.graph.graph import Graph, Memory, Row, VoiceGraph
from waves.engine.plan.forgetting import nothing
from waves.engine.plan.row_words import OLD, STATE
from waves.engine.plan.voice_copies import OldPool, copies_of_voices, shared_by_ghosts, writes_first
from waves.engine.state.copies import Copy, Place, address_of, copy_of_bytes, end_in, seam_in
from waves.engine.state.kept_memory import KeptMemory, RingBuffer, new_memory
from waves.engine.state.memory_limit import require_together
from waves.engine.state.state_registry import Record, Registry
from waves.engine.state.voice_memory import PoolLayout, PoolRecord, common_parts, copy_common
from waves.language.tree.tree_node import known_parameters
from waves.node import Node
from waves.node_types.library.preparation import with_arrays
from waves.node_types.library.signature import state_default_shared, state_dtype


class Binding(NamedTuple):
    """State and memories of a row, as its kernel finds them.

    Addresses; in a voice offsets into the voice's record with a tag, see `row_words`.
    """

    address: int
    bytes: int  # of the state, 0: never reset
    memories: Mapping[str, Place] = {}  # by the name of the kernel's argument, see `graph.Memory`
    pool: PoolLayout | None = None
    old: OldPool | None = None  # of a pool in transition
    shared: Mapping[str, Place] = {}  # of a pool: what its voices share by name, by key; of a ghost under its key
    keep: Any = None  # objects that the addresses point into
    pages: int = 0  # the address of its ring of pages, 0: none


Bind = Callable[[Row], Binding]
Kept = TypeVar("Kept", Record, KeptMemory)


class PlanBinding:
    """Binds the rows of a plan; afterwards `states`, `memories` and `copies` are those of the plan.

    `old_states` and `old_memories` play now, here by their keys in the next plan; `fade`: frames of the transition, 0
    if it is not played; rows for which `forget` is true start from their default state. What enters the memory of a new
    or returned row fades in within `fade` frames, of one that is forgotten within `forgotten`.
    """

    def __init__(
        self,
        graph: Graph,
        transition: Transition | None,
        old_states: Mapping[str, Record],
        old_memories: Mapping[str, KeptMemory],
        registry: Registry,
        fade: int,
        forget: Callable[[Row], bool],
        forgotten: int = 0,
    ):
        self.old_states, self.old_memories, self.registry, self.fade = old_states, old_memories, registry, fade
        self.transition = transition
        self.old_rows = transition.old.rows if transition and transition.old else {}
        self.states: dict[str, Record] = {}
        self.memories: dict[str, KeptMemory] = {}
        self.copies: list[Copy] = []
        self.returned: set[str] = set()
        self.rings: dict[str, int] = {}  # addresses of rings of pages, by the keys of their rows
        self._bound: dict[str, Binding] = {}
        self._plain: dict[str, Binding] = {}  # of states alone, by their keys
        self._copies_of_shared: dict[str, KeptMemory] = {}  # for ghosts in voices
        self._sizes: dict[str, int] = {}  # the largest that a row asks for, of memories that are shared
        of_numbers = transition is not None and transition.numbers is not None and not transition.previous_ids
        goes_on = of_numbers and (forget is nothing or not any(map(forget, graph.rows.values())))
        self._pools = [graph.rows[key] for key in transition.pools] if transition and goes_on else None
        """Pools that differ, where all other rows go on; None: others may not."""
        self.all_go_on = self._pools == []
        """Whether the plan has the very states and memories that play, and no others."""
        if self._pools is not None:
            self.states, self.memories = dict(old_states), dict(old_memories)
            if not all(old_states[row.state_key].fits(row) for row in self._pools):
                require_together(graph)
            for row in self._pools:
                self.states[row.state_key] = self._state(row, self._runs_twice(row, transition, fade > 0))
            return
        require_together(graph)
        for row in graph.rows.values():
            for memory in row.all_memories:
                if memory.is_shared:
                    self._sizes[memory.key] = max(memory.size, self._sizes.get(memory.key, 0))
        changed = transition is None or _any_changed(transition)
        for row in graph.rows.values():
            forgets = forget(row)
            if not (changed or forgets) and self._goes_on(row):
                continue
            twice = self._runs_twice(row, transition, fade > 0)
            if row.state_key not in self.states:
                self.states[row.state_key] = new_record(row) if forgets else self._state(row, twice)
            for memory in row.all_memories:
                if memory.key not in self.memories:
                    wanted = memory._replace(size=self._sizes.get(memory.key, memory.size))
                    kept = new_memory(wanted, forgotten) if forgets else self._memory(row, wanted, twice)
                    self.memories[memory.key] = kept

    def go_on_but(self, rows: Collection[Row]) -> bool:
        """Whether the plan has the states and memories that play, but for those of some rows, the pools among them."""
        if self._pools is not None:
            return True
        if self.transition is None or self.transition.previous_ids or len(self.states) != len(self.old_states):
            return False
        states, memories = {row.state_key for row in rows}, {one.key for row in rows for one in row.all_memories}
        stay = (self.states.get(key) is state or key in states for key, state in self.old_states.items())
        both = (self.memories.get(key) is one or key in memories for key, one in self.old_memories.items())
        return len(self.memories) == len(self.old_memories) and all(stay) and all(both)

    def _goes_on(self, row: Row) -> bool:
        """Take over what a row plays with, where it is the very row that plays; whether it is."""
        if self.old_rows.get(row.key) is not row or row.state_key not in self.old_states:
            return False
        memories = row.all_memories
        if memories and any(memory.key not in self.old_memories for memory in memories):
            return False
        if any(self._sizes.get(memory.key, 0) not in (0, self.old_memories[memory.key].size) for memory in memories):
            return False
        self.states[row.state_key] = self.old_states[row.state_key]
        for memory in memories:
            self.memories.setdefault(memory.key, self.old_memories[memory.key])
        return True

    def binding(self, row: Row) -> Binding:
        """The binding of a row of the plan: of the settled rows, or of the moving ones with ghosts and fades."""
        if row.key.startswith(GHOST):
            if row.key not in self._bound:
                memories = {memory.name: self._of_ghost(memory) for memory in row.memories}
                bound = _binding(self.old_states[row.state_key], memories)
                self._bound[row.key] = bound._replace(pages=self.rings.get(row.key, 0))
            return self._bound[row.key]
        record = self.states.get(row.state_key)
        if record is None or not (row.voice or row.memories or row.key in self.rings):
            key = row.state_key if record else ""  # a fade, which has no state
            if key not in self._plain:
                self._plain[key] = _binding(record or Record(row.kind), {})
            return self._plain[key]
        old = self.old_states.get(row.state_key) if row.voice else None
        memories = {memory.name: self.memories[memory.key] for memory in row.memories}
        shared = self._shared_by_voices(row.voice) if row.voice and row.voice.shared else {}
        return _binding(record, memories, old, shared)._replace(pages=self.rings.get(row.key, 0))

    def _shared_by_voices(self, voice: VoiceGraph) -> dict[str, KeptMemory]:
        """The memories that the voices of a pool share, by key; for their ghosts copies, as each has one writer."""
        found = {memory.key: self.memories[memory.key] for memory in voice.shared}
        for memory in shared_by_ghosts(voice.graph):
            if memory.key not in self._copies_of_shared and (old := self.old_memories.get(memory.key)):
                self._copies_of_shared[memory.key] = self._copy(old, old.size)
            if memory.key in self._copies_of_shared:
                found[GHOST + memory.key] = self._copies_of_shared[memory.key]
        return found

    def _of_ghost(self, memory: Memory) -> KeptMemory:
        """The memory of a ghost: the one that plays; of a ring that is shared a copy, as it has one writer."""
        old = self.old_memories[memory.key]
        return self._copy(old, memory.size) if memory.is_shared else old

    def _runs_twice(self, row: Row, transition: Transition | None, fades: bool) -> bool:
        """Whether a row needs a record of its own because its old one is still used, or is adapted by its type."""
        if transition is None:
            return False
        if row.key in transition.changed and (fades or row.kind.adopted is not Node.adopted):
            return True
        return fades and row.key in transition.voices and _any_changed(transition.voices[row.key])

    def _state(self, row: Row, twice: bool) -> Record:
        """The record of a row in the next plan.

        it plays, with the same fields, once    the record that plays: nothing is copied
        it plays, but runs twice                a new record; the commit copies the old one into it
        it plays with other fields              the same, but only fields of the same name, or of that in `was`
        it is an added channel                  a new record, with a copy of the first channel's
        it returns                              its parked record; with other fields as if it had played
        else                                    a new record with the defaults of its type
        """
        old, added = _channel(self.old_states, row.state_key)
        if old is None:
            parked = self.registry.returning(row) or self._changed_while_parked(row)
            if parked:
                self.returned.add(row.key)
            return parked or new_record(row)
        if not (added or twice) and (self.old_rows.get(row.key) is row or old.fits(row)):
            return old
        record = new_record(row, old)
        adapted = self._adapt(row, old, record)
        parts = common_parts(old.values.dtype, record.values.dtype, old.address, record.address, adapted)
        for source, target, size, kind in parts:
            self.copies.append(copy_of_bytes(source, target, size, kind))
        if isinstance(record, PoolRecord) and isinstance(old, PoolRecord):
            voices = self.transition.voices.get(row.key) if self.transition else None
            was = OldPool(old.address, old.layout)
            self.copies += copies_of_voices(voices, record.layout, record.address, was, self.fade)
        return record

    def _changed_while_parked(self, row: Row) -> Record | None:
        """A new record with what it has in common with the parked one, which has other fields; None without one."""
        parked = self.registry.parked.get(row.state_key)
        if parked is None or row.kind.idle_on_return or parked.kind.__name__ != row.kind.__name__:
            return None
        record = new_record(row)
        copy_common(parked.values, record)
        return record

    def _adapt(self, row: Row, old: Record, record: Record) -> set[str]:
        """Let the type of a row decide what becomes of its state under other settings (`adopted`).

        The fields that it has written, which are not to be copied.
        """
        was = self.old_rows.get(row.key)
        if row.kind.adopted is Node.adopted or was is None or was.kind is not row.kind or not (row.node and was.node):
            return set()
        names = record.values.dtype.names or ()
        state = SimpleNamespace(**{name: old.values[name][0].copy() for name in names})
        old_known, known = (with_arrays(row.kind, known_parameters(node)) for node in (was.node, row.node))
        row.kind.adopted(state, old_known, known)
        written = {name for name in names if not np.array_equal(getattr(state, name), old.values[name][0])}
        for name in written:
            record.values[name] = getattr(state, name)
        return written

    def _memory(self, row: Row, memory: Memory, twice: bool) -> KeptMemory:
        """A memory of a row in the next plan, by the same rules as its record.

        In a ring with a seam where what is written does not go on from what is in it: it returns, or other rows write;
        of a row that runs twice from what its ghost writes.
        """
        twice = twice and not memory.is_shared
        old, added = _channel(self.old_memories, memory.key)
        returns = old is None
        if old is None:
            old, added = self.registry.parked_memories.get(memory.key), False
        if old is None or not old.is_like(memory):
            return new_memory(memory, self.fade)
        stays = old.fits(memory) and not added and not twice
        kept = old if stays else self._copy(old, memory.size)
        if self.fade and isinstance(kept, RingBuffer) and (returns or (twice and not added)):
            beside = not returns and self.transition is not None and writes_first(self.transition, row.key)
            other = old.place if beside and isinstance(old, RingBuffer) else None
            self.copies.append(seam_in(kept.place, self.fade, other))
        return kept

    def _copy(self, old: KeptMemory, size: int) -> KeptMemory:
        """A memory copied now; the commit copies what is written until then."""
        new, copy = old.copied(size)
        self.copies.append(copy)
        if self.fade and isinstance(old, RingBuffer) and isinstance(new, RingBuffer) and new.size > old.size:
            self.copies.append(end_in(new.place, old.mask, self.fade))
        return new


class VoiceBinding:
    """Binds the rows of a voice to places in its record, those of ghosts to places in the record of `old`.

    `shared` are the places of what is shared by name, by key, of a ghost under `GHOST` and the key.
    """

    def __init__(self, layout: PoolLayout, old: OldPool | None, shared: Mapping[str, Place] | None = None):
        self.layout, self.old, self.shared = layout, old, shared or {}

    def binding(self, row: Row) -> Binding:
        """The binding of a row of the voice."""
        ghost = row.key.startswith(GHOST)
        base, layout = (OLD, self.old.layout) if ghost and self.old else (STATE, self.layout)
        if row.voice:
            at, inner = layout.pools[row.state_key]
            return Binding(base + at, 0, pool=inner, old=None if ghost else self._old_pool(row), shared=self.shared)
        if row.state_key not in layout.states:  # a fade, which has no state
            return Binding(address_of(state_default_shared(row.kind)), 0)
        address, size = base + layout.states[row.state_key], state_dtype(row.kind).itemsize
        memories = {
            memory.name: self.shared[GHOST + memory.key if ghost else memory.key]
            if memory.is_shared
            else layout.memories[memory.key].moved(base)
            for memory in row.memories
        }
        return Binding(address, size, memories)

    def _old_pool(self, row: Row) -> OldPool | None:
        """The old memory of a pool in the voice."""
        if self.old is None or row.state_key not in self.old.layout.pools:
            return None
        at, layout = self.old.layout.pools[row.state_key]
        return OldPool(OLD + at, layout)


def new_record(row: Row, old: Record | None = None) -> Record:
    """A record with default values for a row, which had the record `old`."""
    return PoolRecord(row, old.layout if isinstance(old, PoolRecord) else None) if row.voice else Record(row.kind)


def _binding(
    record: Record,
    memories: Mapping[str, KeptMemory],
    old: Record | None = None,
    shared: Mapping[str, KeptMemory] | None = None,
) -> Binding:
    """The binding to a record and memories; `old` is the record of a pool before the transition."""
    keep = (record, memories, old, shared)
    if isinstance(record, PoolRecord):
        before = OldPool(old.address, old.layout) if isinstance(old, PoolRecord) else None
        by_name = {key: memory.place for key, memory in (shared or {}).items()}
        return Binding(record.address, 0, pool=record.layout, old=before, shared=by_name, keep=keep)
    places = {name: memory.place for name, memory in memories.items()}
    return Binding(record.address, record.values.nbytes, places, keep=keep)


def _channel(playing: Mapping[str, Kept], key: str) -> tuple[Kept | None, bool]:
    """The playing state or memory of a key; of an added channel that of the first channel, and True."""
    if key in playing or "#" not in key:
        return playing.get(key), False
    return playing.get(key.rpartition("#")[0]), True


def _any_changed(transition: Transition) -> bool:
    """Whether any row runs twice, in voices at any depth."""
    return bool(transition.changed) or any(map(_any_changed, transition.voices.values()))
