"""Preparation of a node: calls `prepare` and `lengths` of its type, and checks the arrays and lengths they return.

Whatever these return, the kernel gets the types that it was compiled for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from waves.node import Constants, Node, Numbers, Shared
from waves.node_types.description import description_of
from waves.node_types.library.machine_types import Buffer, Ring
from waves.node_types.library.parameters import parameters
from waves.node_types.library.signature import parameter_names

LONGEST_RING = 120.0  # s
MOST_BYTES = 256_000_000  # of the rings and buffers of one node

NUMBER = int | float | np.integer | np.floating

Array = np.ndarray[Any, Any]


class KnownParameters(SimpleNamespace):
    """The parameters of a node as `prepare`, `lengths` and `adopted` see them: a signal that moves is None."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"there is no parameter '{name}'")


def with_arrays(kind: type[Node], constants: Constants) -> Constants:
    """The parameters of a node, each list of numbers as an array; as they are for a type that runs elsewhere."""
    lists = () if description_of(kind) else parameter_names(kind, Numbers)
    for name in lists:
        if isinstance(value := getattr(constants, name), list | tuple):
            setattr(constants, name, np.array(value, float))
    return constants


def prepared_arrays(kind: type[Node], constants: Constants, rate: float) -> dict[str, Array]:
    """The arrays that `prepare` returns, by name.

    They are contiguous, finite, of the declared types, and of one dimension, or two: channels × numbers.
    `rate` is in frames per second. Raises ValueError, a sentence, and whatever `prepare` raises. Build thread, and the
    sandbox process.
    """
    if not kind.arrays:
        return {}
    returned = kind.prepare(with_arrays(kind, constants), rate)
    if not isinstance(returned, Mapping):
        raise ValueError(f"`prepare` returns {_described(returned)}, not arrays by name")
    arrays = {}
    for name, element in kind.arrays.items():
        if name not in returned:
            raise ValueError(f"`prepare` returns no array '{name}'")
        try:
            given = np.asarray(returned[name])
            if given.dtype.kind == "c":
                raise TypeError("complex numbers")
            with np.errstate(all="ignore"):  # it is told below
                arrays[name] = np.ascontiguousarray(given, element)
        except (TypeError, ValueError):
            raise ValueError(f"the array '{name}' from `prepare` holds something else than numbers") from None
        if arrays[name].ndim > 2:
            count = arrays[name].ndim
            raise ValueError(f"the array '{name}' from `prepare` has {count} dimensions, at most 2 can be used")
        rows, columns = (1, *arrays[name].shape)[-2:]
        if columns and rows > max(columns, 2):  # frames × channels, as many libraries of sound have them
            turn = f"write `{name}.T` for {columns}, or `{name}.ravel()` for one"
            raise ValueError(f"the array '{name}' from `prepare` has {rows} rows, one for each channel: {turn}")
        if not arrays[name].size:
            raise ValueError(f"the array '{name}' from `prepare` is empty: it holds one number at least")
        numbers = given if arrays[name].dtype.kind == "i" else arrays[name]
        if numbers.dtype.kind == "f" and not (known := np.isfinite(numbers)).all():
            place = tuple(int(k) for k in np.argwhere(~known)[0])
            where = ", ".join(map(str, place)) or "0"
            value = "NaN" if np.isnan(numbers[place]) else "infinity"
            raise ValueError(f"the array '{name}' from `prepare` is not finite: {name}[{where}] is {value}")
    return arrays


class MemoryNeed(NamedTuple):
    """A ring buffer or a buffer that a node needs: its name, its size, and the type of its numbers."""

    name: str
    """The name of the argument; of several rings of one name with the number of each: `lines.3`."""
    size: int
    """Frames of a ring, a power of two; numbers of a buffer."""
    element: str
    """Of a buffer "f8" or "i8"; empty: a ring."""
    parameter: str = ""
    """The parameter that names a ring or a buffer which nodes share."""


def _in_range(kind: type[Node], name: str, value: float) -> float | None:
    """A number within the bounds of its parameter; None for one that is not finite, as if it moved."""
    if not math.isfinite(value):
        return None
    parameter = parameters(kind).get(name)
    return min(max(value, parameter.minimum), parameter.maximum) if parameter else value


def lengths_of(kind: type[Node], constants: Constants, rate: float) -> dict[str, float]:
    """The lengths that `lengths` returns, one for each ring and buffer of the type, by name.

    Raises ValueError for what are no lengths, and whatever `lengths` raises. `rate` is in frames per second.
    """
    names = [*kind.rings, *parameter_names(kind, Shared), *kind.buffers]
    if not names:
        return {}
    known = vars(with_arrays(kind, constants))
    numbers = {name: _in_range(kind, name, value) for name, value in known.items() if isinstance(value, float)}
    returned: Any = kind.lengths(KnownParameters(**{**known, **numbers}), rate)
    if not isinstance(returned, Mapping):
        raise ValueError(f"`lengths` returns {_described(returned)}, not lengths by name")
    lengths = {}
    for name in names:
        unit = "numbers" if name in kind.buffers else "seconds"
        length = returned.get(name)
        if not isinstance(length, NUMBER) or math.isnan(length):
            moves = ": a Signal that moves is None there, so give the longest" if length is None else ""
            raise ValueError(f"`lengths` returns {_described(length)} for '{name}', not {unit}{moves}")
        lengths[name] = float(length)
    return lengths


def memory_needs(kind: type[Node], constants: Constants, rate: float, channels: Mapping[str, int]) -> list[MemoryNeed]:
    """The rings and buffers of a node; `channels` are how many channels each of its inputs of type `Channels` has.

    A ring is at most `LONGEST_RING` seconds long, and its size is the power of two above; all of a node take at most
    `MOST_BYTES`. `rate` is in frames per second. Raises ValueError, a sentence, and whatever `lengths` raises. Build
    thread, and the sandbox process.
    """
    shared = parameter_names(kind, Shared)
    needs: list[MemoryNeed] = []
    for name, length in lengths_of(kind, constants, rate).items():
        if name in kind.buffers:
            size = math.ceil(min(max(length, 1.0), MOST_BYTES))
            needs.append(MemoryNeed(name, size, kind.buffers[name], name if name in shared else ""))
            continue
        frames = math.ceil(min(max(length, 0.0), LONGEST_RING) * rate)
        if frames <= 0:
            raise ValueError(f"`lengths` returns {length:g} s for '{name}', but a ring needs a length")
        frames = 1 << frames.bit_length()
        count = 1 if name in shared else kind.rings[name]
        if count == 1:
            needs.append(MemoryNeed(name, frames, "", name if name in shared else ""))
            continue
        count = channels.get(count, 1) if isinstance(count, str) else count
        needs += [MemoryNeed(f"{name}.{k}", frames, "") for k in range(count)]
    megabytes = sum(8 * need.size for need in needs) / 1e6
    if megabytes > MOST_BYTES / 1e6:
        raise ValueError(f"its rings and buffers need {megabytes:.0f} MB of memory, more than {MOST_BYTES / 1e6:.0f}")
    return needs


def fresh_memories(
    needs: Sequence[MemoryNeed], numbers: Callable[[int, str], Array] = np.zeros
) -> dict[str, Ring | list[Ring] | Buffer]:
    """New rings and buffers for one kernel that runs by itself, by the name of its argument.

    `numbers` makes the memory of each: so many zeros of a type.
    """
    made: dict[str, Any] = {}
    for need in needs:
        name, several, _ = need.name.partition(".")
        if need.element:
            made[name] = Buffer(numbers(need.size, need.element))
        elif several:
            made.setdefault(name, []).append(Ring(numbers(need.size, "f8")))
        else:
            made[name] = Ring(numbers(need.size, "f8"))
    return made


def short_rings(memories: Mapping[str, Any], longest: int) -> list[str]:
    """A sentence for each ring of a kernel that ran as Python on these memories; those of `longest` are right.

    Of another one the kernel hears a later frame in place of the one that it asks for.
    """
    found = {}
    for name, memory in memories.items():
        for ring in memory if isinstance(memory, list) else [memory]:
            if isinstance(ring, Ring) and ring.size < ring.farthest and ring.size < longest:
                about = f"the ring '{name}' has {ring.size}: `lengths` gives the longest time that it needs"
                found[name] = f"reads {ring.farthest} frames back, {about}"
    return [*found.values()]


def _described(value: Any) -> str:
    if value is None or isinstance(value, NUMBER):
        return "nothing" if value is None else f"{value}"
    return f"a {type(value).__name__}"
