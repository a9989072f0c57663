"""State records and ring buffers of nodes by key, of the plan that plays and of nodes that were dropped (parked).

The rows of a plan point into this memory; it is written by the sound thread while the plan plays.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from waves.engine.graph.graph import Row
from waves.node import Node
from waves.node_types.library.signature import state_default_shared, state_dtype

Array = np.ndarray[Any, Any]


class Record:
    """The state of one row: `values` of shape (1,), a structured array with the fields of the type's `State`.

    From Python also an object with these fields as attributes: `record.phase`. Any thread may read it; while its plan
    plays only the sound thread writes it, so that a reader may see values of two neighbouring blocks.
    """

    __slots__ = ("address", "kind", "values")

    def __init__(self, kind: type[Node]):
        self.kind = kind
        self.values = state_default_shared(kind).copy()
        self.address = address_of(self.values)

    def __getattr__(self, name: str) -> Any:
        try:
            value = self.values[name][0]
        except (ValueError, IndexError):
            raise AttributeError(f"a {self.kind.__name__} remembers no '{name}'") from None
        return value if isinstance(value, np.ndarray) else value.item()

    def fits(self, row: Row) -> bool:
        """Whether a row can continue on this record as it is: same type, same fields."""
        return self.values.dtype == state_dtype(row.kind) and self.kind.__name__ == row.kind.__name__


@dataclass(frozen=True, slots=True)
class RingPlace:
    """Addresses of the frames and the counter of a ring buffer, in a voice's record offsets; and its mask in frames."""

    data: int
    mask: int
    counter: int

    def moved(self, base: int) -> RingPlace:
        """The place with `base` added to both: offsets in a record at address `base` become addresses."""
        return RingPlace(base + self.data, self.mask, base + self.counter)


class RingBuffer:
    """The ring buffer of a row: `data` float64 of shape (frames,), a power of two; `counter` int64 of shape (2,).

    `counter` holds the frames written so far, and how many of them belong to earlier notes of the same voice, which a
    kernel reads as silence. `seam`, int64 of shape (4,), follows it in memory, see `seam_words`. Threads as for
    `Record`.
    """

    __slots__ = ("counter", "data", "seam", "words")

    def __init__(self, frames: int, seam: int = 0):
        """Zeros; what is written first fades in within `seam` frames."""
        self.data = touched(frames)
        self.words = np.zeros(6, np.int64)
        self.counter, self.seam = self.words[:2], self.words[2:]
        self.seam[:] = seam_words(seam)

    @property
    def frames(self) -> int:
        """Length of the ring."""
        return self.data.size

    @property
    def mask(self) -> int:
        """`count & mask` is the place of a frame in `data`."""
        return self.data.size - 1

    @property
    def place(self) -> RingPlace:
        """Its addresses in memory."""
        return RingPlace(address_of(self.data), self.mask, address_of(self.counter))

    def copied(self, frames: int) -> tuple[RingBuffer, int]:
        """The newest frames in a ring of another length, and how many frames were written when the copy began.

        Build thread, while the sound thread writes: what it writes meanwhile has a higher count, and can be copied
        again at the commit.
        """
        copy, seen = RingBuffer(frames), int(self.counter[0])
        at = seen - min(frames, self.frames)
        while at < seen:  # in pieces that do not wrap in either ring
            last = min(seen, *(at + ring.frames - (at & ring.mask) for ring in (self, copy)))
            to, of = at & copy.mask, at & self.mask
            copy.data[to : to + last - at] = self.data[of : of + last - at]
            at = last
        copy.counter[:] = seen, self.counter[1]
        copy.seam[:2] = self.seam[:2]  # without the ring beside it, which may be gone when the copy plays
        return copy, seen


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


def touched(frames: int) -> Array:
    """Zeros, float64 of shape (frames,), whose memory pages exist: the sound thread must not wait for the system."""
    data = np.empty(frames)
    data.fill(0.0)
    return data


def address_of(array: Array) -> int:
    """Address of the data of an array, valid as long as the array is kept."""
    return array.ctypes.data


class Registry:
    """State records and ring buffers by key: of the plan that plays, and parked ones.

    Changed on the build thread only; any thread may read.

    The key of a state is the node's ID, with `#1` for its second channel. A ring has the key of its row's state, or
    `shared:name` when nodes share it by name.
    """

    def __init__(self, parking_megabytes: float = 64.0, parking_nodes: int = 1000):
        """As `limit_parking`."""
        self.states: dict[str, Record] = {}
        self.rings: dict[str, RingBuffer] = {}
        self.parked: OrderedDict[str, Record | None] = OrderedDict()  # None: only a ring is parked
        self.parked_rings: dict[str, RingBuffer] = {}
        self.limit_parking(parking_megabytes, parking_nodes)
        self.clears = 0
        """Number of calls of `clear`: a replay calls it at the same commits."""

    def limit_parking(self, megabytes: float, nodes: int) -> None:
        """Park so much memory and so many nodes at most, from the next commit on."""
        self.parking_bytes, self.parking_nodes = megabytes * 1e6, nodes

    def get_state(self, node_id: str) -> Record | None:
        """The state of a node that plays, by ID, or by an explicit id that is unambiguous without its path."""
        if node_id in self.states:
            return self.states[node_id]
        found = [record for key, record in self.states.items() if key.endswith(f"/{node_id}")]
        return found[0] if len(found) == 1 else None

    def create_state(self, node_id: str, kind: type[Node] | None = None) -> Record:
        """The state of a node that plays, else a new one, which is parked until a node of this type has the ID.

        Without a `kind`, the type is that of the parked state. Raises LookupError if nothing says the type.
        """
        if (record := self.get_state(node_id)) and kind in (None, record.kind):
            return record
        parked = self.parked.get(node_id)
        kind = kind or (parked.kind if parked else None)
        if kind is None:
            raise LookupError(f"no node had the ID '{node_id}' yet: give the kind of its state")
        fresh = self.parked[node_id] = Record(kind)
        return fresh

    def returning(self, row: Row) -> Record | None:
        """The parked state of a row that returns, unless its type starts again (`idle_on_return`)."""
        record = self.parked.get(row.state_key)
        if record is None or row.kind.idle_on_return or not record.fits(row):
            return None
        return record

    def commit(
        self, states: Mapping[str, Record], rings: Mapping[str, RingBuffer], renamed: Container[str] = ()
    ) -> None:
        """Take over the states of the plan that plays now; park those that it has not, the oldest dropped first.

        `renamed`: keys under which the same states were known before. Nothing is parked under them.
        """
        for key in [*self.states, *self.rings]:
            if key not in states and key not in rings and key not in renamed:
                self.parked[key] = self.states.get(key)
                if key in self.rings:
                    self.parked_rings[key] = self.rings[key]
        for key in [*states, *rings]:
            self.parked.pop(key, None)
            self.parked_rings.pop(key, None)
        self.states, self.rings = dict(states), dict(rings)
        while len(self.parked) > self.parking_nodes or self.parked_bytes > self.parking_bytes:
            key, _ = self.parked.popitem(last=False)
            self.parked_rings.pop(key, None)

    @property
    def parked_bytes(self) -> int:
        """Memory of everything that is parked."""
        states = sum(record.values.nbytes for record in self.parked.values() if record)
        return states + sum(ring.data.nbytes for ring in self.parked_rings.values())

    def clear(self) -> None:
        """Forget everything that is parked."""
        self.clears += 1
        self.parked.clear()
        self.parked_rings.clear()
