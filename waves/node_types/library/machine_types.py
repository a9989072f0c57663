"""Machine types: the forms in which a kernel is given its arguments, one row each.

A kernel that plays finds each argument as words of its row, from which `waves.engine.native.entry` makes a value of a
compiled type. A kernel that runs as Python, in a trial or a test, is given a Python object with the same operations.
Both are made of the same NumPy array, list, ring or number: the *value* of an argument.

A new machine type is one more row here and one more function in `waves.engine.native.entry`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from waves.node import BLOCK

Array = np.ndarray[Any, Any]
Word = Literal["address", "integer", "float"]
Category = Literal["block", "blocks", "number", "array", "ring", "record"]
"""Uses of an argument by a kernel; messages about mistakes are worded by it."""

SILENCE = np.zeros(BLOCK)


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
    """A prepared array, or several blocks, in Python: an index outside reads the nearest end.

    A number of an array is a float64, as in machine code, also in one of float32.
    """

    def __init__(self, items: Sequence[Any] | Array):
        self.items, self.size = items, len(items)

    def __getitem__(self, index: Any) -> Any:
        item = self.items[min(max(int(index), 0), self.size - 1)] if self.size else 0.0
        return float(item) if isinstance(item, np.floating) else item


class Ring:
    """A ring buffer of past frames, newest first: a kernel's `memory` where it runs as Python.

    The compiled ring is the same. The size is a power of two and positions wrap, so that no index can leave it.
    `data` is a float64 array, `counter` two int64: frames that were written, and those before the voice began. In
    memory four words follow, by which what is written fades in after a seam; they are 0 here.
    """

    def __init__(self, frames: int):
        self.data = np.zeros(1 << max(frames - 1, 1).bit_length())
        self.counter = np.zeros(6, np.int64)[:2]

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
        written, before = self.counter.tolist()
        return float(self.data[(written - age) & (self.size - 1)]) if age <= written - before else 0.0


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


# The value of each: a float64 array of frames, a list of them, an array, a Ring, a record, or a number.
OUTPUT = MachineType(
    "output", "block", ("address",), lambda frames: (frames,), lambda name, frames, call: call.part(name, frames)
)
INPUT = MachineType(
    "input", "block", ("address",), lambda frames: (frames,), lambda name, frames, call: call.part(name, frames)
)
INPUTS = MachineType(
    "inputs",
    "blocks",
    ("address", "integer"),
    lambda blocks: (_addresses(blocks), len(blocks)),
    lambda name, blocks, call: Clamped([call.part(f"{name}[{k}]", block) for k, block in enumerate(blocks)]),
)
SCRATCH = MachineType(
    "scratch", "block", ("address",), lambda work: (work,), lambda name, work, call: call.block(name, work, "places")
)
ARRAY = MachineType(
    "array",
    "array",
    ("address", "integer"),
    lambda numbers: (numbers, numbers.size),
    lambda name, numbers, call: Clamped(numbers),
)
RING = MachineType(
    "ring",
    "ring",
    ("address", "integer", "address"),  # frames, mask of an index, counter
    lambda ring: (ring.data, ring.size - 1, ring.counter),
    lambda name, ring, call: ring,
)
RECORD = MachineType(
    "record",
    "record",
    ("address",),
    lambda record: (record,),
    lambda name, record, call: record.view(np.recarray)[0],
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
