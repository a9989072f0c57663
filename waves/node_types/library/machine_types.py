"""Machine types: the forms in which a kernel is given its arguments, one row each.

A kernel that plays finds each argument as words of its row, from which `waves.engine.native.entry` makes a value of a
compiled type. A kernel that runs as Python, in a trial or a test, is given a Python object with the same operations.
Both are made of the same NumPy array, list, ring or number: the *value* of an argument.

A new machine type is one more row here and one more function in `waves.engine.native.entry`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from waves.dsp.interpolation import hermite, linear
from waves.node import BLOCK
from waves.node_types.pages import PythonPages

Array = np.ndarray[Any, Any]
Word = Literal["address", "integer", "float"]
Category = Literal["block", "blocks", "number", "array", "ring", "rings", "buffer", "record", "notes", "pages"]
"""Uses of an argument by a kernel; messages about mistakes are worded by it."""

SILENCE = np.zeros(BLOCK)
PAGE = 512  # numbers of a buffer of which it is known together when they were written
FARTHEST = 2.0**52  # age in frames from which on a fraction means nothing; any above is read as 1


def unchecked(name: str, numbers: Array, places: str) -> Any:
    """A block of a kernel that runs as Python: the array itself."""
    return numbers


@dataclass(frozen=True, slots=True)
class PythonCall:
    """One call of a kernel as Python, for `frames` frames from frame `first` of its blocks on.

    `block(name, numbers, places)` gives the object that stands for a block; messages call its elements `places`.
    """

    first: int
    frames: int
    block: Callable[[str, Array, str], Any] = unchecked

    def part(self, name: str, frames: Array) -> Any:
        """The frames of this call, of a signal or an output."""
        return self.block(name, frames[self.first : self.first + self.frames], "frames")


class Clamped:
    """Several blocks or rings in Python: an index outside reads the nearest end."""

    def __init__(self, items: Any):
        self.items, self.size = items, len(items)

    def __getitem__(self, index: Any) -> Any:
        return self.items[self.nearest(index)] if self.size else 0.0

    def nearest(self, index: Any) -> int:
        """The index, or the nearest end where it is outside."""
        return min(max(int(index), 0), self.size - 1)

    def span(self, first: Any, count: Any) -> slice:
        """The places of a part, as far as they are inside."""
        first = min(max(int(first), 0), self.size)
        return slice(first, first + min(max(int(count), 0), self.size - first))


class PreparedArray(Clamped):
    """A prepared array in Python; floats are read as float64, as in machine code."""

    def __init__(self, name: str, numbers: Array, call: PythonCall):
        super().__init__(numbers.astype(np.float64) if numbers.dtype == np.float32 else numbers)
        self._name, self._call = name, call

    def part(self, first: int, count: int) -> Any:
        """A part to read, in which an index must be inside; shorter where the array ends."""
        return self._call.block(f"{self._name}.part", self.items[self.span(first, count)], "numbers")


class Buffer:
    """The memory of a buffer: `data` float64 or int64 of shape (size,), zeros at first.

    `pages`, int64, has a word for every `PAGE` numbers: the stamp of the last write to them, 0: none. The stamp of a
    write is the number of the block in which it was made, in frames of the stream.
    """

    def __init__(self, data: Array):
        self.data = data
        self.pages = np.zeros(pages_of(self.data.size), np.int64)
        self.stamp = np.ones(1, np.int64)


class PythonBuffer(PreparedArray):
    """A buffer where a kernel runs as Python."""

    def __init__(self, name: str, buffer: Buffer, call: PythonCall):
        super().__init__(name, buffer.data, call)
        self._buffer = buffer

    def __setitem__(self, index: Any, value: Any) -> None:
        at = self.nearest(index)
        self.items[at] = value
        self._buffer.pages[at // PAGE] = self._buffer.stamp[0]

    def edit(self, first: int, count: int) -> Any:
        """A part to read and write, in which an index must be inside; shorter where the buffer ends."""
        span = self.span(first, count)
        if span.stop > span.start:
            self._buffer.pages[span.start // PAGE : (span.stop - 1) // PAGE + 1] = self._buffer.stamp[0]
        return self._call.block(f"{self._name}.edit", self.items[span], "numbers")


def pages_of(size: int) -> int:
    """The count of pages of a buffer of so many numbers."""
    return -(-size // PAGE)


class Ring:
    """A ring buffer of past frames, newest first, where a kernel runs as Python.

    The compiled ring is the same. The size is a power of two and positions wrap, so that no index can leave it.
    `data` is a float64 array, `counter` two int64: frames that were written, and those before the voice began. In
    memory four words follow, by which what is written fades in after a seam; they are 0 here.
    """

    def __init__(self, data: Array):
        self.data = data
        self.counter = np.zeros(6, np.int64)[:2]
        self.farthest = 0  # age that was read

    @property
    def written(self) -> int:
        """Frames that were written."""
        return int(self.counter[0])

    @property
    def size(self) -> int:
        """Frames in the ring."""
        return self.data.size

    def push(self, value: float) -> None:
        """Write one frame; 0 instead of a number that is not finite."""
        self.data[self.written & (self.size - 1)] = value if abs(value) < 1e30 else 0.0
        self.counter[0] += 1

    def at(self, age: int) -> float:
        """The frame that was written `age` pushes ago; 1 is the newest. 0 before the voice began."""
        age = int(age)
        self.farthest = max(self.farthest, age)
        written, before = self.counter.tolist()
        return float(self.data[(written - age) & (self.size - 1)]) if age <= written - before else 0.0

    def between(self, age: float) -> float:
        """The value at an age with a fraction, on the line between two frames."""
        whole, part = whole_and_part(age)
        return linear(self.at(whole), self.at(whole + 1), part)

    def cubic(self, age: float) -> float:
        """The value at an age with a fraction, on the cubic through four frames (Catmull and Rom)."""
        whole, part = whole_and_part(age)
        return hermite(self.at(max(whole - 1, 1)), self.at(whole), self.at(whole + 1), self.at(whole + 2), part)

    def put(self, age: int, value: float) -> None:
        """Write over the frame of `age` pushes ago; 0 instead of a number that is not finite."""
        self.data[(self.written - int(age)) & (self.size - 1)] = value if abs(value) < 1e30 else 0.0


class PythonState:
    """A state where a kernel runs as Python: the fields of an array of one record as attributes, whatever their names.

    A record of NumPy has attributes of its own, such as `size` and `real`, which would hide the fields.
    """

    __slots__ = ("_fields",)

    def __init__(self, record: Array):
        object.__setattr__(self, "_fields", {name: record[name] for name in record.dtype.names or ()})

    def __getattr__(self, name: str) -> Any:
        try:
            return self._fields[name][0]
        except KeyError:
            raise AttributeError(f"the state has no '{name}'") from None

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._fields:
            raise AttributeError(f"the state has no '{name}'")
        self._fields[name][0] = value


def whole_and_part(age: float) -> tuple[int, float]:
    """The whole frames of an age, and the rest; it can be compiled. An age that is not finite counts as 1."""
    age = age if abs(age) < FARTHEST else 1.0
    whole = int(age)
    return whole, age - whole


@dataclass(frozen=True, slots=True)
class MachineType:
    """A type of arguments, and the words in which one is passed.

    `words` are its words in a row. `to_words(value)` gives what they hold, with an array for its own address;
    `to_python(name, value, call)` gives the object for a kernel that runs as Python.
    """

    name: str
    category: Category
    words: tuple[Word, ...]
    to_words: Callable[[Any], tuple[Any, ...]]
    to_python: Callable[[str, Any, PythonCall], Any]


def _addresses(blocks: Sequence[Array]) -> Array:
    """A table of the addresses of some blocks; of silence where there are none, for index 0 may be read."""
    return np.array([block.ctypes.data for block in blocks or [SILENCE]], np.int64)


def _table_of_rings(rings: Sequence[Ring]) -> Array:
    """The three words of each ring, one behind the other."""
    words = [(ring.data.ctypes.data, ring.size - 1, ring.counter.ctypes.data) for ring in rings]
    return np.array(words, np.int64).ravel()


# The value of each: a float64 array of frames, a list of them, an array, a Ring or a list of them, a Buffer, a record,
# or a number.
OUTPUT = MachineType(
    "output", "block", ("address",), lambda frames: (frames,), lambda name, frames, call: call.part(name, frames)
)
OUTPUTS = MachineType(
    "outputs",
    "blocks",
    ("address", "integer"),
    lambda blocks: (_addresses(blocks), len(blocks)),
    lambda name, blocks, call: Clamped([call.part(f"{name}[{k}]", block) for k, block in enumerate(blocks)]),
)
INPUT, INPUTS = replace(OUTPUT, name="input"), replace(OUTPUTS, name="inputs")
# The value of both: float64 of shape (values, frames).
SLOW = MachineType(
    "slow",
    "block",
    ("address", "integer"),  # first block, and frames from one value to the next
    lambda values: (values, values.shape[1]),
    lambda name, values, call: call.part(name, values[0]),
)
SLOWS = MachineType(
    "slows",
    "blocks",
    ("address", "integer", "integer"),  # the same, and how many
    lambda values: (values, values.shape[1], len(values)),
    lambda name, values, call: Clamped([call.part(f"{name}[{k}]", one) for k, one in enumerate(values)]),
)
SCRATCH = MachineType(
    "scratch", "block", ("address",), lambda work: (work,), lambda name, work, call: call.block(name, work, "places")
)
ARRAY = MachineType(
    "array",
    "array",
    ("address", "integer"),
    lambda numbers: (numbers, numbers.size),
    PreparedArray,
)
RING = MachineType(
    "ring",
    "ring",
    ("address", "integer", "address"),  # frames, mask of an index, counter
    lambda ring: (ring.data, ring.size - 1, ring.counter),
    lambda name, ring, call: ring,
)
RINGS = MachineType(
    "rings",
    "rings",
    ("address", "integer"),  # table of the three words of each, and how many there are
    lambda rings: (_table_of_rings(rings), len(rings)),
    lambda name, rings, call: Clamped(rings),
)
BUFFER = MachineType(
    "buffer",
    "buffer",
    ("address", "integer", "address", "address"),  # numbers, how many, pages, the stamp of a write
    lambda buffer: (buffer.data, buffer.data.size, buffer.pages, buffer.stamp),
    PythonBuffer,
)
NOTES = MachineType(
    "notes",
    "notes",
    ("address", "address"),  # a record of started notes, and the output, which is written for a kernel without one
    lambda notes: (notes.record, notes.unread),
    lambda name, notes, call: notes.begin(call.frames),
)
PAGES = MachineType(
    "pages",
    "pages",
    ("address",),  # a ring of pages
    lambda words: (words,),
    PythonPages,
)
RECORD = MachineType(
    "record",
    "record",
    ("address",),
    lambda record: (record,),
    lambda name, record, call: PythonState(record),
)
FLOAT = MachineType(
    "float", "number", ("float",), lambda number: (number,), lambda name, number, call: np.float64(number)
)
INTEGER = MachineType(
    "integer", "number", ("integer",), lambda number: (number,), lambda name, number, call: int(number)
)
# Its value is an int64 array of one: the number of the first frame of the block, which counts on while it plays.
FRAME_NUMBER = MachineType(
    "frame number",
    "number",
    ("address",),
    lambda frame: (frame,),
    lambda name, frame, call: int(frame[0]) + call.first,
)
# Machine code knows it from the call.
FRAME_IN_BLOCK = MachineType("frame in block", "number", (), lambda _: (), lambda name, _, call: call.first % BLOCK)
