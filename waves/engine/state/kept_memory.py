"""Memories of nodes: ring buffers and buffers. They are written by the sound thread while their plan plays.

They are copied ahead by the build thread; the sound thread then copies what was written meanwhile.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from waves.engine.graph.graph import SHARED, Memory
from waves.engine.state.copies import BufferPlace, Copy, RingPlace, address_of, copy_of_pages, copy_of_ring
from waves.node_types.library.machine_types import pages_of

Array = np.ndarray[Any, Any]


class RingBuffer:
    """A ring buffer: `data` float64 of shape (frames,), a power of two; `counter` int64 of shape (2,).

    `counter` holds the frames written so far, and how many of them belong to earlier notes of the same voice, which a
    kernel reads as silence. `seam`, int64 of shape (4,), follows it in memory, see `seam_words`. Any thread may read;
    while its plan plays only the sound thread writes.
    """

    __slots__ = ("counter", "data", "seam", "words")
    is_saved = True
    """Whether it is part of a saved state."""

    def __init__(self, frames: int, seam: int = 0):
        """Zeros; what is written first fades in within `seam` frames."""
        self.data = touched(frames, "f8")
        self.words = np.zeros(6, np.int64)
        self.counter, self.seam = self.words[:2], self.words[2:]
        self.seam[:] = seam_words(seam)

    @property
    def size(self) -> int:
        """Frames in the ring."""
        return self.data.size

    @property
    def mask(self) -> int:
        """`count & mask` is the place of a frame in `data`."""
        return self.data.size - 1

    @property
    def nbytes(self) -> int:
        """Bytes of its frames."""
        return self.data.nbytes

    @property
    def place(self) -> RingPlace:
        """Its addresses in memory."""
        return RingPlace(address_of(self.data), self.mask, address_of(self.counter))

    @property
    def arrays(self) -> tuple[Array, Array]:
        """Its frames, and the words beside them."""
        return self.data, self.words

    def fits(self, memory: Memory) -> bool:
        """Whether a row can go on with it as it is."""
        return not memory.element and self.size == memory.size

    def is_like(self, memory: Memory) -> bool:
        """Whether a row can go on with a copy of it."""
        return not memory.element

    def copied(self, frames: int) -> tuple[RingBuffer, Copy]:
        """The newest frames in a ring of another length, and the copy that the sound thread adds to it.

        Build thread, while the sound thread writes: what it writes meanwhile has a higher count, and is copied again at
        the commit.
        """
        if frames == self.size:
            copy, seen = RingBuffer(0), int(self.counter[0])
            copy.data = self.data.copy()
            copy.counter[:], copy.seam[:2] = (seen, self.counter[1]), self.seam[:2]
            return copy, copy_of_ring(self.place, copy.place, seen)
        copy, seen = RingBuffer(frames), int(self.counter[0])
        at = seen - min(frames, self.size)
        while at < seen:  # in pieces that do not wrap in either ring
            last = min(seen, *(at + ring.size - (at & ring.mask) for ring in (self, copy)))
            to, of = at & copy.mask, at & self.mask
            copy.data[to : to + last - at] = self.data[of : of + last - at]
            at = last
        copy.counter[:] = seen, self.counter[1]
        copy.seam[:2] = self.seam[:2]  # without the ring beside it, which may be gone when the copy plays
        return copy, copy_of_ring(self.place, copy.place, seen)

    def duplicate(self) -> RingBuffer:
        """The same in memory of its own, for another stream too."""
        return self.copied(self.size)[0]

    def restore(self, saved: KeptMemory) -> None:
        """Take over the frames of a ring that does not play, if it is one."""
        if not isinstance(saved, RingBuffer):
            return
        self.data[:] = saved.copied(self.size)[0].data
        self.counter[:] = saved.counter


class NumberBuffer:
    """A buffer: `data` float64 or int64 of shape (size,), and `pages`, int64, with a stamp for every `PAGE` numbers.

    A stamp is the block of the last write to a page, as frames of the stream plus 1; 0: it was not written. Threads as
    for `RingBuffer`.
    """

    __slots__ = ("data", "is_saved", "pages")

    def __init__(self, size: int, element: str, is_saved: bool = True):
        self.is_saved = is_saved
        self.data = touched(size, element)
        self.pages = np.zeros(pages_of(size), np.int64)

    @property
    def size(self) -> int:
        """The count of its numbers."""
        return self.data.size

    @property
    def element(self) -> str:
        """The type of its numbers: "f8" or "i8"."""
        return str(self.data.dtype.str[1:])

    @property
    def nbytes(self) -> int:
        """Bytes of its numbers."""
        return self.data.nbytes

    @property
    def place(self) -> BufferPlace:
        """Its addresses in memory."""
        return BufferPlace(address_of(self.data), self.data.size, address_of(self.pages))

    @property
    def arrays(self) -> tuple[Array, Array]:
        """Its numbers, and its pages."""
        return self.data, self.pages

    def fits(self, memory: Memory) -> bool:
        """Whether a row can go on with it as it is."""
        return memory.element == self.element and memory.size == self.size

    def is_like(self, memory: Memory) -> bool:
        """Whether a row can go on with a copy of it."""
        return memory.element == self.element

    def copied(self, size: int) -> tuple[NumberBuffer, Copy]:
        """Its numbers in a buffer of another size, from the first on, and the copy that the sound thread adds to it.

        Build thread, while the sound thread writes: what it writes meanwhile has the highest stamp of now or a higher
        one, and is copied again at the commit.
        """
        copy, seen = NumberBuffer(size, self.element, self.is_saved), max(int(self.pages.max()), 1)
        least = min(size, self.size)
        copy.data[:least] = self.data[:least]
        pages = min(copy.pages.size, self.pages.size)
        copy.pages[:pages] = self.pages[:pages]
        return copy, copy_of_pages(self.place, copy.place, seen)

    def duplicate(self) -> NumberBuffer:
        """The same in memory of its own, for another stream too: its stamps mean only that it was written."""
        copy, _ = self.copied(self.size)
        copy.pages[:] = np.minimum(copy.pages, 1)
        return copy

    def restore(self, saved: KeptMemory) -> None:
        """Take over the numbers of a buffer that does not play, if it is one of such numbers."""
        if not isinstance(saved, NumberBuffer) or saved.element != self.element:
            return
        copy, _ = saved.copied(self.size)
        self.data[:], self.pages[:] = copy.data, np.minimum(copy.pages, 1)


KeptMemory = RingBuffer | NumberBuffer


def new_memory(memory: Memory, seam: int = 0) -> KeptMemory:
    """The memory of a row that begins: zeros; what is written to a ring fades in within `seam` frames."""
    if memory.element:
        return NumberBuffer(memory.size, memory.element, memory.is_saved)
    return RingBuffer(memory.size, seam)


def owner_of(key: str) -> str:
    """The key of the state of the row to which a memory belongs: of `Echo:line#1` it is `Echo#1`.

    Nodes share a ring under a key of its own.
    """
    if key.startswith(SHARED):
        return key
    row, _, name = key.rpartition(":")
    _, mark, channel = name.partition("#")
    return row + mark + channel


def seam_words(frames: int) -> Array:
    """The seam of an empty ring into which what is written fades in within so many frames, int64 of shape (4,).

    The count of written frames from which on the ring takes all that is written; as the bits of a float64 the part of
    the fade that one frame is; address and mask of the ring buffer to fade over from, 0: from silence.
    """
    words = np.zeros(4, np.int64)
    if frames > 0:
        words[0] = frames
        words.view(np.float64)[1] = 1.0 / frames
    return words


def touched(size: int, element: str) -> Array:
    """Zeros of shape (size,), whose memory pages exist: the sound thread must not wait for the system."""
    data = np.empty(size, element)
    data.fill(0)
    return data
