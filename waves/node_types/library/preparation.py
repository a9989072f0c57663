"""What a node type makes of its settings before it plays: the arrays of its kernel and the length of its ring.

Whatever `prepare` and `memory` of a file return, the kernel gets what it was compiled for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from waves.node import Constants, Node
from waves.node_types.library import signature

LONGEST_RING = 120.0  # s

NUMBER = int | float | np.integer | np.floating

Array = np.ndarray[Any, Any]


def arrays_of(kind: type[Node], constants: Constants, rate: float) -> dict[str, Array]:
    """The arrays by name, of their types, one row a channel if there are two dimensions; raises ValueError."""
    if not kind.arrays:
        return {}
    given = kind.prepare(constants, rate)
    if not isinstance(given, Mapping):
        raise ValueError(f"`prepare` returns {_what(given)}, not arrays by name")
    made = {}
    for name, code in kind.arrays.items():
        if name not in given:
            raise ValueError(f"`prepare` returns no array '{name}'")
        try:
            made[name] = np.ascontiguousarray(given[name], code)
        except (TypeError, ValueError):
            raise ValueError(f"the array '{name}' from `prepare` holds something else than numbers") from None
        if made[name].ndim > 2:
            count = made[name].ndim
            raise ValueError(f"the array '{name}' from `prepare` has {count} dimensions, at most 2 can be used")
    return made


def ring_of(kind: type[Node], constants: Constants, rate: float) -> int:
    """Frames of the ring, a power of two above the length that is asked for, as far as one goes; 0: none.

    Raises ValueError.
    """
    seconds: Any = kind.memory(constants)
    if not isinstance(seconds, NUMBER) or math.isnan(seconds):
        raise ValueError(f"`memory` returns {_what(seconds)}, not seconds")
    frames = math.ceil(min(max(seconds, 0.0), LONGEST_RING) * rate)
    if frames > 0:
        return 1 << frames.bit_length()
    if hasattr(kind, "render") and any(one.kind == "memory" for one in signature.arguments(kind)):
        raise ValueError(f"`memory` returns {float(seconds):g} s, but the kernel takes a ring")
    return 0


def _what(value: Any) -> str:
    if value is None or isinstance(value, NUMBER):
        return "nothing" if value is None else f"{value}"
    return f"a {type(value).__name__}"
