"""Checks of states that come from a file: every number is in its range before the sound thread sees it.

The ranges stand where the records are declared: `waves.abi`, `waves.dsp.limiter`, and `ranges` of a node type's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from waves.abi import CONTROL_RANGES, VOICE_RANGES
from waves.dsp.limiter import LIMITER_RANGES
from waves.engine.graph.graph import Row
from waves.engine.state.kept_memory import KeptMemory, NumberBuffer
from waves.engine.state.voice_memory import (
    BUFFER_FIELD,
    CONTROL_NAME,
    COUNTER_FIELD,
    POOL_FIELD,
    RING_FIELD,
    VOICES_NAME,
)
from waves.node import COUNTS, Node
from waves.node_types.builtin.voices import Events
from waves.node_types.library.library import is_shipped
from waves.node_types.library.signature import state_default_shared, state_ranges

Array = np.ndarray[Any, Any]
Ranges = Mapping[str, tuple[float, float]]

MOST_LEVEL = 1e4  # volume as a factor


class StateError(ValueError):
    """One sentence on a number in a state that the engine must not see."""


def check_state(row: Row, values: Array, from_others: bool = False) -> None:
    """Check the state of a row: of a pool with all its voices. Raises StateError.

    What only the block that is over needed is cleared: events of a clock, frames that are not finite in rings of
    voices. `values` is its record as a structured array. Of a state `from_others`, nodes begin anew whose kernels might
    be led astray by their own numbers: those that waves does not ship and that do not give each field its range.
    """
    if row.voice is None:
        _check_record(row.kind, values, from_others)
        return
    control, voices = values[CONTROL_NAME], values[VOICES_NAME]
    where = row.kind.__name__
    _within(where, control, CONTROL_RANGES)
    _within(where, voices, VOICE_RANGES)
    if np.any(control["active"] != voices["active"].sum(axis=-1)):
        raise StateError(f"'active' of a {where} is not the number of its voices")
    for key, inner in row.voice.graph.rows.items():
        if inner.voice:
            check_state(inner, voices[f"{POOL_FIELD} {key}"], from_others)
        else:
            _check_record(inner.kind, voices[inner.state_key], from_others)
        for memory in inner.memories:
            if memory.is_shared:
                continue  # it is no part of the voice
            if memory.element:
                _check_buffer(voices[f"{BUFFER_FIELD} {memory.key}"], from_others)
            else:
                _check_ring(voices[f"{RING_FIELD} {memory.key}"], voices[f"{COUNTER_FIELD} {memory.key}"])


def check_memory(memory: KeptMemory, from_others: bool = False) -> None:
    """Check a ring buffer or a buffer. Raises StateError.

    Numbers that are not finite become 0; so do all whole numbers of a state `from_others`.
    """
    if isinstance(memory, NumberBuffer):
        _check_buffer(memory.data, from_others)
    else:
        _check_ring(memory.data, memory.counter)


def _check_buffer(data: Array, from_others: bool) -> None:
    if data.dtype.kind == "f":
        np.nan_to_num(data, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    elif from_others:
        data[...] = 0


def _check_ring(data: Array, counter: Array) -> None:
    """Check the counters of rings, which are the last axis of `counter`; frames that are not finite become silence.

    Raises StateError.
    """
    written, begin = counter[..., 0], counter[..., 1]
    if np.any(written < 0) or np.any(written > COUNTS[1]) or np.any(begin < 0) or np.any(begin > written):
        raise StateError("a ring buffer counts frames that it cannot hold")
    np.nan_to_num(data, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def check_ends(ends: Array) -> None:
    """Check the words that say whether rows have ended: status, quiet frames, frames since. Raises StateError."""
    if ends.dtype != np.int64 or ends.ndim != 1 or ends.size % 3:
        raise StateError("the ends of its nodes cannot be read")
    status, counts = ends[0::3], np.concatenate([ends[1::3], ends[2::3]])
    if np.any(abs(status) > 1) or np.any(counts < 0) or np.any(counts > COUNTS[1]):
        raise StateError("the ends of its nodes are out of range")


def check_limiter(limiter: Array) -> None:
    """Check the state of a limiter, a structured array of shape (1,). Raises StateError."""
    _within("limiter", limiter, LIMITER_RANGES)
    for one in limiter:
        if one["total"] != one["levels"][: one["ahead"]].sum():
            raise StateError("'total' of the limiter is not the sum of its levels")


def check_position(clock: Any, level: Any) -> None:
    """Check the frame of the piece and the level at which it goes on. Raises StateError."""
    if not isinstance(clock, int) or not COUNTS[0] <= clock <= COUNTS[1]:
        raise StateError("'clock' is out of range")
    if not isinstance(level, float | int) or not 0.0 <= level <= MOST_LEVEL:
        raise StateError("'level' is out of range")


def _check_record(kind: type[Node], values: Array, from_others: bool) -> None:
    """Check the records of one node type, however many. Raises StateError."""
    default = state_default_shared(kind)
    names = set(values.dtype.names or ())
    if from_others and not is_shipped(kind) and names - state_ranges(kind).keys():
        values[...] = default[0]
        return
    for name in values.dtype.names or ():
        numbers = values[name]
        finite_at_first = bool(np.isfinite(default[name]).all())
        if numbers.dtype.kind == "f" and finite_at_first and not np.isfinite(numbers).all():
            raise StateError(f"'{name}' of a {kind.__name__} is not a number")
    _within(kind.__name__, values, state_ranges(kind))
    if issubclass(kind.state, Events):
        values["count"] = 0


def _within(where: str, values: Array, ranges: Ranges) -> None:
    for name, (least, most) in ranges.items():
        numbers = values[name]
        if not (np.all(numbers >= least) and np.all(numbers <= most)):
            raise StateError(f"'{name}' of a {where} is out of range")
