"""The memory of a pool: for each voice one record with the state and rings of all its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from waves.abi import CONTROL, VOICE
from waves.engine.graph.graph import Row, Voice
from waves.engine.plan.state_registry import Record, address_of
from waves.node_types.library.signature import state_default, state_dtype
from waves.problem import Problem, Problems

Array = np.ndarray[Any, Any]

MEGABYTES = 256  # at most in one pool
SPARE = 4  # slots beside those that may sound, for voices that fade out; at least a quarter of them
CONTROL_NAME, VOICES_NAME = "control", "voices"


@dataclass(frozen=True, slots=True)
class RingPlace:
    """A ring in a voice's record, by offsets."""

    data: int
    mask: int
    counter: int


@dataclass(eq=False, slots=True)
class PoolLayout:
    """Where everything of a pool is, by offsets in bytes."""

    slots: int
    dtype: np.dtype[Any]  # of the whole pool
    voice: np.dtype[Any]  # of one voice
    first: int  # offset of the first voice
    states: dict[str, int] = field(default_factory=dict)  # in a voice
    rings: dict[str, RingPlace] = field(default_factory=dict)
    pools: dict[str, tuple[int, PoolLayout]] = field(default_factory=dict)
    default: Array = field(default_factory=lambda: np.zeros(1))
    segments: Array = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    counters: Array = field(default_factory=lambda: np.zeros(0, np.int64))


def pool_layout(row: Row) -> PoolLayout:
    """The layout of a pool; raises Problems when it needs too much memory."""
    assert row.voice
    rows = row.voice.graph.rows
    voices = int(row.settings["voices"])
    slots = voices + max(SPARE, voices // 4)
    inner = {key: pool_layout(one) for key, one in rows.items() if one.voice}
    fields: list[tuple[Any, ...]] = [(name, VOICE.fields[name][0]) for name in VOICE.names or ()]  # type: ignore[index]
    plain: dict[str, Row] = {}
    for one in rows.values():
        if not one.voice and one.state not in plain:
            plain[one.state] = one
    fields += [(key, state_dtype(one.kind)) for key, one in plain.items()]
    fields += [(f"pool {key}", layout.dtype) for key, layout in inner.items()]
    ringed = {one.memory: one for one in rows.values() if one.memory}
    for key, one in ringed.items():
        fields += [(f"count {key}", "i8", (2,)), (f"ring {key}", "f8", (one.ring,))]
    voice = np.dtype(fields)
    megabytes = voice.itemsize * slots / 1e6
    if megabytes > MEGABYTES:
        node = row.node
        sentence = f"{voices} voices need {megabytes:.0f} MB of memory, more than {MEGABYTES}: give fewer 'voices'"
        raise Problems(Problem(sentence, node.mark if node else None, node.path if node else ""))
    dtype = pool_dtype(voice, slots)
    place = {name: int(voice.fields[name][1]) for name in voice.names or ()}  # type: ignore[index]
    layout = PoolLayout(slots, dtype, voice, int(dtype.fields[VOICES_NAME][1]))  # type: ignore[index]
    layout.states = {key: place[key] for key in plain}
    layout.pools = {key: (place[f"pool {key}"], inner[key]) for key in inner}
    layout.rings = {
        key: RingPlace(place[f"ring {key}"], one.ring - 1, place[f"count {key}"]) for key, one in ringed.items()
    }
    layout.counters = np.array([ring.counter for ring in layout.rings.values()], np.int64)
    layout.default = np.zeros(1, voice)
    segments: list[tuple[int, int]] = []
    for key, one in plain.items():
        layout.default[key] = state_default(one.kind)[0]
        segments += [(place[key] + at, size) for at, size in _reset(one)]
    for at, below in layout.pools.values():
        segments.append((at, CONTROL.itemsize))
        segments += [(at + below.first + k * below.voice.itemsize, VOICE.itemsize) for k in range(below.slots)]
    layout.segments = np.array(_merged(segments), np.int64).reshape(-1, 2)
    return layout


def pool_dtype(voice: np.dtype[Any], slots: int) -> np.dtype[Any]:
    return np.dtype([(CONTROL_NAME, CONTROL), (VOICES_NAME, voice, (slots,))])


def _reset(row: Row) -> list[tuple[int, int]]:
    """Offset and size of the fields of a state that begin anew with every note."""
    dtype = state_dtype(row.kind)
    keeps = row.kind.state.keeps
    return [
        (int(dtype.fields[name][1]), dtype.fields[name][0].itemsize)  # type: ignore[index]
        for name in dtype.names or ()
        if name not in keeps
    ]


def _merged(segments: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for at, size in segments:
        if merged and sum(merged[-1]) == at:
            merged[-1] = (merged[-1][0], merged[-1][1] + size)
        else:
            merged.append((at, size))
    return merged


class PoolRecord(Record):
    """The state of a pool and of all its voices."""

    __slots__ = ("layout",)

    def __init__(self, row: Row):
        self.kind = row.kind
        self.layout = pool_layout(row)
        self.values = np.empty(1, self.layout.dtype)
        self.values.view(np.uint8).fill(0)
        self.values[VOICES_NAME] = self.layout.default[0]
        self.address = address_of(self.values)

    def under(self, layout: PoolLayout) -> PoolRecord:
        """The same memory, its parts under other names."""
        record = PoolRecord.__new__(PoolRecord)
        record.kind, record.layout, record.address = self.kind, layout, self.address
        record.values = self.values.view(layout.dtype)
        return record


def rings_of(
    layout: PoolLayout, source: Array, at: int = 0, sounds: bool = True
) -> Iterator[tuple[int, int, int, bool]]:
    """Offset, mask and offset of the counter of every ring in the bytes of a pool, and whether its voice sounds."""
    for slot in range(layout.slots):
        voice = at + layout.first + slot * layout.voice.itemsize
        active = sounds and bool(source[voice : voice + 8].any())
        for ring in layout.rings.values():
            yield voice + ring.data, ring.mask, voice + ring.counter, active
        for place, below in layout.pools.values():
            yield from rings_of(below, source, voice + place, active)


def carry(old: np.dtype[Any], new: np.dtype[Any], source: int, target: int) -> list[tuple[int, int, int]]:
    """Source, target and size of what two records have in common: equal parts whole, others by name and number."""
    if old == new:
        return [(source, target, old.itemsize)]
    parts: Iterable[tuple[np.dtype[Any], np.dtype[Any], int, int]]
    if old.subdtype and new.subdtype:
        (base, shape), (base_new, shape_new) = old.subdtype, new.subdtype
        count = min(shape[0], shape_new[0]) if base.names and base_new.names else 0
        parts = ((base, base_new, k * base.itemsize, k * base_new.itemsize) for k in range(count))
    else:
        before, after = dict(old.fields or {}), dict(new.fields or {})
        parts = ((before[name][0], after[name][0], before[name][1], after[name][1]) for name in after if name in before)
    return [entry for a, b, at, to in parts for entry in carry(a, b, source + at, target + to)]


__all__ = ["PoolLayout", "PoolRecord", "Voice", "carry", "pool_dtype", "pool_layout"]
