"""Copies that the sound thread makes, at a commit, after a transition or for a snapshot: words of `abi.COPY`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from waves.abi import COPY_BYTES, COPY_END, COPY_PAGES, COPY_RING, COPY_SEAM

Array = np.ndarray[Any, Any]
Copy = tuple[int, ...]
"""One copy: the words of `abi.COPY`."""


class RingPlace(NamedTuple):
    """Addresses of the frames and the counter of a ring buffer, in a voice offsets in its record; and the mask."""

    data: int
    mask: int
    counter: int

    def moved(self, base: int) -> RingPlace:
        """The place with `base` added: offsets in a record at address `base` become addresses."""
        return RingPlace(base + self.data, self.mask, base + self.counter)

    @property
    def is_saved(self) -> bool:
        """Whether it is part of a saved state."""
        return True

    @property
    def bytes(self) -> int:
        """Bytes of its frames."""
        return 8 * (self.mask + 1)


class BufferPlace(NamedTuple):
    """Addresses of the numbers and the pages of a buffer, in a voice offsets in its record; and how many numbers."""

    data: int
    size: int
    pages: int
    is_saved: bool = True  # whether it is part of a saved state

    def moved(self, base: int) -> BufferPlace:
        """The place with `base` added: offsets in a record at address `base` become addresses."""
        return self._replace(data=base + self.data, pages=base + self.pages)

    @property
    def bytes(self) -> int:
        """Bytes of its numbers."""
        return 8 * self.size


Place = RingPlace | BufferPlace


def copy_of_bytes(source: int, target: int, size: int, kind: int = COPY_BYTES) -> Copy:
    """The copy of `size` bytes from one address to another; of another kind, their numbers are converted."""
    return (kind, source, target, size, 0, 0, 0, 0, 0)


def copy_of_ring(source: RingPlace, target: RingPlace, seen: int) -> Copy:
    """The copy of what was written to a ring buffer since its counter was `seen`; both places are addresses."""
    frames, counters = (source.data, target.data), (source.mask, source.counter, target.mask, target.counter)
    return (COPY_RING, *frames, 0, *counters, seen)


def copy_of_pages(source: BufferPlace, target: BufferPlace, seen: int) -> Copy:
    """The copy of the pages of a buffer that were written in the block `seen` or later; both places are addresses."""
    numbers, pages = (source.data, target.data), (source.size, source.pages, target.size, target.pages)
    return (COPY_PAGES, *numbers, 0, *pages, seen)


def seam_in(ring: RingPlace, frames: int, other: RingPlace | None = None) -> Copy:
    """The seam in a ring buffer whose next frame does not go on from the last one, at an address: see `abi.COPY`.

    `other` is the ring to which the same row writes as it did before, in each block earlier; None: there is none.
    """
    source, mask = (other.data, other.mask) if other else (0, 0)
    return (COPY_SEAM, source, ring.data, 0, mask, 0, ring.mask, ring.counter, frames)


def end_in(ring: RingPlace, mask: int, frames: int) -> Copy:
    """The fade-in of the oldest frames that a ring buffer, at an address, has of a shorter one with that mask."""
    return (COPY_END, 0, ring.data, 0, mask, 0, ring.mask, ring.counter, frames)


def address_of(array: Array) -> int:
    """Address of the data of an array, valid as long as the array is kept."""
    return array.ctypes.data
