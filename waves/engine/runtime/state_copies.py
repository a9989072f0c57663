"""Copies of the state of a plan, so that its rows can be tried without touching what plays. Build thread only."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from waves.engine.plan.plan import Plan
from waves.engine.state.copies import address_of
from waves.engine.state.state_registry import Record
from waves.engine.state.voice_memory import PoolRecord, memories_of

LONGEST = 1 << 14  # numbers of a ring or a buffer; longer ones are not copied, but zeros

Array = np.ndarray[Any, Any]


@contextmanager
def on_copies(plan: Plan) -> Iterator[None]:
    """Within the context, the settled rows of a plan work on copies of their states and memories.

    Every word that points into a state or memory is moved to the copy, and back afterwards. For a plan that is not
    offered yet. Example: a state of 24 bytes at 1000, its copy at 9000:

        before  [..., 1008, 2000, ...]
        within  [..., 9008, 2000, ...]
    """
    arrays = [record.values for record in plan.states.values()]
    copies = [_copy(record.values, _memory_spans(record)) for record in plan.states.values()]
    for memory in plan.memories.values():
        numbers, words = memory.arrays
        arrays += [numbers, words]
        copies += [_copy(numbers, [(0, numbers.nbytes)] if numbers.size > LONGEST else []), words.copy()]
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


def _memory_spans(record: Record) -> list[tuple[int, int]]:
    """Offset and size in bytes of the rings and buffers in a large pool; of other records none."""
    if not isinstance(record, PoolRecord) or record.values.nbytes < 8 * LONGEST:
        return []
    return sorted((place.data, place.bytes) for place, _ in memories_of(record.layout, record.values.view(np.uint8)))


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
