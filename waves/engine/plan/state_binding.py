"""Binds rows to state: every row of the next plan gets the record and the ring buffer that its kernel works on.

That is the memory that plays now, a copy of it, a parked one, or a new one. Build thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

import numpy as np

from waves.abi import COPY, COPY_BYTES, COPY_RING, COPY_SEAM
from waves.engine.graph.diff import GHOST, Transition
from waves.engine.graph.graph import Graph, Row
from waves.engine.plan.row_words import OLD, STATE
from waves.engine.plan.state_registry import Record, Registry, RingBuffer, RingPlace, address_of, seam_words
from waves.engine.plan.voice_memory import SEAM, PoolLayout, PoolRecord, common_parts
from waves.language.tree.tree_node import known_parameters
from waves.node import Node
from waves.node_types.library.signature import state_default_shared, state_dtype

Copy = tuple[int, ...]
"""One copy that the sound thread makes, at the commit or after the transition: the words of `abi.COPY`."""

NO_SEAM = seam_words(0)


def copy_of_bytes(source: int, target: int, size: int) -> Copy:
    """The copy of `size` bytes from one address to another."""
    return (COPY_BYTES, source, target, size, 0, 0, 0, 0, 0)


def copy_of_ring(source: RingPlace, target: RingPlace, seen: int) -> Copy:
    """The copy of what was written to a ring buffer since its counter was `seen`; both places are addresses."""
    frames, counters = (source.data, target.data), (source.mask, source.counter, target.mask, target.counter)
    return (COPY_RING, *frames, 0, *counters, seen)


def seam_in(ring: RingPlace, frames: int, other: RingPlace | None = None) -> Copy:
    """The seam in a ring buffer whose next frame does not go on from the last one, at an address: see `abi.COPY`.

    `other` is the ring to which the same row writes as it did before, in each block earlier; None: there is none.
    """
    source, mask = (other.data, other.mask) if other else (0, 0)
    return (COPY_SEAM, source, ring.data, 0, mask, 0, ring.mask, ring.counter, frames)


def ends_of_seams(copies: Iterable[Copy]) -> list[Copy]:
    """Copies that end the seams that fade over from another ring: that ring may be freed after the transition.

    A kernel need not write in each frame, so they may not have ended by themselves.
    """
    kind, source, counter = (COPY.index(name) for name in ("kind", "source", "target_counter"))
    seams = [copy for copy in copies if copy[kind] == COPY_SEAM and copy[source]]
    return [copy_of_bytes(address_of(NO_SEAM), copy[counter] + SEAM, NO_SEAM.nbytes) for copy in seams]


class OldPool(NamedTuple):
    """The memory of a pool that the ghosts in its voices work on."""

    address: int
    layout: PoolLayout


class Binding(NamedTuple):
    """State and ring buffer of a row, as its kernel finds them.

    Addresses; in a voice offsets into the voice's record with a tag, see `row_words`.
    """

    address: int
    bytes: int  # of the state, 0: never reset
    ring: int = 0  # 0: no ring buffer
    mask: int = 0
    counter: int = 0
    pool: PoolLayout | None = None
    old: OldPool | None = None  # of a pool in transition
    keep: Any = None  # objects that the addresses point into


Bind = Callable[[Row], Binding]
Memory = TypeVar("Memory", Record, RingBuffer)


class PlanBinding:
    """Binds the rows of a plan; afterwards `states`, `rings` and `copies` are those of the plan.

    `old_states` and `old_rings` play now, here by their keys in the next plan; `fade`: frames of the transition, 0 if
    it is not played; rows for which `forget` is true start from their default state. What enters the memory of a new or
    returned row fades in within `fade` frames, of one that is forgotten within `forgotten`.
    """

    def __init__(
        self,
        graph: Graph,
        transition: Transition | None,
        old_states: Mapping[str, Record],
        old_rings: Mapping[str, RingBuffer],
        registry: Registry,
        fade: int,
        forget: Callable[[Row], bool],
        forgotten: int = 0,
    ):
        self.old_states, self.old_rings, self.registry, self.fade = old_states, old_rings, registry, fade
        self.transition = transition
        self.old_rows = transition.old.rows if transition and transition.old else {}
        self.states: dict[str, Record] = {}
        self.rings: dict[str, RingBuffer] = {}
        self.copies: list[Copy] = []
        self.returned: set[str] = set()
        self._bound: dict[str, Binding] = {}
        for row in graph.rows.values():
            forgets, twice = forget(row), self._runs_twice(row, transition, fade > 0)
            if row.state_key not in self.states:
                self.states[row.state_key] = new_record(row) if forgets else self._state(row, twice)
            if row.ring_key and row.ring_key not in self.rings:
                shared = row.ring_key != row.state_key
                ring = RingBuffer(row.ring_frames, forgotten) if forgets else self._ring(row, twice and not shared)
                self.rings[row.ring_key] = ring

    def binding(self, row: Row) -> Binding:
        """The binding of a row of the plan: of the settled rows, or of the moving ones with ghosts and fades."""
        if row.key.startswith(GHOST):
            if row.key not in self._bound:
                ring = self.old_rings.get(row.ring_key)
                if ring and row.ring_key != row.state_key:  # a shared ring has one writer, the next plan
                    ring = self._ring_copy(ring, ring.frames)
                self._bound[row.key] = _binding(self.old_states[row.state_key], ring)
            return self._bound[row.key]
        if row.state_key not in self.states:  # a fade, which has no state
            return self._bound.setdefault("", _binding(Record(row.kind), None))
        old = self.old_states.get(row.state_key) if row.voice else None
        return _binding(self.states[row.state_key], self.rings.get(row.ring_key), old)

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
        it plays with other fields              the same, but only fields with the same name are copied
        it is an added channel                  a new record, with a copy of the first channel's
        it returns                              its parked record
        else                                    a new record with the defaults of its type
        """
        old, added = _channel(self.old_states, row.state_key)
        if old is None:
            parked = self.registry.returning(row)
            if parked:
                self.returned.add(row.key)
            return parked or new_record(row)
        if old.fits(row) and not added and not twice:
            return old
        record = new_record(row)
        adapted = self._adapt(row, old, record)
        for source, target, size in common_parts(
            old.values.dtype, record.values.dtype, old.address, record.address, adapted
        ):
            self.copies.append(copy_of_bytes(source, target, size))
        voices = self.transition.voices.get(row.key) if self.transition else None
        if self.fade and voices and isinstance(record, PoolRecord) and isinstance(old, PoolRecord):
            was = OldPool(old.address, old.layout)
            self.copies += _seams_of_voices(voices, record.layout, record.address, was, self.fade)
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
        row.kind.adopted(state, known_parameters(was.node), known_parameters(row.node))
        written = {name for name in names if not np.array_equal(getattr(state, name), old.values[name][0])}
        for name in written:
            record.values[name] = getattr(state, name)
        return written

    def _ring(self, row: Row, twice: bool) -> RingBuffer:
        """The ring buffer of a row in the next plan, by the same rules as its record.

        With a seam where what is written does not go on from what is in it: it returns, or other rows write; of a row
        that runs twice from what its ghost writes.
        """
        old, added = _channel(self.old_rings, row.ring_key)
        returns = old is None
        if old is None:
            old, added = self.registry.parked_rings.get(row.ring_key), False
        if old is None:
            return RingBuffer(row.ring_frames, self.fade)
        stays = old.frames == row.ring_frames and not added and not twice
        ring = old if stays else self._ring_copy(old, row.ring_frames)
        if self.fade and (returns or (twice and not added)):
            beside = not returns and self.transition is not None and _writes_first(self.transition, row.key)
            self.copies.append(seam_in(ring.place, self.fade, old.place if beside else None))
        return ring

    def _ring_copy(self, old: RingBuffer, frames: int) -> RingBuffer:
        """A ring copied now; the commit copies the frames that are written until then."""
        new, seen = old.copied(frames)
        self.copies.append(copy_of_ring(old.place, new.place, seen))
        return new


class VoiceBinding:
    """Binds the rows of a voice to places in its record, those of ghosts to places in the record of `old`."""

    def __init__(self, layout: PoolLayout, old: OldPool | None):
        self.layout, self.old = layout, old

    def binding(self, row: Row) -> Binding:
        """The binding of a row of the voice."""
        ghost = row.key.startswith(GHOST)
        base, layout = (OLD, self.old.layout) if ghost and self.old else (STATE, self.layout)
        if row.voice:
            at, inner = layout.pools[row.state_key]
            return Binding(base + at, 0, pool=inner, old=None if ghost else self._old_pool(row))
        if row.state_key not in layout.states:  # a fade, which has no state
            return Binding(address_of(state_default_shared(row.kind)), 0)
        address, size = base + layout.states[row.state_key], state_dtype(row.kind).itemsize
        ring = layout.rings.get(row.ring_key)
        if ring is None:
            return Binding(address, size)
        place = ring.moved(base)
        return Binding(address, size, place.data, place.mask, place.counter)

    def _old_pool(self, row: Row) -> OldPool | None:
        """The old memory of a pool in the voice."""
        if self.old is None or row.state_key not in self.old.layout.pools:
            return None
        at, layout = self.old.layout.pools[row.state_key]
        return OldPool(OLD + at, layout)


def _writes_first(transition: Transition, key: str) -> bool:
    """Whether the ghost of a row that runs twice is there, is of its type, and has its turn before it."""
    rows = transition.moving.rows
    ghost, row = rows.get(GHOST + key), rows.get(key)
    if ghost is None or row is None or ghost.kind is not row.kind:
        return False
    return next(name for name in rows if name in (GHOST + key, key)) == GHOST + key


def _seams_of_voices(
    transition: Transition, layout: PoolLayout, address: int, old: OldPool, fade: int
) -> Iterator[Copy]:
    """The seams in the rings of voices that sound: of rows that are new in them or run twice, at any depth."""
    new = [key for key in layout.rings if key not in old.layout.rings]
    beside = [key for key in layout.rings if key in transition.changed and _writes_first(transition, key)]
    for slot in range(min(layout.slots, old.layout.slots)):
        voice = address + layout.first + slot * layout.voice.itemsize
        was = old.address + old.layout.first + slot * old.layout.voice.itemsize
        for key in new:
            yield seam_in(layout.rings[key].moved(voice), fade)
        for key in beside:
            yield seam_in(layout.rings[key].moved(voice), fade, old.layout.rings[key].moved(was))
        for key in transition.voices.keys() & layout.pools.keys() & old.layout.pools.keys():
            (place, inner), (at, before) = layout.pools[key], old.layout.pools[key]
            yield from _seams_of_voices(transition.voices[key], inner, voice + place, OldPool(was + at, before), fade)


def new_record(row: Row) -> Record:
    """A record with default values for a row."""
    return PoolRecord(row) if row.voice else Record(row.kind)


def _binding(record: Record, ring: RingBuffer | None, old: Record | None = None) -> Binding:
    """The binding to a record and a ring; `old` is the record of a pool before the transition."""
    keep = (record, ring, old)
    if isinstance(record, PoolRecord):
        before = OldPool(old.address, old.layout) if isinstance(old, PoolRecord) else None
        return Binding(record.address, 0, pool=record.layout, old=before, keep=keep)
    if ring is None:
        return Binding(record.address, record.values.nbytes, keep=keep)
    place = ring.place
    return Binding(record.address, record.values.nbytes, place.data, place.mask, place.counter, keep=keep)


def _channel(playing: Mapping[str, Memory], key: str) -> tuple[Memory | None, bool]:
    """The playing state or ring of a key; of an added channel that of the first channel, and True."""
    if key in playing or "#" not in key:
        return playing.get(key), False
    return playing.get(key.rpartition("#")[0]), True


def _any_changed(voices: Transition) -> bool:
    """Whether any row of a voice runs twice, at any depth."""
    return bool(voices.changed) or any(map(_any_changed, voices.voices.values()))
