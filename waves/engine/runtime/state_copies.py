"""Copies of the state of a plan, so that its rows can be tried without touching what plays. Build thread only."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from waves.engine.plan.plan import Plan
from waves.engine.plan.state_registry import Record, address_of
from waves.engine.plan.voice_memory import PoolRecord, rings_of

RING_FRAMES = 1 << 14  # longer rings are not copied, but zeros

Array = np.ndarray[Any, Any]


@contextmanager
def on_copies(plan: Plan) -> Iterator[None]:
    """Within the context, the settled rows of a plan work on copies of their states and ring buffers.

    Every word that points into a state or ring is moved to the copy, and back afterwards. For a plan that is not
    offered yet. Example: a state of 24 bytes at 1000, its copy at 9000:

        before  [..., 1008, 2000, ...]
        within  [..., 9008, 2000, ...]
    """
    arrays = [record.values for record in plan.states.values()]
    copies = [_copy(record.values, _ring_spans(record)) for record in plan.states.values()]
    for ring in plan.rings.values():
        arrays += [ring.data, ring.words]
        copies += [_copy(ring.data, [(0, ring.data.nbytes)] if ring.frames > RING_FRAMES else []), ring.words.copy()]
    addresses = np.array([address_of(array) for array in arrays], np.int64)
    sizes = np.array([array.nbytes for array in arrays], np.int64)
    shifts = np.array([address_of(array) for array in copies], np.int64) - addresses
    order = np.argsort(addresses)
    words = plan.settled.words
    before = words.copy()
    nearest = order[np.searchsorted(addresses[order], words, side="right") - 1]
    pointers = (words >= addresses[nearest]) & (words < addresses[nearest] + sizes[nearest])
    words[pointers] += shifts[nearest[pointers]]
    try:
        yield
    finally:
        words[:] = before


def _ring_spans(record: Record) -> list[tuple[int, int]]:
    """Offset and size in bytes of the rings in a large pool; of other records none."""
    if not isinstance(record, PoolRecord) or record.values.nbytes < 8 * RING_FRAMES:
        return []
    rings = rings_of(record.layout, record.values.view(np.uint8))
    return sorted((ring.data, 8 * (ring.mask + 1)) for ring, _ in rings)


def _copy(array: Array, zeros: Sequence[tuple[int, int]]) -> Array:
    """A copy of an array; the spans `zeros`, offset and size in bytes, are zeros that take memory when touched."""
    if not zeros:
        return array.copy()
    copy = np.frombuffer(mmap.mmap(-1, array.nbytes), np.uint8)
    source, at = array.view(np.uint8), 0
    for first, size in [*zeros, (array.nbytes, 0)]:
        copy[at:first] = source[at:first]
        at = first + size
    return copy
