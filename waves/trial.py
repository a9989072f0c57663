"""A new plan is tried before it plays: some blocks on a copy of the state, off the sound thread."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from waves import kernels
from waves.assembly import Rows
from waves.engine import Engine
from waves.graph import Graph
from waves.kernels import Kernel
from waves.plan import Plan
from waves.problem import Problem, Problems
from waves.registry import address_of

BLOCKS = 16
RING_FRAMES = 1 << 14  # longer rings are tried empty

Array = np.ndarray[Any, Any]

_ATTEMPT = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)


def try_plan(plan: Plan, engine: Engine) -> None:
    """Raises Problems that name the nodes which fail or give no finite number."""
    attempt = _ATTEMPT(kernels.address(Kernel(None, function="attempt")))
    run = kernels.address(Kernel(None, function="run"))
    with on_copies(plan):
        if attempt(run, plan.settled.address, len(plan.graph.rows), BLOCKS):
            settled = plan.settled
            raise Problems([fault(plan.graph, key, raised(settled, key)) for key in settled.faults()])


@contextmanager
def on_copies(plan: Plan) -> Iterator[None]:
    """The settled rows of a plan that nobody plays, every pointer into a state or ring turned to a copy."""
    arrays = [record.values for record in plan.states.values()]
    for memory in plan.memories.values():
        arrays += [memory.data, memory.counter]
    addresses = np.array([address_of(array) for array in arrays], np.int64)
    sizes = np.array([array.nbytes for array in arrays], np.int64)
    copies = [copy(array) for array in arrays]
    shifts = np.array([address_of(array) for array in copies], np.int64) - addresses
    order = np.argsort(addresses)
    words = plan.settled.words
    before = words.copy()
    nearest = order[np.searchsorted(addresses[order], words, side="right") - 1]
    into = (words >= addresses[nearest]) & (words < addresses[nearest] + sizes[nearest])
    words[into] += shifts[nearest[into]]
    try:
        yield
    finally:
        words[:] = before


def copy(array: Array) -> Array:
    """A state, the count of a ring, or its frames: many are zeros instead, memory only where touched."""
    if array.dtype == np.float64 and array.size > RING_FRAMES:
        return np.frombuffer(mmap.mmap(-1, array.nbytes), np.float64)
    return array.copy()


def raised(rows: Rows, key: str) -> bool:
    """Whether a row that failed raised an exception, which mutes it."""
    return key in rows.offsets and rows.word(key, "status") < 0


def fault(graph: Graph, key: str, raises: bool = False) -> Problem:
    """What is said of a row that failed."""
    node = graph.rows[key].node
    name = graph.rows[key].kind.__name__.lower()
    sentence = f"this {name} " + ("uses an index outside, or raises" if raises else "gives no finite number")
    return Problem(sentence, node.mark, node.path) if node else Problem(f"{key}: {sentence}")
