"""The memories of a node that plays by itself: copied as at a save, begun anew as at the start of a note."""

from __future__ import annotations

import numpy as np

from waves.node_types.library.machine_types import PAGE, Buffer, Ring

FADE = 256  # frames of a crossfade between two settings


def copy_memory(old: Ring | Buffer, new: Ring | Buffer) -> None:
    """Copies a memory into another, which may have another size: the newest frames of a ring, a buffer's beginning.

    In a longer ring the oldest of these frames fade in, as there is silence before them.
    """
    if isinstance(old, Ring) and isinstance(new, Ring):
        ages = np.arange(1, min(old.size, new.size) + 1)
        newest = old.data[(old.written - ages) & (old.size - 1)]
        if new.size > old.size and old.written - old.size > int(old.counter[1]):
            newest *= np.minimum((old.size - ages) / min(FADE, old.size), 1.0)
        new.data[(old.written - ages) & (new.size - 1)] = newest
        new.counter[:] = old.counter
    elif isinstance(old, Buffer) and isinstance(new, Buffer):
        size, pages = min(old.data.size, new.data.size), min(old.pages.size, new.pages.size)
        new.data[:size], new.pages[:pages] = old.data[:size], old.pages[:pages]


def begin_memory(memory: Ring | Buffer) -> None:
    """Empties a memory as the start of a note does: a ring forgets its frames, a buffer is cleared where written."""
    if isinstance(memory, Ring):
        memory.counter[1] = memory.counter[0]
        return
    for page in np.flatnonzero(memory.pages):
        memory.data[page * PAGE : (page + 1) * PAGE] = 0
    memory.pages[:] = 0


def clear_memory(memory: Ring | Buffer) -> None:
    """Makes a memory as it is before anything was written."""
    memory.data[:] = 0
    if isinstance(memory, Ring):
        memory.counter[:] = 0
    else:
        memory.pages[:] = 0
