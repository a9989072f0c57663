"""Memory of a pool: for each voice one record with the states and memories of all its rows.

A pool has one structured array (`PoolRecord.values`); its dtype nests, so that a pool inside a voice is a field of that
voice's record:

    control                         next, active                      (abi.CONTROL)
    voices                          one record per slot:
        active … stolen             where the voice is                (abi.VOICE)
        Osc                         the state of a row, by its key
        pool phrase.Pool            the memory of an inner pool
        count, seam, ring Delay:line    counter, seam and frames of a ring buffer
        pages, buffer Convolve:past     stamps and numbers of a buffer

Layouts are made on the build thread; the memory is written by the sound thread while the plan plays.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from waves.abi import CONTROL, COPY_AS_FLOATS, COPY_AS_INTS, COPY_BYTES, VOICE
from waves.engine.graph.graph import Memory, Row
from waves.engine.state.copies import BufferPlace, Place, RingPlace, address_of
from waves.engine.state.state_registry import Record
from waves.node_types.library.machine_types import pages_of
from waves.node_types.library.signature import WAS, state_default, state_dtype
from waves.problem import Problem, Problems

Array = np.ndarray[Any, Any]
NUMBERS = {np.dtype("f8").str, np.dtype("i8").str}

MEGABYTES = 256  # at most in one pool
SPARE_SLOTS = 4  # beside those of the voices that may sound, for voices that fade out; at least a quarter of them
CONTROL_NAME, VOICES_NAME = "control", "voices"
SEAM, SEAM_END = 16, 48  # bytes after the counter of a ring at which its seam begins and ends
POOL_FIELD, RING_FIELD, COUNTER_FIELD, SEAM_FIELD = "pool", "ring", "count", "seam"  # begin names of a voice's fields
BUFFER_FIELD, PAGES_FIELD = "buffer", "pages"
MEMORY_FIELDS = (RING_FIELD, COUNTER_FIELD, SEAM_FIELD, BUFFER_FIELD, PAGES_FIELD)


@dataclass(eq=False, slots=True)
class PoolLayout:
    """Places in the memory of a pool, as offsets in bytes; of states, memories, pools from the start of a voice."""

    slots: int
    dtype: np.dtype[Any]  # of the whole pool
    voice: np.dtype[Any]  # of one voice
    first: int  # offset of the first voice in the pool
    states: dict[str, int] = field(default_factory=dict)
    memories: dict[str, Place] = field(default_factory=dict)
    pools: dict[str, tuple[int, PoolLayout]] = field(default_factory=dict)
    default: Array = field(default_factory=lambda: np.zeros(1))  # a voice that has not begun, shape (1,)
    segments: Array = field(default_factory=lambda: np.zeros((0, 2), np.int64))  # offset and size of what a note resets
    numbered: Array = field(default_factory=lambda: np.zeros(0, np.int64))  # offsets of what a note gives a number
    counters: Array = field(default_factory=lambda: np.zeros(0, np.int64))  # offsets of the rings' counters
    made_of: tuple[Any, ...] = ()  # all that it follows from; empty: it was renamed

    @property
    def rings(self) -> dict[str, RingPlace]:
        """The ring buffers of a voice."""
        return {key: place for key, place in self.memories.items() if isinstance(place, RingPlace)}

    @property
    def buffers(self) -> Array:
        """The buffers of a voice, int64 of shape (n, 3): offsets of numbers and pages, and how many numbers."""
        found = [place for place in self.memories.values() if isinstance(place, BufferPlace)]
        return np.array([(place.data, place.pages, place.size) for place in found], np.int64).reshape(-1, 3)

    def renamed(self, name: Callable[[str], str], pools: Mapping[str, PoolLayout]) -> PoolLayout:
        """The same places with other keys; `pools` are the renamed layouts of inner pools, by their new key.

        Example: the row `Osc` is `Filter.signal.Osc` now. The dtype of a voice keeps its offsets:

            before  active … stolen, "Osc"
            after   active … stolen, "Filter.signal.Osc"
        """
        fields = {key: name(key) for key in self.states}
        for kind in MEMORY_FIELDS:
            fields |= {f"{kind} {key}": f"{kind} {name(key)}" for key in self.memories}
        fields |= {f"{POOL_FIELD} {key}": f"{POOL_FIELD} {name(key)}" for key in self.pools}
        inner = {f"{POOL_FIELD} {key}": layout.dtype for key, layout in pools.items()}
        names, formats, offsets = [], [], []
        for old, (form, offset, *_) in dict(self.voice.fields or {}).items():
            new = fields.get(old, old)
            names.append(new)
            formats.append(inner.get(new, form))
            offsets.append(offset)
        voice = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": self.voice.itemsize})
        return replace(
            self,
            dtype=pool_dtype(voice, self.slots),
            voice=voice,
            states={name(key): at for key, at in self.states.items()},
            memories={name(key): place for key, place in self.memories.items()},
            pools={name(key): (at, pools.get(name(key), below)) for key, (at, below) in self.pools.items()},
            default=self.default.view(voice),
            made_of=(),
        )


def slot_count(row: Row) -> int:
    """The voices of a pool's row for which there is memory."""
    voices = int(row.settings["voices"])
    return voices + max(SPARE_SLOTS, voices // 4)


def _parts(row: Row) -> tuple[Any, ...]:
    """All that the layout of a pool follows from."""
    assert row.voice
    rows = row.voice.graph.rows.items()
    parts = [(key, one.state_key, one.kind, one.memories, one.voice and _parts(one)) for key, one in rows]
    return int(row.settings["voices"]), *parts


def pool_layout(row: Row, known: PoolLayout | None = None) -> PoolLayout:
    """The layout of the memory of a pool's row, `known` if it is that. Raises Problems when it needs too much."""
    made_of = _parts(row)
    if known and known.made_of == made_of:
        return known
    assert row.voice
    rows = row.voice.graph.rows
    voices = int(row.settings["voices"])
    slots = slot_count(row)
    inner = {key: pool_layout(inner_row) for key, inner_row in rows.items() if inner_row.voice}
    stated: dict[str, Row] = {}  # the first row of each state, by its key
    for inner_row in rows.values():
        if not inner_row.voice:
            stated.setdefault(inner_row.state_key, inner_row)
    own = (memory for inner_row in rows.values() for memory in inner_row.memories if not memory.is_shared)
    memories = {memory.key: memory for memory in own}
    voice = _voice_dtype(stated, inner, memories)
    megabytes = voice.itemsize * slots / 1e6
    if megabytes > MEGABYTES:
        node = row.node
        sentence = f"{voices} voices need {megabytes:.0f} MB of memory, more than {MEGABYTES}: give fewer 'voices'"
        raise Problems(Problem(sentence, node.mark if node else None, node.path if node else ""))
    dtype = pool_dtype(voice, slots)
    place = {name: int(voice.fields[name][1]) for name in voice.names or ()}  # type: ignore[index]
    layout = PoolLayout(slots, dtype, voice, int(dtype.fields[VOICES_NAME][1]), made_of=made_of)  # type: ignore[index]
    layout.states = {key: place[key] for key in stated}
    layout.pools = {key: (place[f"{POOL_FIELD} {key}"], inner[key]) for key in inner}
    for key, memory in memories.items():
        if memory.element:
            layout.memories[key] = BufferPlace(
                place[f"{BUFFER_FIELD} {key}"], memory.size, place[f"{PAGES_FIELD} {key}"], memory.is_saved
            )
        else:
            counter = place[f"{COUNTER_FIELD} {key}"]
            layout.memories[key] = RingPlace(place[f"{RING_FIELD} {key}"], memory.size - 1, counter)
    layout.counters = np.array([ring.counter for ring in layout.rings.values()], np.int64)
    layout.numbered = _numbered(layout, stated)
    layout.default = np.zeros(1, voice)
    for key, inner_row in stated.items():
        layout.default[key] = state_default(inner_row.kind)[0]
    layout.segments = _segments(layout, stated)
    return layout


def _voice_dtype(
    stated: Mapping[str, Row], pools: Mapping[str, PoolLayout], memories: Mapping[str, Memory]
) -> np.dtype[Any]:
    """The dtype of one voice, see above."""
    fields: list[tuple[Any, ...]] = [(name, VOICE.fields[name][0]) for name in VOICE.names or ()]  # type: ignore[index]
    fields += [(key, state_dtype(row.kind)) for key, row in stated.items()]
    fields += [(f"{POOL_FIELD} {key}", layout.dtype) for key, layout in pools.items()]
    for key, memory in memories.items():
        if memory.element:
            fields += [(f"{PAGES_FIELD} {key}", "i8", (pages_of(memory.size),))]
            fields += [(f"{BUFFER_FIELD} {key}", memory.element, (memory.size,))]
        else:
            fields += [(f"{COUNTER_FIELD} {key}", "i8", (2,)), (f"{SEAM_FIELD} {key}", "i8", (4,))]
            fields += [(f"{RING_FIELD} {key}", "f8", (memory.size,))]
    return np.dtype(fields)


def pool_dtype(voice: np.dtype[Any], slots: int) -> np.dtype[Any]:
    """The dtype of a pool: its control words and `slots` voices."""
    return np.dtype([(CONTROL_NAME, CONTROL), (VOICES_NAME, voice, (slots,))])


def _segments(layout: PoolLayout, stated: Mapping[str, Row]) -> Array:
    """Offset and size of what is reset when a voice starts a note, int64 of shape (n, 2), neighbours joined.

    The state of each row; of inner pools only what says that their voices are silent.
    """
    segments = [(layout.states[key], state_dtype(row.kind).itemsize) for key, row in stated.items()]
    for at, below in layout.pools.values():
        segments.append((at, CONTROL.itemsize))
        segments += [(at + below.first + k * below.voice.itemsize, VOICE.itemsize) for k in range(below.slots)]
    joined: list[tuple[int, int]] = []
    for at, size in segments:
        if joined and sum(joined[-1]) == at:
            joined[-1] = (joined[-1][0], joined[-1][1] + size)
        else:
            joined.append((at, size))
    return np.array(joined, np.int64).reshape(-1, 2)


def _numbered(layout: PoolLayout, stated: Mapping[str, Row]) -> Array:
    """Offsets of the fields that a note sets to its number, and of the counts of notes of inner pools."""
    fields = [
        layout.states[key] + state_dtype(row.kind).fields[name][1]  # type: ignore[index]
        for key, row in stated.items()
        for name in row.kind.state.numbered
    ]
    return np.array([*fields, *(at for at, _ in layout.pools.values())], np.int64)


class PoolRecord(Record):
    """The states and ring buffers of a pool and of all its voices: `values` of shape (1,), see above. As `Record`."""

    __slots__ = ("layout",)

    def __init__(self, row: Row, known: PoolLayout | None = None):
        """`known`: a layout that may be the one of the row."""
        self.kind = row.kind
        self.layout = pool_layout(row, known)
        self.values = np.empty(1, self.layout.dtype)
        self.values.view(np.uint8).fill(0)  # every page exists: the sound thread must not wait for the system
        self.values[VOICES_NAME] = self.layout.default[0]
        self.address = address_of(self.values)

    def fits(self, row: Row) -> bool:
        """Whether a pool can continue on this record as it is: as many slots, and the same rows in a voice."""
        return row.voice is not None and self.values.dtype == pool_layout(row, self.layout).dtype

    def leave_stream(self) -> None:
        """Forget what means nothing in another process: the seams of rings, which have addresses, and stamps."""
        memory = self.values.view(np.uint8)
        for place, _ in memories_of(self.layout, memory):
            if isinstance(place, RingPlace):
                memory[place.counter + SEAM : place.counter + SEAM_END] = 0
            else:
                pages = memory[place.pages : place.pages + 8 * pages_of(place.size)].view(np.int64)
                pages[:] = pages != 0

    def under(self, layout: PoolLayout) -> PoolRecord:
        """The same memory, its parts under other names."""
        record = PoolRecord.__new__(PoolRecord)
        record.kind, record.layout, record.address = self.kind, layout, self.address
        record.values = self.values.view(layout.dtype)
        return record


def memories_of(layout: PoolLayout, source: Array, at: int = 0, sounds: bool = True) -> Iterator[tuple[Place, bool]]:
    """Every ring buffer and buffer in a pool, by its offsets in the pool, and whether its voice sounds.

    `source` are the bytes of the pool, uint8.
    """
    for slot in range(layout.slots):
        voice = at + layout.first + slot * layout.voice.itemsize
        active = sounds and bool(source[voice : voice + 8].any())
        for memory in layout.memories.values():
            yield memory.moved(voice), active
        for place, below in layout.pools.values():
            yield from memories_of(below, source, voice + place, active)


def common_parts(
    old: np.dtype[Any], new: np.dtype[Any], source: int, target: int, but: Collection[str] = ()
) -> list[tuple[int, int, int, int]]:
    """Addresses, size in bytes and kind of what to copy from one record to another: equal parts whole, others by field.

    A field that the old record does not have is the one that `was` of the new state names. Numbers of the other type
    are converted. `but` are fields that are not copied. Example: a record `(phase f8, elapsed i8)` at 1000, one with
    `(elapsed i8, level f8)` at 2000:

        [(1008, 2000, 8, COPY_BYTES)]
    """
    if old == new and not but:
        return [(source, target, old.itemsize, COPY_BYTES)]
    no_names: Mapping[str, Any] = {}
    parts: Iterable[tuple[np.dtype[Any], np.dtype[Any], int, int]]
    if new.names is None and old.names is None and old.shape == new.shape and {old.base.str, new.base.str} == NUMBERS:
        return [(source, target, new.itemsize, COPY_AS_FLOATS if new.base.kind == "f" else COPY_AS_INTS)]
    if old.subdtype and new.subdtype:
        (base, shape), (base_new, shape_new) = old.subdtype, new.subdtype
        count = min(shape[0], shape_new[0]) if base.names and base_new.names else 0
        parts = ((base, base_new, k * base.itemsize, k * base_new.itemsize) for k in range(count))
    else:
        before, after = dict(old.fields or {}), dict(new.fields or {})
        was: Mapping[str, str] = (new.metadata or no_names).get(WAS, no_names)
        named = [(name if name in before else was.get(name, ""), name) for name in after if name not in but]
        pairs = [(before[one], after[name]) for one, name in named if one in before]
        parts = ((a[0], b[0], a[1], b[1]) for a, b in pairs)
    return [entry for a, b, at, to in parts for entry in common_parts(a, b, source + at, target + to)]


def copy_common(values: Array, record: Record) -> None:
    """Copy what a state that does not play has in common with a new record into the record, by field."""
    parts = common_parts(values.dtype, record.values.dtype, address_of(values), record.address)
    for source, target, size, kind in parts:
        if kind == COPY_BYTES:
            ctypes.memmove(target, source, size)
            continue
        into, of = (np.float64, np.int64) if kind == COPY_AS_FLOATS else (np.int64, np.float64)
        numbers = np.ctypeslib.as_array((ctypes.c_int64 * (size // 8)).from_address(source)).view(of)
        room = np.ctypeslib.as_array((ctypes.c_int64 * (size // 8)).from_address(target)).view(into)
        exact = (abs(numbers) <= 2.0**53) & (numbers == np.rint(numbers))
        room[exact] = numbers[exact]
