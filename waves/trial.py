"""A new plan is tried before it plays: some blocks on a copy of the state, off the sound thread."""

from __future__ import annotations

import ctypes

from waves import kernels
from waves.assembly import assemble
from waves.binding import Bound, bound, record_for
from waves.engine import Engine
from waves.graph import Graph, Row
from waves.kernels import Kernel
from waves.plan import Plan
from waves.problem import Problem, Problems
from waves.registry import Memory, Record

BLOCKS = 16
RING_FRAMES = 1 << 16  # longer rings are tried empty and this long

_ATTEMPT = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


def try_plan(plan: Plan, engine: Engine) -> None:
    """Raises Problems that name the nodes which fail or give no finite number."""
    states: dict[str, Record] = {}
    memories: dict[str, Memory] = {}

    def bind(row: Row) -> Bound:
        if row.state not in states:
            states[row.state] = record_for(row)
            states[row.state].values[:] = plan.states[row.state].values
        if row.memory and row.memory not in memories:
            memory = plan.memories[row.memory]
            small = memory.frames <= RING_FRAMES
            memories[row.memory] = memory.copied(memory.frames)[0] if small else Memory(RING_FRAMES)
        return bound(states[row.state], memories.get(row.memory))

    rows = assemble(plan.graph, bind, engine.bus, plan.address)
    attempt = _ATTEMPT(kernels.address(Kernel(None, function="attempt")))
    if attempt(rows.address, len(plan.graph.rows), BLOCKS):
        raise Problems([fault(plan.graph, key) for key in rows.faults()])


def fault(graph: Graph, key: str) -> Problem:
    """What is said of a row that failed."""
    node = graph.rows[key].node
    name = graph.rows[key].kind.__name__.lower()
    sentence = f"this {name} gives no finite number"
    return Problem(sentence, node.mark, node.path) if node else Problem(f"{key}: {sentence}")

