"""Copies that a commit makes in the voices of a pool: memories of another size, and the seams of their ring buffers.

Build thread only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from waves.engine.graph.diff import GHOST, Transition
from waves.engine.graph.graph import Graph, Memory
from waves.engine.state.copies import (
    BufferPlace,
    Copy,
    Place,
    RingPlace,
    copy_of_pages,
    copy_of_ring,
    end_in,
    seam_in,
)
from waves.engine.state.kept_memory import owner_of
from waves.engine.state.voice_memory import BUFFER_FIELD, RING_FIELD, PoolLayout
from waves.node import Node


class OldPool(NamedTuple):
    """The memory of a pool that the ghosts in its voices work on."""

    address: int
    layout: PoolLayout


def copies_of_voices(
    transition: Transition | None, layout: PoolLayout, address: int, old: OldPool, fade: int
) -> Iterator[Copy]:
    """The copies in all voices of a pool at an address, after those of its record, at any depth.

    A memory of another size is no equal part of both records, so it is copied by itself. There are seams in the ring
    buffers of rows that are new in the voices or run twice; none without a transition, or where `fade` is 0.
    """
    memories, old_memories = layout.memories, old.layout.memories
    resized = [key for key in memories if _is_resized(key, layout, old.layout)]
    new, beside = _rings_with_seams(transition, layout, old.layout) if transition and fade else ([], [])
    for slot in range(min(layout.slots, old.layout.slots)):
        voice = address + layout.first + slot * layout.voice.itemsize
        was = old.address + old.layout.first + slot * old.layout.voice.itemsize
        for key in resized:
            yield from _resized(old_memories[key].moved(was), memories[key].moved(voice), fade)
        for key in new:
            yield seam_in(layout.rings[key].moved(voice), fade)
        for key in beside:
            yield seam_in(layout.rings[key].moved(voice), fade, old.layout.rings[key].moved(was))
        for key in layout.pools.keys() & old.layout.pools.keys():
            (place, inner), (at, before) = layout.pools[key], old.layout.pools[key]
            below = transition.voices.get(key) if transition else None
            yield from copies_of_voices(below, inner, voice + place, OldPool(was + at, before), fade)


def writes_first(transition: Transition, key: str) -> bool:
    """Whether the ghost of a row that runs twice is there, is of its type, and has its turn before it.

    A type whose file was saved is the same, though its kernel is another one.
    """
    rows = transition.moving.rows
    ghost, row = rows.get(GHOST + key), rows.get(key)
    if ghost is None or row is None or _written_as(ghost.kind) != _written_as(row.kind):
        return False
    return next(name for name in rows if name in (GHOST + key, key)) == GHOST + key


def _written_as(kind: type[Node]) -> tuple[str, str]:
    """The module and the class of a type, whatever version of its file it is from."""
    return kind.__module__.partition("@")[0], kind.__name__


def _rings_with_seams(transition: Transition, layout: PoolLayout, old: PoolLayout) -> tuple[list[str], list[str]]:
    """The keys of the rings that are new in the voices, and of those that fade over from what a ghost writes."""
    twice = {key for key in transition.changed if writes_first(transition, key)}
    new = [key for key in layout.rings if key not in old.rings]
    return new, [key for key in layout.rings if key in old.rings and owner_of(key) in twice]


def _is_resized(key: str, layout: PoolLayout, old: PoolLayout) -> bool:
    """Whether a memory goes on in one of such numbers, and of another size."""
    name = f"{RING_FIELD if key in layout.rings else BUFFER_FIELD} {key}"
    if name not in (old.voice.names or ()):
        return False
    before, now = old.voice[name], layout.voice[name]
    return before.base == now.base and before.shape != now.shape


def _resized(old: Place, new: Place, fade: int) -> Iterator[Copy]:
    """The copy of a memory at an address into one of another size; what is oldest in a longer ring fades in."""
    if isinstance(old, RingPlace) and isinstance(new, RingPlace):
        yield copy_of_ring(old, new, 0)
        if fade and new.mask > old.mask:
            yield end_in(new, old.mask, fade)
    elif isinstance(old, BufferPlace) and isinstance(new, BufferPlace):
        yield copy_of_pages(old, new, 1)


def shared_by_ghosts(graph: Graph) -> Iterator[Memory]:
    """The memories that ghosts in a voice share by name, at any depth."""
    for row in graph.rows.values():
        if row.voice and row.voice.shared:
            ghost = row.key.startswith(GHOST)
            yield from row.voice.shared if ghost else shared_by_ghosts(row.voice.graph)
        elif row.key.startswith(GHOST):
            yield from (memory for memory in row.memories if memory.is_shared)
