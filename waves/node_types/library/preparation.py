"""Preparation of a node: calls `prepare` and `memory` of its type, and checks the arrays and the length they return.

Whatever these return, the kernel gets the types that it was compiled for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from waves.node import Constants, Node
from waves.node_types.library.machine_types import RING
from waves.node_types.library.signature import arguments

LONGEST_RING = 120.0  # s

NUMBER = int | float | np.integer | np.floating

Array = np.ndarray[Any, Any]


class KnownParameters(SimpleNamespace):
    """The parameters of a node as `prepare`, `memory` and `adopted` see them: a signal that moves is None."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"there is no parameter '{name}'")


def prepared_arrays(kind: type[Node], constants: Constants, rate: float) -> dict[str, Array]:
    """The arrays that `prepare` returns, by name.

    They are contiguous, of the declared types, and of one dimension, or two: channels × numbers.
    `rate` is in frames per second. Raises ValueError, a sentence, and whatever `prepare` raises. Build thread, and the
    sandbox process.
    """
    if not kind.arrays:
        return {}
    returned = kind.prepare(constants, rate)
    if not isinstance(returned, Mapping):
        raise ValueError(f"`prepare` returns {_described(returned)}, not arrays by name")
    arrays = {}
    for name, element in kind.arrays.items():
        if name not in returned:
            raise ValueError(f"`prepare` returns no array '{name}'")
        try:
            arrays[name] = np.ascontiguousarray(returned[name], element)
        except (TypeError, ValueError):
            raise ValueError(f"the array '{name}' from `prepare` holds something else than numbers") from None
        if arrays[name].ndim > 2:
            count = arrays[name].ndim
            raise ValueError(f"the array '{name}' from `prepare` has {count} dimensions, at most 2 can be used")
    return arrays


def ring_seconds(kind: type[Node], constants: Constants) -> float:
    """The length in seconds that `memory` returns. Raises ValueError for what is no length, and what `memory` does."""
    seconds: Any = kind.memory(constants)
    if not isinstance(seconds, NUMBER) or math.isnan(seconds):
        raise ValueError(f"`memory` returns {_described(seconds)}, not seconds")
    return float(seconds)


def ring_frames(kind: type[Node], constants: Constants, rate: float) -> int:
    """The size of the ring in frames: the power of two above the length that `memory` returns; 0: no ring.

    The length is at most `LONGEST_RING` seconds; `rate` is in frames per second. Raises ValueError, a sentence, and
    whatever `memory` raises. Build thread, and the sandbox process.
    """
    seconds = ring_seconds(kind, constants)
    frames = math.ceil(min(max(seconds, 0.0), LONGEST_RING) * rate)
    if frames > 0:
        return 1 << frames.bit_length()
    if hasattr(kind, "render") and any(argument.machine_type is RING for argument in arguments(kind)):
        raise ValueError(f"`memory` returns {seconds:g} s, but the kernel takes a ring")
    return 0


def _described(value: Any) -> str:
    if value is None or isinstance(value, NUMBER):
        return "nothing" if value is None else f"{value}"
    return f"a {type(value).__name__}"
